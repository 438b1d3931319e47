"""What the parts of the demonstration share: chance that repeats, people, dates."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils import timezone

from config.demo.tables import COUNTRIES, REGIONS
from core.access.models import Team, User
from crm.models import Account, Campaign, Contact, Lead, Product

SEED = 20
T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist: names, an address, a phone, a place."""

    first: str
    last: str
    country: str
    city: str
    phone: str

    def email_at(self, domain: str) -> str:
        return f"{plain(self.first)}.{plain(self.last)}@{domain}"


@dataclass
class World:
    """Everything made so far; `now` is one moment for the whole load."""

    rng: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - repeatable on purpose
    now: dt.datetime = field(default_factory=timezone.now)
    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    products: list[Product] = field(default_factory=list)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    _used: set[tuple[str, str]] = field(default_factory=set)

    def ago(self, days: float, *, hours: float = 0) -> dt.datetime:
        """A moment so long before now."""
        return self.now - dt.timedelta(days=days, hours=hours)

    def sometime(self, first: float, last: float) -> dt.datetime:
        """A moment between so many days ago, lately more often than long ago."""
        share = self.rng.random() ** 1.4
        return self.ago(last + (first - last) * share, hours=self.rng.random() * 9)

    def reserve(self, first: str, last: str) -> None:
        """Keep a name for somebody made by hand."""
        self._used.add((first, last))

    def one_of(self, weighted: Sequence[tuple[T, int]]) -> T:
        """One value by its weight."""
        values = [value for value, _ in weighted]
        return self.rng.choices(values, [weight for _, weight in weighted])[0]

    def person(self, country: str) -> Person:
        """A new person of this country; nobody has the same name twice."""
        prefix, firsts, lasts, cities = COUNTRIES[country]
        for _ in range(200):
            name = self.rng.choice(firsts.split()), self.rng.choice(lasts.split("|"))
            if name not in self._used:
                break
        self._used.add(name)
        phone = f"{prefix} {self.rng.randrange(100, 999):04d}"
        city = self.rng.choice(cities.split("|"))
        return Person(*name, country, city, phone)

    def keeper(self, country: str) -> User | None:
        """Who sells in this country; nobody where no salesperson does."""
        region = REGIONS.get(country, "")
        return {"Benelux": self.users["seller1"], "Nordics": self.users["seller2"]}.get(
            region
        )


def plain(text: str) -> str:
    """Text as in an address: small letters, no accents, dashes for blanks."""
    text = text.lower().translate(str.maketrans("øłæå", "olaa"))
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(bare.split())
