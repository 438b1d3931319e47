"""The two processes that every installation has."""

from __future__ import annotations

from typing import Any

from crm.models import Process


def _step(key: str, label: str, field: str = "", moves_to: str = "") -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "field": field,
        "required": False,
        "moves_to": moves_to,
    }


def _stage(
    key: str, name: str, *steps: dict[str, Any], entity: str = "lead", to: str = ""
) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "entity": entity,
        "hands_over_to": to,
        "steps": list(steps),
    }


_EXISTING = (
    _step("contact", "Existing contact?", "parent_contact"),
    _step("account", "Existing account?", "parent_account"),
)
_CALL = (
    _step("timeframe", "Purchase timeframe", "purchase_timeframe"),
    _step("budget", "Estimated budget", "budget"),
    _step("process", "Purchase process", "purchase_process"),
    _step("decision_maker", "Identify decision maker", "decision_maker"),
)
SHIPPED: tuple[dict[str, Any], ...] = (
    {
        "key": "marketing",
        "name": "Lead to opportunity marketing sales process",
        "description": "From first interest to the hand-over to sales.",
        "position": 10,
        "stages": [
            _stage("inquiry", "Inquiry", *_EXISTING),
            _stage(
                "automated_marketing_qualification",
                "Automated marketing qualification",
                _step("sales_ready", "Sales ready", "sales_ready"),
                _step(
                    "tele_ready",
                    "Teleprospecting ready",
                    "teleprospecting_ready",
                    "teleprospecting_acceptance",
                ),
            ),
            _stage(
                "teleprospecting_acceptance",
                "Teleprospecting acceptance",
                _step(
                    "accepted",
                    "Teleprospect accepted",
                    "teleprospect_accepted",
                    "teleprospecting_qualification",
                ),
            ),
            _stage(
                "teleprospecting_qualification",
                "Teleprospecting qualification",
                *_CALL,
                _step("need", "Customer need", "need"),
                _step("sales_ready", "Sales ready", "sales_ready"),
            ),
            _stage(
                "sales_acceptance",
                "Sales acceptance",
                _step("owner", "Owner", "owner"),
                _step("accepted", "Sales accepted", "sales_accepted", "next"),
                to="sales",
            ),
        ],
    },
    {
        "key": "sales",
        "name": "Lead to opportunity sales process",
        "description": "From the qualification of the lead to the closed sale.",
        "position": 20,
        "stages": [
            _stage(
                "qualify",
                "Qualify",
                *_EXISTING,
                *_CALL,
                _step("summary", "Capture summary", "description"),
            ),
            _stage(
                "develop",
                "Develop",
                _step("need", "Customer need", "need"),
                _step("solution", "Proposed solution", "proposed_solution"),
                _step("stakeholders", "Identify stakeholders"),
                _step("competitors", "Identify competitors"),
                entity="opportunity",
            ),
            _stage(
                "propose",
                "Propose",
                _step("team", "Identify sales team"),
                _step("proposal", "Develop proposal"),
                _step("review", "Complete internal review"),
                _step("present", "Present proposal"),
                entity="opportunity",
            ),
            _stage(
                "close",
                "Close",
                _step("final", "Complete and present final proposal"),
                _step("decision", "Confirm decision date", "estimated_close"),
                _step("thanks", "Send thank you"),
                _step("debrief", "File de-brief"),
                entity="opportunity",
            ),
        ],
    },
)


def ensure_processes() -> None:
    """Make the shipped processes that are missing; what somebody changed stays."""
    for row in SHIPPED:
        Process.objects.get_or_create(key=row["key"], defaults={**row, "shipped": True})
