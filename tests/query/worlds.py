"""Small random worlds, with many blanks, and random trees that ask about them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from core.access.models import User
from core.journal.models import Entry
from core.query.operators import COUNT_OPERATORS
from crm.models import Account, Contact, CustomField, Lead
from tests.query.oracle import INTERACTIONS, KINDS, RELATIONS, World

TEXTS = [
    "", "", "a", "A", "Berlin", "BERLIN", "ber%", "b_r", "be*r", "b?r", "Ä", "ä",
    "İ", "ı", "ß", "x\\y", "'", '"', "世界😀", "a b", " ", "null", "NULL", "{a,b}",
    "[a]", "\\", "open", "a\nb", "$1", "--", "é",
]  # fmt: skip
PARTS = [text for text in TEXTS if text] + ["er", "B", "%", "_", "*", "?", "b*", "?é"]
GARBAGE = [
    None, None, "", [], {}, 0, 5, 5.5, "5", True, False, "true", "2024-02-29",
    "2023-02-29", "2024-02-29T10:00:00+02:00", "2024-13-01", ["a", "B"], [""],
    ["a", 1], [None], [["a"]], "2024-02-29T10:00:00", 1e20, -3, {"a": 1}, "Berlin",
    "BERLIN", "a", ["Ä"], ["berlin", "a", "a"], "2024-02-29T10:00:00.5Z", "0000-01-01",
]  # fmt: skip
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "America/Havana",
    "Pacific/Kiritimati",
]
NOWS = [
    datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2025, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 5, 31, 8, 15, 0, 123456, tzinfo=UTC),
]
CUSTOM = {
    "tier": "text",
    "size": "number",
    "vip": "boolean",
    "since": "date",
    "seen": "datetime",
    "topics": "multi_choice",
    "plan": "choice",
}
NUMBERS = [-1, 0, 1, 2, 5, 5.5, 100, 10**12]
STEPS = [0, 1, 2, 6, 7, 28, 29, 30, 31, 59, 90, 92, 364, 365, 366, 730]


class Maker:
    """Makes the rows of one world from one seed."""

    def __init__(self, seed, now, zone):
        self.random = random.Random(seed)
        self.now, self.zone = now, ZoneInfo(zone)
        self.today = now.astimezone(self.zone).date()

    def text(self):
        return self.random.choice(TEXTS)

    def maybe(self, make):
        return None if self.random.random() < 0.3 else make()

    def number(self):
        return self.random.choice([0, 1, 2, 5, 100])

    def day(self):
        near = self.random.choice(STEPS) * self.random.choice([1, -1])
        other = [date(2024, 2, 29), date(1992, 2, 29), date(1990, 2, 28)]
        return self.random.choice([self.today + timedelta(days=near)] * 4 + other)

    def moment(self):
        edge = self.random.choice(
            [
                self.now,
                self.now - timedelta(hours=self.random.choice([1, 2, 5, 24, 25])),
                datetime.combine(self.day(), time(), tzinfo=self.zone),
                datetime.combine(
                    self.day(), self.now.astimezone(self.zone).time(), tzinfo=self.zone
                ),
            ]
        )
        tick = self.random.choice([0, 0, 1, -1]) * timedelta(microseconds=1)
        return edge.astimezone(UTC) + tick

    def custom(self):
        return {
            key: self.random.choice(GARBAGE)
            for key in CUSTOM
            if self.random.random() < 0.7
        }

    def tags(self):
        return self.random.sample([text for text in TEXTS if text], self.number() % 4)

    def link(self, rows):
        return self.maybe(lambda: self.random.choice(rows)) if rows else None

    def make(self):
        """Write the rows: a few users, accounts, contacts, leads, interactions."""
        users = User.objects.bulk_create(
            [User(username=f"u{n}{self.text()}", email=self.text()) for n in range(3)]
        )
        accounts = Account.objects.bulk_create(
            Account(
                name=self.text(),
                industry=self.text(),
                number_of_employees=self.maybe(self.number),
                annual_revenue=self.maybe(lambda: Decimal("5.5")),
            )
            for _ in range(4)
        )
        contacts = Contact.objects.bulk_create(
            self.contact(users, accounts) for _ in range(10)
        )
        for account in accounts:
            account.primary_contact = self.link(contacts)
        Account.objects.bulk_update(accounts, ["primary_contact"])
        leads = Lead.objects.bulk_create(
            self.lead(users, accounts, contacts) for _ in range(12)
        )
        Entry.objects.bulk_create(
            self.entry(accounts, contacts, leads) for _ in range(30)
        )

    def contact(self, users, accounts):
        return Contact(
            city=self.text(),
            country=self.text(),
            description=self.text(),
            state=self.random.choice(["active", "inactive"]),
            marketing_only=self.random.random() < 0.5,
            birth_date=self.maybe(self.day),
            created_at=self.moment(),
            consent_level=self.random.randint(0, 5),
            tags=self.tags(),
            account=self.link(accounts),
            owner=self.link(users),
            custom=self.custom(),
        )

    def lead(self, users, accounts, contacts):
        return Lead(
            topic=self.text(),
            lead_source=self.text(),
            estimated_value=self.maybe(self.number),
            state=self.random.choice(["open", "qualified", "disqualified"]),
            closed_at=self.maybe(self.moment),
            sales_ready=self.random.random() < 0.3,
            parent_contact=self.link(contacts),
            parent_account=self.link(accounts),
            owner=self.link(users),
        )

    def entry(self, accounts, contacts, leads):
        def key(rows):
            found = self.link(rows)
            return found and found.pk

        return Entry(
            name=self.random.choice([*INTERACTIONS, "lead.qualified"]),
            contact_id=key(contacts),
            lead_id=key(leads),
            account_id=key(accounts),
            source_id=self.maybe(self.number),
            url=self.text(),
            machine=self.random.random() < 0.2,
            occurred_at=self.moment(),
        )


def read_world(now, zone, segments):
    """The rows as they are now in the database, for the oracle."""
    tables = {
        "contact": Contact.objects.all(),
        "account": Account.objects.all(),
        "lead": Lead.objects.all(),
        "interaction": Entry.objects.filter(name__in=INTERACTIONS),
        "user": User.objects.all(),
    }
    rows = {key: list(found.values()) for key, found in tables.items()}
    return World(rows, now, zone, segments)


def make_custom_fields():
    for key, kind in CUSTOM.items():
        CustomField.objects.create(entity="contact", key=key, label=key, kind=kind)


# Trees


def day_words(today):
    near = [today + timedelta(days=sign * step) for step in STEPS for sign in (1, -1)]
    return st.sampled_from([*near, date(2024, 2, 29), date(1990, 2, 28)]).map(str)


def moment_words(now):
    exact = [now, now - timedelta(hours=1), now - timedelta(days=1)]
    words = [item.isoformat() for item in exact]
    return st.sampled_from([*words, now.replace(tzinfo=None).isoformat()])


def values_of(kind, op, now, today):
    if op in ("within_last", "within_next", "older_than"):
        return st.builds(
            lambda unit, number: {unit: number},
            st.sampled_from(["minutes", "hours", "days", "weeks", "months", "years"]),
            st.sampled_from([0, 1, 2, 5, 12, 24, 30, 90, 1_000_000]),
        )
    if op == "period":
        names = ["today", "yesterday", "tomorrow"]
        for which in ("this", "last", "next"):
            names += [f"{which}_{w}" for w in ("week", "month", "quarter", "year")]
        return st.sampled_from(names)
    if op == "anniversary":
        return st.sampled_from([0, 1, -1, 30, 365, -366]).map(lambda n: {"days": n})
    one = {
        "text": st.sampled_from(PARTS),
        "multi": st.sampled_from(PARTS),
        "number": st.sampled_from(NUMBERS),
        "lookup": st.integers(1, 5),
        "boolean": st.booleans(),
        "date": day_words(today),
        "datetime": day_words(today) | moment_words(now),
    }[kind]
    if op == "between":
        return st.lists(one, min_size=2, max_size=2)
    if op in ("in", "not_in") or op.startswith("contains_"):
        return st.lists(one, min_size=1, max_size=4)
    return one


OPS = {
    "text": (
        "eq ne in not_in blank not_blank contains not_contains starts_with "
        "not_starts_with ends_with not_ends_with matches not_matches"
    ),
    "number": "eq ne in not_in blank not_blank gt gte lt lte between",
    "boolean": "eq ne in not_in blank not_blank",
    "lookup": "eq ne in not_in blank not_blank",
    "date": (
        "eq ne in not_in blank not_blank on before after between within_last "
        "within_next older_than period anniversary"
    ),
    "multi": (
        "eq ne in not_in blank not_blank contains_any contains_all contains_none"
    ),
}
OPS["datetime"] = OPS["date"]


@st.composite
def clauses(draw, entity, now, today):
    name = draw(st.sampled_from(sorted(KINDS[entity])))
    kind = KINDS[entity][name]
    op = draw(st.sampled_from(OPS[kind].split()))
    if entity == "interaction" and name == "name" and draw(st.booleans()):
        return {
            "field": name,
            "op": "eq",
            "value": draw(st.sampled_from(sorted(INTERACTIONS))),
        }
    if op in ("blank", "not_blank"):
        return {"field": name, "op": op}
    return {"field": name, "op": op, "value": draw(values_of(kind, op, now, today))}


@st.composite
def counts(draw):
    op = draw(st.sampled_from(COUNT_OPERATORS))
    number = st.integers(0, 4)
    if op == "between":
        return {"op": op, "value": draw(st.lists(number, min_size=2, max_size=2))}
    if op in ("in", "not_in"):
        return {"op": op, "value": draw(st.lists(number, min_size=1, max_size=3))}
    return {"op": op, "value": draw(number)}


@st.composite
def behaviours(draw, now, today):
    """A count of one kind of interaction in a window: what gets fused."""
    where = [
        {
            "field": "name",
            "op": "eq",
            "value": draw(st.sampled_from(sorted(INTERACTIONS))),
        }
    ]
    if draw(st.booleans()):
        days = draw(st.sampled_from([30, 30, 90]))
        where.append(
            {"field": "occurred_at", "op": "within_last", "value": {"days": days}}
        )
    if draw(st.integers(0, 3)) == 0:
        where.append(draw(clauses("interaction", now, today)))
    found = {"related": "interactions", "where": {"and": where}}
    if draw(st.booleans()):
        found["count"] = draw(counts())
    return found


@st.composite
def conditions(draw, entity, now, today, depth=3):
    shape = draw(st.integers(0, 9)) if depth else 0
    if shape <= 3:
        return draw(clauses(entity, now, today))
    if shape <= 6:
        inner = conditions(entity, now, today, depth - 1)
        if entity in ("contact", "lead") and draw(st.booleans()):
            inner = inner | behaviours(now, today)
        items = draw(st.lists(inner, max_size=4))
        return {"and" if shape != 6 else "or": items}
    if shape == 7:
        return {"not": draw(conditions(entity, now, today, depth - 1))}
    if not RELATIONS[entity]:
        return draw(clauses(entity, now, today))
    name = draw(st.sampled_from(sorted(RELATIONS[entity])))
    target = RELATIONS[entity][name][1]
    found = {"related": name}
    if draw(st.booleans()):
        found["where"] = draw(conditions(target, now, today, depth - 1))
    if draw(st.booleans()):
        found["count"] = draw(counts())
    return found


WAYS = {
    "contact": [None, ["account", "contacts"], ["leads", "parent_contact"]],
    "account": [["contacts"], ["primary_contact"], ["leads", "parent_contact"]],
    "lead": [
        ["parent_contact"],
        ["parent_account", "contacts"],
        ["interactions", "contact"],
    ],
    "interaction": [["contact"], ["lead", "parent_contact"]],
}


@st.composite
def blocks(draw, now, today):
    start = draw(
        st.sampled_from(["contact", "contact", "account", "lead", "interaction"])
    )
    found = {"from": start}
    if draw(st.integers(0, 4)):
        found["where"] = draw(conditions(start, now, today))
    way = draw(st.sampled_from(WAYS[start]))
    if way:
        found["to"] = way
        if draw(st.booleans()):
            found["then"] = draw(conditions("contact", now, today, 2))
    return found


@st.composite
def sets(draw, now, today, depth=2):
    shape = draw(st.integers(0, 6)) if depth else 0
    if shape <= 3:
        return draw(blocks(now, today))
    if shape == 4:
        return {"segment": draw(st.integers(1, 3))}
    kind = draw(st.sampled_from(["union", "intersect", "except"]))
    inner = sets(now, today, depth - 1)
    return {kind: draw(st.lists(inner, min_size=1, max_size=3))}
