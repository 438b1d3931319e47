"""People who are likely to be there already: a warning, never a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from rapidfuzz import fuzz

from core.base.text import email_normalise, phone_normalise
from crm.models import Contact

SAME_EMAIL, SAME_PHONE = 100, 90
NAME_AT_LEAST, COMPANY_AT_LEAST = 88, 80
LOOKED_AT = 50
PHONE_DIGITS = 7


@dataclass(frozen=True)
class Candidate:
    """A contact who may be the same person, how likely (0 to 100), and why."""

    contact: Contact
    similarity: int
    reason: str


def likely_duplicates(
    values: Mapping[str, Any], *, exclude_id: int | None = None, limit: int = 5
) -> list[Candidate]:
    """Active contacts that resemble this person, most alike first.

    The same address, the same phone number, or a like name together with a like
    company or domain. One query, on indexes; not limited to what a user sees, for a
    person known to somebody else is a duplicate too.
    """
    narrowed = _narrow(values)
    if narrowed is None:
        return []
    rows = Contact.objects.active().filter(narrowed)
    if exclude_id is not None:
        rows = rows.exclude(pk=exclude_id)
    found = [_compare(values, row) for row in rows.order_by("-updated_at")[:LOOKED_AT]]
    likely = [item for item in found if item is not None]
    return sorted(likely, key=lambda item: -item.similarity)[:limit]


def _narrow(values: Mapping[str, Any]) -> Q | None:
    """What the indexes can find: the address, the numbers, the last name."""
    parts: list[Q] = []
    if email := email_normalise(str(values.get("email") or "")):
        parts.append(Q(email_norm=email))
    for name in ("phone", "mobile_phone"):
        typed = str(values.get(name) or "").strip().lower()
        if len(phone_normalise(typed)) >= PHONE_DIGITS:
            parts.append(Q(search_text__contains=typed))
    last = str(values.get("last_name") or "").strip().lower()
    if len(last) >= 3 and values.get("first_name"):
        first = str(values["first_name"]).strip().lower()
        parts.append(Q(search_text__contains=last) & Q(search_text__contains=first[:3]))
    if not parts:
        return None
    joined = parts[0]
    for part in parts[1:]:
        joined |= part
    return joined


def _compare(values: Mapping[str, Any], row: Contact) -> Candidate | None:
    email = email_normalise(str(values.get("email") or ""))
    if email and email == row.email_norm:
        return Candidate(row, SAME_EMAIL, "Same email address")
    theirs = {phone_normalise(row.phone), phone_normalise(row.mobile_phone)} - {""}
    ours = {
        phone_normalise(str(values.get(name) or ""))
        for name in ("phone", "mobile_phone")
    }
    if any(len(number) >= PHONE_DIGITS for number in theirs & ours):
        return Candidate(row, SAME_PHONE, "Same phone number")
    return _compare_names(values, row)


def _compare_names(values: Mapping[str, Any], row: Contact) -> Candidate | None:
    name = f"{values.get('first_name') or ''} {values.get('last_name') or ''}".strip()
    alike = fuzz.token_sort_ratio(
        name.lower(), f"{row.first_name} {row.last_name}".lower()
    )
    company = str(values.get("company_name") or "").lower()
    same_company = (
        bool(company)
        and fuzz.token_set_ratio(company, row.company_name.lower()) >= COMPANY_AT_LEAST
    )
    if not name or alike < NAME_AT_LEAST or not same_company:
        return None
    return Candidate(row, min(int(alike), 89), "Similar name at the same company")
