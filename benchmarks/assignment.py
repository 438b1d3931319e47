"""Giving 10,000 leads by 20 rules beside hand-written SQL that only sets the owners.

Run: python -m benchmarks.assignment [--leads 10000] [--people 25]
Goal: under 10 s on two cores, fair to within one lead, each explained. Both write the
same leads, interleaved, with the journal's triggers on; everything is rolled back.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from collections import Counter

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.access.models import Role, Team, User
from core.journal.services import acting
from crm.models import Account, Contact, Lead
from sales.assignment.models import Given, RuleSet
from sales.assignment.services.assign import MOMENT, leads_assign
from sales.assignment.services.definition import rule_create, rule_set_create

COUNTRIES = ["NL", "BE", "DE", "FR", "SE", "DK", "PL", "IT", "ES", "PT"]
RULES = 20
ROUNDS = 3

# What one would write by hand: an owner by the row's number; nothing asked or kept.
BY_HAND = """
UPDATE crm_lead l SET owner_id = p.id, team_id = p.team_id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM crm_lead
      WHERE id = ANY(%s) AND state = 'open' AND owner_id IS NULL) AS numbered,
     (SELECT id, team_id, row_number() OVER (ORDER BY id) - 1 AS n
      FROM access_user WHERE id = ANY(%s)) AS p
WHERE l.id = numbered.id AND p.n = numbered.n %% %s
"""


class Undo(Exception):
    """Leave the database as it was."""


def people(number: int) -> list[User]:
    team = Team.objects.create(name="benchmark")
    made = User.objects.bulk_create(
        User(username=f"benchmark{n}", team=team) for n in range(number)
    )
    role = Role.objects.get(key="salesperson")
    for user in made:
        user.roles.add(role)
    return made


def leads(number: int) -> list[int]:
    accounts = Account.objects.bulk_create(
        Account(name=f"Benchmark {n}", industry=("Food", "Retail", "Health")[n % 3])
        for n in range(number // 10)
    )
    contacts = Contact.objects.bulk_create(
        Contact(
            last_name=f"Benchmark {n}",
            account=accounts[n % len(accounts)],
            country=COUNTRIES[n % 10],
        )
        for n in range(number // 2)
    )
    rows = Lead.objects.bulk_create(
        Lead(
            topic=f"Benchmark {n}",
            country=COUNTRIES[n % 10],
            number_of_employees=n % 1_000,
            parent_contact=contacts[n % len(contacts)] if n % 2 else None,
            lead_source=("Web", "Fair", "Call")[n % 3],
        )
        for n in range(number)
    )
    return [row.pk for row in rows]


def conditions() -> list[dict]:
    """Fields, groups, negations and relations; the last fits every lead."""
    found: list[dict] = []
    for code in COUNTRIES:
        plain = {"field": "country", "op": "eq", "value": code}
        large = {"field": "number_of_employees", "op": "gte", "value": 800}
        found.append({"and": [plain, large]})
    for industry in ("Food", "Retail", "Health"):
        inner = {"field": "industry", "op": "eq", "value": industry}
        via = {"related": "account", "where": inner}
        found.append({"related": "parent_contact", "where": via})
    found += [
        {"field": "lead_source", "op": "contains", "value": source}
        for source in ("web", "fair")
    ]
    found.append({"related": "interactions", "count": {"op": "gte", "value": 3}})
    while len(found) < RULES - 1:
        code = COUNTRIES[len(found) % 10]
        found.append({"not": {"field": "country", "op": "starts_with", "value": code}})
    return [*found, {}]


def rules(crew: list[User]) -> RuleSet:
    made = rule_set_create(values={"name": "Benchmark"})
    for n, condition in enumerate(conditions()):
        values = {
            "name": f"Rule {n + 1}",
            "condition": condition,
            "to": "load" if n % 2 else "round_robin",
            "people": [user.pk for user in crew],
            "available_within": 24,
        }
        rule_create(rule_set_id=made.pk, values=values)
    RuleSet.objects.filter(pk=made.pk).update(active=True)
    return made


def timed(work) -> float:
    """Seconds of one go, rolled back."""
    begun = time.perf_counter()
    seconds = 0.0
    try:
        with transaction.atomic():
            work()
            seconds = time.perf_counter() - begun
            raise Undo
    except Undo:
        return seconds


def spread(ids: list[int]) -> str:
    """The widest difference within one rule that gives in turn."""
    widest = 0
    rows = Given.objects.filter(lead__in=ids, version__rule__to="round_robin")
    given: dict[int, Counter] = {}
    for version, owner in rows.values_list("version", "owner"):
        given.setdefault(version, Counter())[owner] += 1
    for counter in given.values():
        widest = max(widest, max(counter.values()) - min(counter.values()))
    explained = Given.objects.filter(lead__in=ids).count()
    return f"{explained:,} explained; in turn, people differ by {widest} at most"


def run(number: int, crew_size: int) -> None:
    crew, ids = people(crew_size), leads(number)
    rules(crew)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_lead, crm_contact, crm_account, journal_entry")
    ours, by_hand, said = [], [], {}

    def by_rules():
        with acting(None, via="benchmark"), CaptureQueriesContext(connection) as seen:
            leads_assign(lead_ids=ids, moment=MOMENT.CREATED)
        said["statements"] = len(seen)
        said["spread"] = spread(ids)

    def plainly():
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND, [ids, [u.pk for u in crew], len(crew)])

    for _ in range(ROUNDS):
        ours.append(timed(by_rules))
        by_hand.append(timed(plainly))
    mine, theirs = statistics.median(ours), statistics.median(by_hand)
    print(f"{number:,} leads, {RULES} rules, {crew_size} people, {ROUNDS} rounds")
    print(f"by the rules  {mine:6.2f} s  ({number / mine:,.0f} leads a second)")
    print(f"owners by SQL {theirs:6.2f} s  ratio {mine / theirs:.1f}")
    print(f"{said['statements']} statements; {said['spread']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=25)
    args = parser.parse_args()
    try:
        with transaction.atomic():
            run(args.leads, args.people)
            raise Undo
    except Undo:
        pass


if __name__ == "__main__":
    main()
