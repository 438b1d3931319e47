"""Qualifying and selling, as pure rules: what is made, linked, filled, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from operator import itemgetter
from typing import Any

from core.base.text import email_normalise

CREATE, LINK, SKIP = "create", "link", "skip"
# How long a qualification can be taken back.
UNDO_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Decision:
    """What happens to one of the three records, and why where nothing does."""

    do: str
    reason: str = ""


def decide_account(
    *, create: bool | None, existing: bool, company_name: str
) -> Decision:
    """An account that exists is linked; a new one needs a company name."""
    if existing:
        return Decision(LINK)
    if create is False:
        return Decision(SKIP, "Not asked for.")
    if not company_name.strip():
        return Decision(SKIP, "The lead has no company name.")
    return Decision(CREATE)


def decide_contact(
    *, create: bool | None, existing: bool, first_name: str, last_name: str
) -> Decision:
    """A contact that exists is linked; a new one needs a first or last name."""
    if existing:
        return Decision(LINK)
    if create is False:
        return Decision(SKIP, "Not asked for.")
    if not (first_name.strip() or last_name.strip()):
        return Decision(SKIP, "The lead has no name.")
    return Decision(CREATE)


def decide_opportunity(*, create: bool | None, existing: bool = False) -> Decision:
    """One that was chosen is linked; else one is made unless the caller says no."""
    if existing:
        return Decision(LINK)
    return Decision(SKIP, "Not asked for.") if create is False else Decision(CREATE)


def contacts_account_fits(company_name: str, account_name: str) -> bool:
    """Whether the account of the lead's contact is the company the lead speaks of."""
    wanted = company_name.strip().lower()
    return not wanted or wanted == account_name.strip().lower()


# -- What goes over from the lead: field of the record -> field of the lead. What is
# shipped; the rows of QualifyMapping decide. ---------------------------------------

ADDRESS = (
    "address_line1",
    "address_line2",
    "postal_code",
    "city",
    "state_or_province",
    "country",
)
ACCOUNT_FROM_LEAD: dict[str, str] = {
    "name": "company_name",
    "phone": "phone",
    "website": "website",
    "industry": "industry",
    "number_of_employees": "number_of_employees",
    "annual_revenue": "annual_revenue",
    **{name: name for name in ADDRESS},
}
CONTACT_FROM_LEAD: dict[str, str] = {
    name: name
    for name in (
        "salutation",
        "first_name",
        "last_name",
        "email",
        "phone",
        "mobile_phone",
        "job_title",
        "company_name",
        "website",
        "linkedin_url",
        "profile_links",
        "buying_role",
        *ADDRESS,
    )
}
OPPORTUNITY_FROM_LEAD: dict[str, str] = {
    name: name
    for name in (
        "estimated_value",
        "budget",
        "need",
        "purchase_timeframe",
        "purchase_process",
        "decision_maker",
        "description",
        "product",
        "campaign",
        "lead_source",
        "tags",
    )
}
AMOUNTS = ("estimated_value", "budget")
PREFERENCES = ("do_not_email", "do_not_bulk_email", "do_not_phone")


def is_blank(value: Any) -> bool:
    """Blank is nothing, empty text and empty lists; never 0 or False."""
    return value is None or value == "" or value == []


def carried(source: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """What a new record gets from the lead: everything the lead knows."""
    return {
        field: source[origin]
        for field, origin in mapping.items()
        if not is_blank(source.get(origin))
    }


def blanks_filled(
    target: Mapping[str, Any], source: Mapping[str, Any], mapping: Mapping[str, str]
) -> dict[str, Any]:
    """What an existing record gets from the lead: only what it does not say itself.

    Addresses go over as a whole or not at all, so that a street never meets the
    city of another office.
    """
    filled = {
        field: source[origin]
        for field, origin in mapping.items()
        if is_blank(target.get(field)) and not is_blank(source.get(origin))
    }
    if any(not is_blank(target.get(name)) for name in ADDRESS):
        for name in ADDRESS:
            filled.pop(name, None)
    return filled


def in_currency(values: Mapping[str, Any], rate: Decimal) -> dict[str, Any]:
    """What a lead says, with its amounts in the currency that this rate is of.

    Amounts of leads are in the organisation's currency.
    """
    return {
        name: (Decimal(value) / rate).quantize(CENT, ROUND_HALF_UP)
        if name in AMOUNTS and rate != 1
        else value
        for name, value in values.items()
    }


def stricter_preferences(
    target: Mapping[str, Any], source: Mapping[str, Any]
) -> dict[str, bool]:
    """Do not email, bulk email and phone: what the lead forbids, the contact learns."""
    return {name: True for name in PREFERENCES if source[name] and not target[name]}


def clears_marketing_only(*, setting: str, with_opportunity: bool) -> bool:
    """Whether qualification makes a marketing-only contact one of sales."""
    return setting == "qualify" or (setting == "opportunity" and with_opportunity)


def opportunity_topic(*, topic: str, person: str, company: str) -> str:
    """The topic of the lead; who it is about where it has none."""
    return topic.strip() or ", ".join(x for x in (person, company) if x) or "No topic"


# -- Similarity ---------------------------------------------------------------------

PUBLIC_MAIL = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "web.de",
        "t-online.de",
        "mail.com",
        "mail.ru",
        "yandex.ru",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "163.com",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "libero.it",
        "ziggo.nl",
        "kpnmail.nl",
    }
)


@dataclass(frozen=True)
class Likeness:
    """How alike two records are: percent, the reasons in words, and the verdict."""

    percent: int
    reasons: tuple[str, ...]
    likely: bool


def company_domain(email: str, website: str) -> str:
    """The domain that stands for a company; blank for public mail providers."""
    host = website.strip().lower().split("//")[-1].split("/")[0].split("@")[-1]
    host = host.removeprefix("www.").split(":")[0]
    domain = host or email_normalise(email).rpartition("@")[2]
    return "" if domain in PUBLIC_MAIL else domain


# -- Money --------------------------------------------------------------------------

CENT = Decimal("0.01")
SMALLEST_RATE = Decimal("0.0000000001")
# The largest amount at this rate still fits its column.
LARGEST_RATE = Decimal(999_999)


def to_base(amount: Decimal | None, rate: Decimal) -> Decimal | None:
    """An amount in the organisation's currency, to the cent, halves away from zero.

    The same as the database computes: sums in Python and in SQL agree.
    """
    if amount is None:
        return None
    with localcontext(prec=60):
        return (amount * rate).quantize(CENT, ROUND_HALF_UP)


def from_base(amount: Decimal, rate: Decimal) -> Decimal:
    """An amount of the organisation's currency in another one, to the cent."""
    with localcontext(prec=60):
        return (amount / rate).quantize(CENT, ROUND_HALF_UP)


def line_amount(quantity: Decimal, price: Decimal, discount: Decimal) -> Decimal:
    """What a line comes to: quantity times price less the discount, to the cent."""
    with localcontext(prec=60):
        whole = quantity * price * (100 - discount) / 100
        return whole.quantize(CENT, ROUND_HALF_UP)


def rate_of_day(rates: Sequence[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The rate in force on a day: the last one from that day or before.

    `rates` are in the order of their days; None where the first begins later.
    """
    place = bisect_right(rates, day, key=itemgetter(0))
    return rates[place - 1][1] if place else None


# -- Opportunities ------------------------------------------------------------------

STAGE_PROBABILITY: dict[str, int] = {
    "qualify": 20,
    "develop": 40,
    "propose": 60,
    "close": 80,
}
