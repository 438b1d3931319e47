"""What people are told of customers, leads, activities and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.journal.consumers import EntryRow
from core.notifications.assigned import assigned_kind
from core.notifications.registry import (
    News,
    NotificationKind,
    Told,
    register_notification,
)
from crm.models import Lead
from crm.services.mentions import named


def owners_of(entries: Sequence[EntryRow]) -> dict[int, int]:
    """Who has the open leads that these entries are about; one statement."""
    ids = {entry.lead_id for entry in entries if entry.lead_id}
    rows = Lead.objects.open().filter(pk__in=ids).exclude(owner=None)
    return {pk: owner for pk, owner in rows.values_list("pk", "owner_id") if owner}


def became_ready(entries: Sequence[EntryRow]) -> Iterable[News]:
    owners = owners_of(entries)
    for entry in entries:
        if entry.lead_id in owners:
            said = {"score": entry.data.get("score")}
            yield News(owners[entry.lead_id], entry, ("lead", entry.lead_id), said)


def tell_ready(told: Told) -> str:
    score = told.data.get("score")
    at = f" at score {score}" if score is not None else ""
    return f"{told.name} became sales ready{at}"


def mentioned(entries: Sequence[EntryRow]) -> Iterable[News]:
    texts = named([str(entry.data.get("said", "")) for entry in entries])
    for entry, said in zip(entries, texts, strict=True):
        about = entry.data.get("about", ["", None])
        for user_id in entry.data.get("users", []):
            yield News(user_id, entry, (about[0], about[1]), {"said": said})


def tell_mentioned(told: Told) -> str:
    by, said = told.actor or "Somebody", told.data.get("said", "")
    return f"{by} mentioned you on {told.name}: {said}"


def register() -> None:
    """Called once, when the apps are loaded."""
    register_notification(
        NotificationKind(
            "mentioned",
            "A colleague mentions me",
            "message",
            ("note.mentioned",),
            mentioned,
            tell_mentioned,
            "notes mention you",
        )
    )
    register_notification(
        NotificationKind(
            "sales_ready",
            "A lead of mine becomes sales ready",
            "flame",
            ("lead.sales_ready",),
            became_ready,
            tell_ready,
            "leads of yours became sales ready",
            "lead_list",
            "view=mine",
        )
    )
    for kind in (
        assigned_kind("lead", "Lead", "Leads", "target-arrow", "lead_list"),
        assigned_kind("contact", "Contact", "Contacts", "user", "contact_list"),
        assigned_kind("account", "Account", "Accounts", "building", "account_list"),
        assigned_kind(
            "activity", "Activity", "Activities", "checklist", "activity_list"
        ),
    ):
        register_notification(kind)
