"""Fifty qualify calls at once on each of 200 leads: one opportunity each, the rest 409.

Run: python -m benchmarks.qualify_race [LEADS] [CALLS] on a migrated database of its
own: what it makes stays. It ends with an error where a call ended otherwise.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, connections
from django.test import Client

from core.access.models import Role, User
from crm.models import Lead
from sales.models import Opportunity

AT_ONCE = 50
NAME = "qualify-race"


def main() -> None:
    """Race, count, and say how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("leads", nargs="?", type=int, default=200)
    parser.add_argument("calls", nargs="?", type=int, default=AT_ONCE)
    asked = parser.parse_args()
    user = seller()
    leads = [make_lead(user, n) for n in range(asked.leads)]
    started = time.perf_counter()
    outcomes = Counter(
        outcome for lead in leads for outcome in race(user, lead, asked.calls)
    )
    spent = time.perf_counter() - started
    sold = Opportunity.objects.filter(originating_lead__in=leads)
    wanted = {200: asked.leads, 409: asked.leads * (asked.calls - 1)}
    print(f"answers       {dict(outcomes)}")
    print(f"opportunities {sold.count():,} of {asked.leads:,} leads in {spent:.1f} s")
    if outcomes != wanted or sold.count() != asked.leads:
        raise SystemExit(f"expected {wanted}")


def seller() -> User:
    """A salesperson who owns the leads."""
    user, _ = User.objects.get_or_create(username=NAME)
    user.roles.set(Role.objects.filter(key="salesperson"))
    return user


def make_lead(user: User, number: int) -> Lead:
    """A lead alike to no other."""
    mark = f"{time.time_ns()}{number}"
    return Lead.objects.create(
        topic=f"Race {mark}",
        first_name=f"F{mark}",
        last_name=f"L{mark}",
        email=f"{mark}@race{mark}.example",
        company_name=f"Company {mark}",
        owner=user,
    )


def race(user: User, lead: Lead, calls: int) -> list[int]:
    """The statuses of this many calls of the API at one moment."""
    start = Barrier(calls, timeout=60)

    def call(_: int) -> int:
        try:
            client = Client(raise_request_exception=False)
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            connection.ensure_connection()
            start.wait()
            url = f"/api/v1/leads/{lead.pk}/qualify/"
            answer = client.post(
                url, {}, content_type="application/json", headers={"Host": "localhost"}
            )
            return int(answer.status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(call, range(calls)))


if __name__ == "__main__":
    main()
