"""How soon a change of 1 and of 1,000 contacts is right in 50 live segments.

Run: python3 run.py bench segment_freshness. Goals: 5 s and 15 s, at every size: the
cost follows the change. The pump and the sweep run here as their workers do, without
the second that may pass until the bell rings; at the end every changed contact is
compared with what each segment's query says of it.
"""

from __future__ import annotations

import os
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.dataset.load import days_before_today, ensure_data
from benchmarks.tools.measure import load_note, table, verdict
from benchmarks.tools.trees import Tree, clause, did, people, times
from core.journal.pump import lag, pump_all
from core.journal.services import acting
from core.query.language import matching, validate
from crm.models import Contact, Lead
from segments.models import Membership, Segment
from segments.services.lifecycle import segment_create, segment_go_live
from segments.services.preview import context_for
from segments.services.sweep import refresh_next_due

MARK = "Benchmark of freshness"
SEGMENTS = 50
GOALS = {1: 5.0, 1_000: 15.0}
CITIES = ("Berlin", "Paris", "Rome", "Oslo", "Ghent")
COUNTRIES = ("France", "Italy", "Norway", "Belgium", "Japan")


def main() -> None:
    """Make the segments once, change contacts and leads, print the table."""
    until = ensure_data()
    segments = live_segments(days_before_today(until, 30))
    rest()
    rows: list[list[object]] = []
    for number, goal in GOALS.items():
        for what, change in (("city", _move), ("lead's state", _close)):
            ids = change(number)
            seconds = rest()
            wrong = sum(_wrong(segment, ids) for segment in segments)
            assert not wrong, f"{wrong} memberships are wrong"
            rows.append(
                [f"{number:,} contacts, {what}", seconds, goal, verdict(seconds < goal)]
            )
    table((f"change, {len(segments)} live segments", "seconds", "goal", ""), rows)
    print(load_note())


def definitions(days: int) -> list[Tree]:
    """Fifty that read cities, countries, leads, accounts and behaviour."""
    found: list[Tree] = []
    for number in range(10):
        city, country = CITIES[number % 5], COUNTRIES[number // 2]
        lead = clause("topic", "eq", f"Product {('demo', 'audit')[number % 2]}")
        found += [
            people(clause("city", "eq", city), clause("country", "ne", country)),
            people(
                clause("country", "eq", country),
                {"related": "leads", "where": clause("state", "eq", "open")},
            ),
            {
                "from": "lead",
                "where": {"and": [lead, clause("city", "eq", city)]},
                "to": ["parent_contact"],
            },
            people(
                clause("city", "eq", city),
                did("email.opened", days, times("gte", 1 + number % 3)),
            ),
            people(
                {"related": "account", "where": clause("city", "eq", city)},
                clause("country", "eq", country),
            ),
        ]
    return found


def live_segments(days: int) -> list[Segment]:
    """Those of an earlier run, or new ones."""
    known = Segment.objects.live().filter(description=MARK)
    if known.count() < SEGMENTS:
        for number, tree in enumerate(definitions(days)):
            name = f"{MARK} {number}"
            if not Segment.objects.filter(name=name).exists():
                made = segment_create(
                    user=None, name=name, definition=tree, description=MARK
                )
                segment_go_live(segment_id=made.pk)
    return list(known.all())


def rest() -> float:
    """Do what the workers do until nothing is left; the seconds it took."""
    started = time.perf_counter()
    while True:
        pump_all()
        if refresh_next_due():
            continue
        if not any(one.entries for one in lag()):
            return time.perf_counter() - started


def _move(number: int) -> list[int]:
    """Contacts move to another city."""
    first = Contact.objects.order_by("pk")[0].pk + 17
    ids = [first + 31 * step for step in range(number)]
    rows = Contact.objects.filter(pk__in=ids)
    now_in = rows.order_by("pk")[0].city
    with acting(None, via="benchmark"):
        rows.update(city="Berlin" if now_in != "Berlin" else "Rome")
    return ids


def _close(number: int) -> list[int]:
    """Their leads change state."""
    leads = Lead.objects.filter(parent_contact__isnull=False).order_by("pk")
    pairs = list(leads.values_list("pk", "parent_contact")[100 : 100 + number])
    rows = Lead.objects.filter(pk__in=[pk for pk, _ in pairs])
    was = rows.order_by("pk")[0].state
    with acting(None, via="benchmark"):
        rows.update(state="qualified" if was == "open" else "open")
    return [contact for _, contact in pairs]


def _wrong(segment: Segment, ids: list[int]) -> int:
    """How many of these contacts are in or out against what the query says."""
    query = validate(segment.definition, ends_on="contact")
    wanted = matching(query, ids, context_for(segment.time_zone))
    rows: Any = Membership.objects.filter(segment=segment, contact__in=ids)
    return len(wanted ^ set(rows.values_list("contact", flat=True)))


if __name__ == "__main__":
    main()
