"""The life of a lead, as pure rules: what a step changes."""

from __future__ import annotations

from typing import Any

# What a return to marketing takes back; stage, owner and dates are added by the
# service.
RETURNED_TO_MARKETING: dict[str, Any] = {
    "sales_ready": False,
    "sales_ready_at": None,
    "sales_ready_score": None,
    "sales_accepted": False,
    "entered_by_sales": False,
    "teleprospecting_ready": False,
    "teleprospect_accepted": False,
}
