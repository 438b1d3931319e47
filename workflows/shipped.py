"""The workflows that every installation has, inactive until somebody wants them."""

from __future__ import annotations

from workflows.models import Workflow

ORPHANED_LEADS = "orphaned-lead-contacts"

_ORPHANED = {
    "and": [
        {"field": "state", "op": "eq", "value": "open"},
        {"field": "parent_contact", "op": "blank"},
        {"field": "parent_account", "op": "blank"},
        {
            "or": [
                {"field": "email", "op": "not_blank"},
                {"field": "last_name", "op": "not_blank"},
                {"field": "first_name", "op": "not_blank"},
            ]
        },
    ]
}


def ensure_shipped() -> None:
    """Make the shipped workflows; one that somebody changed stays as it is."""
    Workflow.objects.get_or_create(
        key=ORPHANED_LEADS,
        defaults={
            "name": "Create marketing-only contacts for orphaned leads",
            "description": "Gives every open lead without a contact and without an "
            "account its contact: the one that matches by email, else a new one that "
            "only marketing sees until the lead is qualified.",
            "entity": "lead",
            "on_created": True,
            "on_changed": ["email", "first_name", "last_name", "parent_contact"],
            "on_demand": True,
            "condition": _ORPHANED,
            "steps": [
                {
                    "id": "contact",
                    "type": "create_contact",
                    "params": {"marketing_only": True},
                }
            ],
        },
    )
