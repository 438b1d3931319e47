"""Values as they are compared: folded, cut into parts. No database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base.text import email_normalise, phone_normalise
from crm.matching.rules import company_domain, email_domain

PHONE_DIGITS = 7
# What stands behind a company's name and says nothing about which one it is.
LEGAL_FORMS = frozenset(
    (
        *("ab", "ag", "as", "asa", "aps", "bv", "bvba", "co", "company", "corp"),
        *("corporation", "doo", "gmbh", "group", "holding", "inc", "incorporated"),
        *("kg", "limited", "llc", "llp", "lp", "ltd", "mbh", "nv", "oy", "oyj"),
        *("plc", "pte", "pty", "sa", "sarl", "sas", "se", "sl", "spa", "sprl"),
        *("srl", "sro", "zoo"),
    )
)
_APART = re.compile(r"[^a-z0-9]+")
_PUNCTUATED = re.compile(r"(?<=\b\w)[./](?=\w\b)")
_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th"}
)


def fold(value: Any) -> str:
    """Lower case, no accents, one blank between the words, nothing else."""
    text = str(value or "").lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
        kept = [c for c in text if not unicodedata.combining(c)]
        text = "".join(kept)
    if text.isascii():
        return _APART.sub(" ", text).strip()
    # Other scripts keep their letters.
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def company_core(value: Any) -> str:
    """A company's name without its legal form: "Petersen A/S" is "petersen"."""
    words = fold(_PUNCTUATED.sub("", str(value or "").lower())).split()
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def phones_of(*values: Any) -> frozenset[str]:
    """The numbers that are long enough to tell people apart."""
    digits = (phone_normalise(str(value or "")).lstrip("0") for value in values)
    return frozenset(d for d in digits if len(d) >= PHONE_DIGITS)


@dataclass(frozen=True, slots=True)
class Folded:
    """A record ready to be compared; what is blank is empty."""

    email: str = ""
    phone: frozenset[str] = frozenset()
    first: str = ""
    last: str = ""
    company: str = ""
    domain: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    postal_code: str = ""
    birth_date: str = ""
    topic: str = ""
    external_id: str = ""


def person_folded(values: Mapping[str, Any]) -> Folded:
    """A contact or a lead."""
    email = email_normalise(str(values.get("email") or ""))
    return Folded(
        email=email,
        phone=phones_of(values.get("phone"), values.get("mobile_phone")),
        first=fold(values.get("first_name")),
        last=fold(values.get("last_name")),
        company=company_core(values.get("company_name") or values.get("account_name")),
        domain=email_domain(email),
        birth_date=str(values.get("birth_date") or "").replace("-", "")[:8],
        topic=fold(values.get("topic")),
        external_id=str(values.get("external_id") or "").strip(),
        **_address(values),
    )


def account_folded(values: Mapping[str, Any]) -> Folded:
    """A company: its name is what is compared as company."""
    email = email_normalise(str(values.get("email") or ""))
    domain = (
        str(values.get("email_domain") or "").strip().lower()
        or company_domain(str(values.get("website") or ""))
        or email_domain(email)
    )
    return Folded(
        email=email,
        phone=phones_of(values.get("phone")),
        company=company_core(values.get("name")),
        domain=domain,
        external_id=str(values.get("external_id") or "").strip(),
        **_address(values),
    )


def _address(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        "street": fold(values.get("address_line1")),
        "street2": fold(values.get("address_line2")),
        "city": fold(values.get("city")),
        "postal_code": fold(values.get("postal_code")).replace(" ", ""),
    }


FOLDED = {"contact": person_folded, "lead": person_folded, "account": account_folded}
# What a search reads of each record.
_PLACE = ("address_line1", "address_line2", "city", "postal_code")
_PERSON = (
    *("first_name", "last_name", "email", "phone", "mobile_phone", "company_name"),
    *("external_id", *_PLACE),
)
READS: dict[str, tuple[str, ...]] = {
    "contact": (*_PERSON, "birth_date"),
    "lead": (*_PERSON, "topic"),
    "account": (
        *("name", "email", "phone", "website", "email_domain", "external_id"),
        *_PLACE,
    ),
}
