"""The life of a lead, as pure rules: states, their reasons, and what a step changes."""

from __future__ import annotations

from typing import Any

from core.base.errors import Invalid
from crm.rules import STATUS_REASONS, check_status_reason, default_reason

REASON_LABELS: dict[str, str] = {
    "new": "New",
    "contacted": "Contacted",
    "qualified": "Qualified",
    "lost": "Lost",
    "cannot_contact": "Cannot contact",
    "no_longer_interested": "No longer interested",
    "canceled": "Canceled",
}


def state_of_reason(reason: str) -> str:
    """The state a status reason belongs to; Invalid where there is no such reason."""
    for state, reasons in STATUS_REASONS.items():
        if reason in reasons:
            return state
    raise Invalid(
        "invalid_choice",
        f'"{reason}" is not a status reason of a lead.',
        attr="status_reason",
    )


def reason_in_state(state: str, reason: str | None) -> str:
    """The reason to store: the default of the state where none is given.

    Raises Invalid where the reason is unknown or belongs to another state.
    """
    if not reason:
        return default_reason(state)
    check_status_reason(state, reason)
    return reason


def reason_after_return(reason: str) -> str:
    """An open lead stays new or contacted when it goes back to marketing."""
    return reason if reason in STATUS_REASONS["open"] else default_reason("open")


# What each step of the life sets; dates and people are added by the services.
SALES_READY: dict[str, Any] = {
    "sales_ready": True,
    "process": "sales",
    "stage": "sales_acceptance",
}
RETURNED_TO_MARKETING: dict[str, Any] = {
    "sales_ready": False,
    "sales_ready_at": None,
    "sales_ready_score": None,
    "sales_accepted": False,
    "entered_by_sales": False,
    "process": "marketing",
    "stage": "automated_marketing_qualification",
}
TAKEN_OVER: dict[str, Any] = {
    "sales_accepted": True,
    "process": "sales",
    "stage": "qualify",
}
