"""Rules of matching: what is compared, and how. No database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.base.text import email_normalise, phone_normalise

# What a strategy may compare, and what a person reads for it.
CONTACT_ATTRIBUTES: Mapping[str, str] = {
    "email": "Email",
    "first_name": "First name",
    "last_name": "Last name",
    "phone": "Phone",
    "mobile_phone": "Mobile phone",
    "company_name": "Company",
    "postal_code": "Postal code",
    "city": "City",
    "country": "Country",
    "job_title": "Job title",
    "external_id": "External ID",
}
LEAD_ATTRIBUTES: Mapping[str, str] = {
    **CONTACT_ATTRIBUTES,
    "topic": "Topic",
    "lead_source": "Lead source",
    "page": "Landing page",
}
ACCOUNT_ATTRIBUTES: Mapping[str, str] = {
    "external_id": "External ID",
    "name": "Name",
    "email_domain": "Email domain",
    "phone": "Phone",
    "city": "City",
    "country": "Country",
}
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "contact": CONTACT_ATTRIBUTES,
    "lead": LEAD_ATTRIBUTES,
    "account": ACCOUNT_ATTRIBUTES,
}
PHONES = frozenset({"phone", "mobile_phone"})

# Mailbox providers: sharing such a domain says nothing about a person's company.
PUBLIC_DOMAINS = frozenset(
    [
        "163.com",
        "126.com",
        "aol.com",
        "att.net",
        "bellsouth.net",
        "bk.ru",
        "bluewin.ch",
        "bol.com.br",
        "btinternet.com",
        "charter.net",
        "comcast.net",
        "cox.net",
        "duck.com",
        "earthlink.net",
        "email.com",
        "facebook.com",
        "fastmail.com",
        "fastmail.fm",
        "foxmail.com",
        "free.fr",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.es",
        "hotmail.fr",
        "hotmail.it",
        "hushmail.com",
        "icloud.com",
        "inbox.ru",
        "laposte.net",
        "libero.it",
        "list.ru",
        "live.co.uk",
        "live.com",
        "live.fr",
        "live.nl",
        "mac.com",
        "mail.com",
        "mail.ru",
        "mailbox.org",
        "me.com",
        "msn.com",
        "naver.com",
        "o2.pl",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.es",
        "outlook.fr",
        "posteo.de",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "pm.me",
        "qq.com",
        "rambler.ru",
        "rediffmail.com",
        "rocketmail.com",
        "sbcglobal.net",
        "seznam.cz",
        "sfr.fr",
        "sina.com",
        "sky.com",
        "t-online.de",
        "tiscali.it",
        "tuta.com",
        "tutanota.com",
        "uol.com.br",
        "verizon.net",
        "virgilio.it",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yahoo.ca",
        "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.com.br",
        "yahoo.de",
        "yahoo.es",
        "yahoo.fr",
        "yahoo.in",
        "yahoo.it",
        "yandex.com",
        "yandex.ru",
        "ya.ru",
        "ymail.com",
        "zoho.com",
    ]
)
_BLANKS = re.compile(r"\s+")


def text_normalise(value: str) -> str:
    """The form in which words are compared: no case, one blank between the words."""
    return _BLANKS.sub(" ", value).strip().lower()


def spelled(attribute: str, value: Any) -> str:
    """A value without its blank space, and a number without all but its digits.

    The case is left to the database: PostgreSQL and Python fold a few letters (the
    dotted capital I) in different ways.
    """
    text = "" if value is None else str(value)
    if attribute in PHONES:
        return phone_normalise(text)
    return _BLANKS.sub(" ", text).strip()


def normalise(attribute: str, value: Any) -> str:
    """What is compared for this attribute; empty where there is nothing."""
    text = spelled(attribute, value)
    return text if attribute == "external_id" else text.lower()


def match_key(attributes: Sequence[str], values: Mapping[str, Any]) -> tuple[str, ...]:
    """The compared values in the strategy's order; empty where one is missing.

    Nothing equals a blank: a record without one of the attributes matches nobody.
    """
    key = tuple(normalise(name, values.get(name)) for name in attributes)
    return key if key and all(key) else ()


def email_domain(email: str) -> str:
    """The domain of an address that may stand for a company, else empty."""
    domain = email_normalise(email).rpartition("@")[2].rstrip(".")
    return "" if domain in PUBLIC_DOMAINS or "." not in domain else domain


def company_domain(value: str) -> str:
    """The domain in a web or email address that may stand for a company."""
    host = email_normalise(value).rpartition("@")[2]
    host = re.sub(r"^[a-z]+://", "", host).split("/")[0].split(":")[0]
    host = host.removeprefix("www.").rstrip(".")
    return "" if host in PUBLIC_DOMAINS or "." not in host else host


def identities(values: Mapping[str, Any]) -> list[str]:
    """The identifying values of a person or company, as the locks spell them.

    Whatever a strategy compares, every writer holds all of these: the address, the
    phones' digits and the external id.
    """
    found = []
    if email := normalise("email", values.get("email")):
        found.append(f"email:{email}")
    if external := normalise("external_id", values.get("external_id")):
        found.append(f"external:{external}")
    phones = (normalise(name, values.get(name)) for name in ("phone", "mobile_phone"))
    found.extend(f"phone:{digits}" for digits in phones if digits)
    companies = (normalise(name, values.get(name)) for name in ("name", "company_name"))
    found.extend(f"company:{company}" for company in companies if company)
    return found


def identities_of(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The identifying values of many."""
    return {value for row in rows for value in identities(row)}
