"""The rows of the big data set as text for COPY, the same for one seed and day.

Interactions fall on contacts by Zipf and Mandelbrot (the busiest has some 1,450 a
year, half of all have three or fewer) and lie in the order of time over one year.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from benchmarks.dataset import Size

SEED = 20261001
NULL = "\\N"
YEAR = 365 * 86_400
FLATNESS = 1_000  # the q of Zipf and Mandelbrot
STRIDE = 7_919  # a prime: spreads the busy contacts over all ids

Row = str
Weighted = Sequence[tuple[str, int]]

COUNTRIES: Weighted = (
    ("", 8), ("United States", 22), ("Germany", 11), ("India", 10), ("France", 8),
    ("United Kingdom", 8), ("Italy", 6), ("Spain", 5), ("Netherlands", 5),
    ("Brazil", 4), ("Österreich", 3), ("Sweden", 2), ("Poland", 2), ("Norway", 2),
    ("Belgium", 2), ("Japan", 2),
)  # fmt: skip
CITIES: Weighted = (
    ("", 20), ("Berlin", 9), ("Mumbai", 8), ("Paris", 8), ("Rome", 6), ("London", 9),
    ("Oslo", 3), ("São Paulo", 4), ("München", 5), ("New York", 12), ("Ghent", 3),
    ("Wien", 4), ("Kraków", 2), ("Madrid", 5), ("Utrecht", 2),
)  # fmt: skip
JOBS: Weighted = (
    ("", 25), ("CEO", 4), ("Buyer", 14), ("Head of Marketing", 6), ("Engineer", 20),
    ("Sales Manager", 12), ("CTO", 4), ("Assistant", 15),
)  # fmt: skip
INDUSTRIES: Weighted = (
    ("", 10), ("Software", 14), ("Banking", 9), ("Retail", 14), ("Healthcare", 10),
    ("Manufacturing", 16), ("Education", 9), ("Energy", 5), ("Media", 6),
    ("Logistics", 7),
)  # fmt: skip
SOURCES: Weighted = (
    ("", 6), ("Web", 24), ("Google", 22), ("Email", 12), ("Event", 8), ("Partner", 6),
    ("Trade show", 4), ("Organic search", 18),
)  # fmt: skip
PLANS: Weighted = (
    ("{}", 50),
    ('{"plan": "free", "seats": 1}', 25),
    ('{"plan": "team", "seats": 12}', 15),
    ('{"plan": "Enterprise", "seats": 250}', 10),
)
TAGS: Weighted = (
    ("{}", 70), ("{vip}", 4), ("{newsletter}", 16), ("{newsletter,partner}", 6),
    ("{partner}", 4),
)  # fmt: skip
KINDS: Weighted = (
    ("page.visited", 46), ("email.sent", 20), ("email.opened", 16),
    ("email.clicked", 6), ("website.visited", 8), ("form.submitted", 3),
    ("event.registered", 1),
)  # fmt: skip
TOPICS = [f"{what} {item}" for item in ("demo", "pricing", "trial", "webinar",
    "brochure", "callback", "audit", "renewal") for what in ("Product", "Platform",
    "Training", "Support", "Migration")]  # fmt: skip
FIRST = "Ada Ben Cleo Dan Eva Finn Gita Hugo Ines Jan Kai Lea Mona Nils Olga Änne Zoë"
LAST = "Abel Berg Costa Dietz Eklund Fabre Groß Hansen Ivanov Jansen Keller Lang Meyer"


class Dice:
    """Seeded choices, each drawn for a block of rows at once."""

    def __init__(self, name: str) -> None:
        self.random = random.Random(f"{SEED} {name}")

    def texts(self, weighted: Weighted, number: int) -> list[str]:
        """So many of these texts, by weight."""
        bounds = list(accumulate(weight for _, weight in weighted))
        texts = [text for text, _ in weighted]
        return self.random.choices(texts, cum_weights=bounds, k=number)

    def some(self, items: Sequence[Any], number: int) -> list[Any]:
        """So many of these items, each as likely."""
        return self.random.choices(items, k=number)

    def numbers(self, top: int, number: int) -> list[int]:
        """So many numbers from 1 to `top`."""
        draw = self.random.random
        return [int(draw() * top) + 1 for _ in range(number)]

    def shares(self, number: int) -> list[float]:
        """So many numbers from 0 to 1."""
        draw = self.random.random
        return [draw() for _ in range(number)]

    def busy(self, top: int, number: int) -> list[int]:
        """So many ids from 1 to `top`, few of them often."""
        ratio = math.log((top + FLATNESS) / FLATNESS)
        draw = self.random.random
        exp = math.exp
        ranks = (int(FLATNESS * (exp(ratio * draw()) - 1)) for _ in range(number))
        return [min(rank, top - 1) * STRIDE % top + 1 for rank in ranks]


def moment(until: datetime, seconds_ago: float) -> str:
    """A moment before the end of the data, as COPY reads it."""
    return (until - timedelta(seconds=seconds_ago)).isoformat(" ", "seconds")


Maker = Callable[[Size, datetime, Dice, range], Iterator[Row]]


def accounts(size: Size, until: datetime, dice: Dice, ids: range) -> Iterator[Row]:
    """id, name, industry, number_of_employees, country, city, owner, created_at."""
    n = len(ids)
    columns = zip(
        ids,
        dice.texts(INDUSTRIES, n),
        dice.some([5, 20, 80, 300, 1_000, 20_000, None], n),
        dice.texts(COUNTRIES, n),
        dice.texts(CITIES, n),
        dice.numbers(40, n),
        dice.shares(n),
        strict=True,
    )
    for pk, industry, employees, country, city, owner, age in columns:
        size_ = NULL if employees is None else employees
        made = moment(until, age * 3 * YEAR)
        yield (
            f"{pk}\tCompany {pk}\t{industry}\t{size_}\t{country}\t{city}\t{owner}\t"
            f"{made}\t{made}"
        )


ACCOUNTS = (
    "id name industry number_of_employees country city owner_id created_at updated_at"
)


def contacts(size: Size, until: datetime, dice: Dice, ids: range) -> Iterator[Row]:
    """A person: 4 in 5 with an account, 3 in 100 without an address."""
    n = len(ids)
    columns = zip(
        ids,
        dice.some(FIRST.split(), n),
        dice.some(LAST.split(), n),
        dice.texts(COUNTRIES, n),
        dice.texts(CITIES, n),
        dice.texts(JOBS, n),
        dice.texts(TAGS, n),
        dice.texts(PLANS, n),
        dice.numbers(size.accounts, n),
        dice.numbers(40, n),
        dice.shares(n),
        dice.shares(n),
        strict=True,
    )
    for (
        pk,
        first,
        last,
        country,
        city,
        job,
        tags,
        custom,
        account,
        owner,
        a,
        b,
    ) in columns:
        made = moment(until, a * 3 * YEAR)
        email = "" if b < 0.03 else f"p{pk}@{_domain(pk)}"
        linked = account if b < 0.8 else NULL
        yield (
            f"{pk}\t{first}\t{last} {pk % 9973}\t{email}\t{country}\t{city}\t{job}\t"
            f"{tags}\t{custom}\t{linked}\t{owner if a < 0.7 else NULL}\t"
            f"{'inactive' if a > 0.97 else 'active'}\t{'t' if 0.5 < b < 0.54 else 'f'}"
            f"\t{'t' if 0.6 < b < 0.66 else 'f'}\t{'t' if a > 0.6 else 'f'}\t"
            f"{pk % 6}\t{_birthday(pk, a)}\t{made}\t{made}"
        )


CONTACTS = (
    "id first_name last_name email country city job_title tags custom account_id "
    "owner_id state do_not_email do_not_bulk_email marketing_only consent_level "
    "birth_date created_at updated_at"
)


def _domain(pk: int) -> str:
    return ("example.com", "mail.example", f"company{pk % 5000}.example")[pk % 3]


def _birthday(pk: int, share: float) -> str:
    if share < 0.6:
        return NULL
    return f"{1950 + pk % 55}-{1 + pk % 12:02d}-{1 + pk % 28:02d}"


def leads(size: Size, until: datetime, dice: Dice, ids: range) -> Iterator[Row]:
    """One lead in five is an orphan; seven in ten are open."""
    n = len(ids)
    columns = zip(
        ids,
        dice.some(FIRST.split(), n),
        dice.some(LAST.split(), n),
        dice.some(TOPICS, n),
        dice.texts(INDUSTRIES, n),
        dice.texts(SOURCES, n),
        dice.texts(COUNTRIES, n),
        dice.texts(CITIES, n),
        dice.numbers(size.contacts, n),
        dice.numbers(size.accounts, n),
        dice.numbers(40, n),
        dice.shares(n),
        dice.shares(n),
        strict=True,
    )
    for row in columns:
        yield _lead(until, *row)


def _lead(
    until: datetime, pk: int, first: str, last: str, topic: str, industry: str,
    source: str, country: str, city: str, contact: int, account: int, owner: int,
    a: float, b: float,
) -> Row:  # fmt: skip
    made = moment(until, a * 3 * YEAR)
    state, reason = ("open", "new")
    if b > 0.7:
        state, reason = ("qualified",) * 2 if b < 0.8 else ("disqualified", "lost")
    ready = state == "open" and pk % 21 == 0
    closed = moment(until, a * YEAR) if state != "open" else NULL
    return (
        f"{pk}\t{first}\t{last} {pk % 9973}\tp{pk % 800_000}@lead.example\t{topic}\t"
        f"{industry}\t{source}\t{country}\t{city}\t"
        f"{contact if pk % 5 else NULL}\t{account if pk % 5 > 2 else NULL}\t"
        f"{owner if a < 0.5 else NULL}\t{state}\t{reason}\t"
        f"{int(b * 90_000) if pk % 3 else NULL}\t{'t' if ready else 'f'}\t"
        f"{moment(until, a * YEAR / 4) if ready else NULL}\t{closed}\t"
        f"{made}\t{made}"
    )


LEADS = (
    "id first_name last_name email topic industry lead_source country city "
    "parent_contact_id parent_account_id owner_id state status_reason "
    "estimated_value sales_ready sales_ready_at closed_at created_at updated_at"
)


def scores(size: Size, until: datetime, dice: Dice, ids: range) -> Iterator[Row]:
    """A score of the one model for every lead."""
    for pk, points in zip(ids, dice.numbers(140, len(ids)), strict=True):
        yield f"{pk}\t1\t{points}\t{'ABCD'[min(points // 40, 3)]}\t{{}}\t{until}"


SCORES = "lead_id model_id score grade breakdown changed_at"


def opportunities(size: Size, until: datetime, dice: Dice, ids: range) -> Iterator[Row]:
    """Half of them open."""
    n = len(ids)
    columns = zip(
        ids,
        dice.numbers(size.contacts, n),
        dice.numbers(size.accounts, n),
        dice.numbers(40, n),
        dice.some(["qualify", "develop", "propose", "close"], n),
        dice.shares(n),
        dice.shares(n),
        strict=True,
    )
    for pk, contact, account, owner, stage, a, b in columns:
        made = moment(until, a * 3 * YEAR)
        state, reason = ("open", "in_progress")
        if b > 0.5:
            state, reason = ("won", "won") if b > 0.7 else ("lost", "canceled")
        close = moment(until, (b - 0.5) * YEAR)[:10] if pk % 7 else NULL
        closed = NULL if state == "open" else moment(until, a * YEAR)
        yield (
            f"{pk}\tDeal {pk}\t{contact}\t{account}\t{owner}\t{stage}\t{state}\t"
            f"{reason}\t{int(b * 90_000) if pk % 4 else NULL}\tEUR\t{close}\t"
            f"{int(a * 100)}\t{closed}\t{made}\t{made}"
        )


OPPORTUNITIES = (
    "id name contact_id account_id owner_id stage state status_reason "
    "estimated_value currency estimated_close probability closed_at created_at "
    "updated_at"
)


def interactions(size: Size, until: datetime, dice: Dice, ids: range) -> Iterator[Row]:
    """Rows in the order of time, evenly over a year."""
    n = len(ids)
    columns = zip(
        ids,
        dice.texts(KINDS, n),
        dice.busy(size.contacts, n),
        dice.numbers(60, n),
        dice.shares(n),
        strict=True,
    )
    step = YEAR / size.interactions
    begin = until - timedelta(seconds=YEAR)
    minute, day_and_minute = -1, ""
    for pk, kind, contact, source, share in columns:
        seconds = pk * step
        if int(seconds) // 60 != minute:
            minute = int(seconds) // 60
            day_and_minute = str(begin + timedelta(minutes=minute))[:16]
        at = f"{day_and_minute}:{int(seconds) % 60:02d}+00"
        type_ = "page" if kind == "page.visited" else "email"
        url = f"https://www.example.com/p/{source}" if type_ == "page" else ""
        yield (
            f"{kind}\tcontact\t{contact}\t{contact}\t{type_}\t{source}\t{url}\t"
            f"{'t' if share < 0.05 else 'f'}\t{at}\t{at}"
        )


INTERACTIONS = (
    "name subject_type subject_id contact_id source_type source_id url machine "
    "occurred_at recorded_at"
)


def end_of_data(now: datetime) -> datetime:
    """The data ends at the beginning of the day on which it is made."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
