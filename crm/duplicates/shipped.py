"""The rules that every installation starts with."""

from __future__ import annotations

from typing import Any

from crm.models import DuplicateRule


def _part(
    field: str, how: str = "same", weight: int = 1, *, needed: bool = False
) -> dict[str, Any]:
    return {"field": field, "how": how, "weight": weight, "needed": needed}


# Families and info@ mailboxes share an address: how much the name agrees decides
# how alike two people with one address are.
RULES: list[dict[str, Any]] = [
    {
        "key": "contact-email",
        "name": "Contact: same email address",
        "entity": "contact",
        "parts": [_part("email", weight=6, needed=True), _part("name", "alike", 4)],
        "threshold": 0.6,
        "refuse_from": 0.85,
        "description": "One address; the more the names agree, the more alike.",
    },
    {
        "key": "contact-phone",
        "name": "Contact: same phone number and a like name",
        "entity": "contact",
        "parts": [
            _part("phone", weight=4, needed=True),
            _part("name", "alike", 6, needed=True),
        ],
        "threshold": 0.7,
        "refuse_from": 0.95,
        "description": "One number, written in any way, and names that agree.",
    },
    {
        "key": "contact-company",
        "name": "Contact: like name at the same company",
        "entity": "contact",
        "parts": [
            _part("name", "alike", 6, needed=True),
            _part("company", "alike", 4, needed=True),
        ],
        "threshold": 0.75,
        "refuse_from": None,
        "description": "Names that agree, at companies that agree.",
    },
    {
        "key": "contact-person",
        "name": "Contact: like name, address and birth date",
        "entity": "contact",
        "parts": [
            _part("name", "alike", 4),
            _part("address", "alike", 3),
            _part("birth_date", "alike", 3),
        ],
        "threshold": 0.52,
        "refuse_from": 0.95,
        "description": "The person as a whole, each part allowed its typing errors.",
    },
    {
        "key": "account-name",
        "name": "Account: same name",
        "entity": "account",
        "parts": [_part("company", needed=True)],
        "threshold": 1,
        "refuse_from": 1,
        "description": "One name, whatever its legal form, case and accents.",
    },
    {
        "key": "account-email",
        "name": "Account: same email address",
        "entity": "account",
        "parts": [_part("email", needed=True)],
        "threshold": 1,
        "refuse_from": 1,
        "description": "One address of the company itself.",
    },
    {
        "key": "account-like",
        "name": "Account: like name and the same domain, phone or place",
        "entity": "account",
        "parts": [
            _part("company", "alike", 5, needed=True),
            _part("domain", weight=3),
            _part("phone", weight=2),
            _part("address", "alike", 2),
        ],
        "threshold": 0.75,
        "refuse_from": None,
        "description": "Names that agree, and something else that says it is the "
        "same company.",
    },
    {
        "key": "lead-email-topic",
        "name": "Lead: same email address and a like topic",
        "entity": "lead",
        "parts": [
            _part("email", weight=5, needed=True),
            _part("topic", "alike", 3, needed=True),
            _part("name", "alike", 2),
        ],
        "threshold": 0.8,
        "refuse_from": None,
        "description": "Several leads of one person are usual; one interest entered "
        "twice is not.",
    },
    {
        "key": "lead-person-topic",
        "name": "Lead: like name, company or phone, and a like topic",
        "entity": "lead",
        "parts": [
            _part("name", "alike", 4, needed=True),
            _part("topic", "alike", 3, needed=True),
            _part("company", "alike", 2),
            _part("phone", weight=2),
            _part("email", weight=2),
        ],
        "threshold": 0.8,
        "refuse_from": None,
        "description": "The same person with the same interest, however reached.",
    },
]


def ensure_rules() -> None:
    """Make the shipped rules that are missing; what somebody edited stays."""
    for position, row in enumerate(RULES):
        DuplicateRule.objects.get_or_create(
            key=row["key"], defaults={**row, "position": position, "shipped": True}
        )
