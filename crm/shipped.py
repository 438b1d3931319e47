"""Rows that every installation has: the shipped matching strategies."""

from __future__ import annotations

from typing import Any

from crm.models import MatchingStrategy

STRATEGIES: list[dict[str, Any]] = [
    {
        "key": "contact-email",
        "name": "Email",
        "target": "contact",
        "attributes": ["email"],
        "description": "The active contact with this email address.",
    },
    {
        "key": "lead-email",
        "name": "Email, any open lead",
        "target": "lead",
        "attributes": ["email"],
        "description": "The open lead with this email address, wherever it came from.",
    },
    {
        "key": "lead-email-page",
        "name": "Email and page",
        "target": "lead",
        "attributes": ["email", "page"],
        "description": "The open lead with this address that came from this page.",
    },
    {
        "key": "account-name",
        "name": "Account name",
        "target": "account",
        "attributes": ["name"],
        "description": "The active account of this name.",
    },
]


def ensure_strategies() -> None:
    """Make the shipped rows that are missing; what somebody edited stays."""
    for row in STRATEGIES:
        MatchingStrategy.objects.get_or_create(
            key=row["key"], defaults={**row, "shipped": True}
        )
