"""Writes on activities and notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from core.access.models import User
from core.base.errors import Invalid, Refused
from core.base.text import text_problem
from crm.models import Activity, Lead, Note
from crm.regarding import links_of, regarding_record
from crm.services.mentions import mentions_tell
from crm.services.records import record_lock

NOTE_LENGTH = 20_000
ACTIVITY_FIELDS = frozenset(
    (
        "kind",
        "subject",
        "description",
        "priority",
        "state",
        "due_at",
        "starts_at",
        "ends_at",
        "location",
        "outgoing",
        "duration_minutes",
        "outcome",
        "product",
        "owner",
        "team",
    )
)


@transaction.atomic
def activity_log(
    *,
    regarding_type: str,
    regarding_id: int,
    user: User | None,
    **values: Any,
) -> Activity:
    """Put an activity on a record that the user sees.

    Its contact, lead and account are those behind the record. Without an owner it is
    its maker's; an open lead's last activity moves. Raises Invalid by field.
    """
    about = regarding_record(regarding_type, regarding_id, user)
    links = links_of(regarding_type, about)
    activity = Activity(
        regarding_type=regarding_type,
        regarding_id=regarding_id,
        contact_id=links.contact_id,
        lead_id=links.lead_id,
        account_id=links.account_id,
        created_by=user,
    )
    values.setdefault("owner", user)
    _apply(activity, values)
    _closes(activity)
    _validated(activity)
    activity.save(force_insert=True)
    _touch_lead(activity)
    return activity


@transaction.atomic
def activity_update(
    *,
    activity: Activity,
    values: Mapping[str, Any],
    user: User | None,
    version: int | None = None,
) -> Activity:
    """Change an activity under a row lock; Stale where its version moved on."""
    locked = record_lock(record=activity, version=version)
    if locked.kind in Activity.BY_SYSTEM:
        raise Refused("by_system", "This tells what happened, and stays as it is.")
    changed = _apply(locked, values)
    if changed:
        _closes(locked)
        _validated(locked)
        locked.save(update_fields=[*changed, "completed_at"])
        locked.refresh_from_db(fields=["version", "updated_at"])
        _touch_lead(locked)
    return locked


@transaction.atomic
def activity_links_lead(*, activity: Activity, lead_id: int) -> Activity:
    """Put an activity on the timeline of the lead that came out of it.

    One that belongs to another lead stays there.
    """
    locked = record_lock(record=activity)
    if locked.lead_id is None:
        locked.lead_id = lead_id
        locked.save(update_fields=["lead"])
        _touch_lead(locked)
    return locked


@transaction.atomic
def activity_complete(
    *, activity: Activity, user: User | None, outcome: str = ""
) -> Activity:
    """Complete an open activity, with what came of it; Refused where it is closed."""
    locked = record_lock(record=activity)
    if locked.state in (Activity.State.COMPLETED, Activity.State.CANCELED):
        raise Refused("activity_closed", "This activity is closed already.")
    values: dict[str, Any] = {"state": Activity.State.COMPLETED}
    if outcome:
        values["outcome"] = outcome
    return activity_update(activity=locked, values=values, user=user)


@transaction.atomic
def activity_delete(
    *, activity: Activity, user: User | None, version: int | None = None
) -> None:
    """Delete an activity; the audit history keeps what it said."""
    record_lock(record=activity, version=version).delete()


@transaction.atomic
def activity_happened(
    *,
    kind: str,
    regarding_type: str,
    record: models.Model,
    user: User | None,
    subject: str,
    description: str = "",
    outcome: str = "",
    at: datetime,
) -> Activity:
    """Write a completed activity of a kind that only the system writes."""
    links = links_of(regarding_type, record)
    activity = Activity(
        kind=kind,
        regarding_type=regarding_type,
        regarding_id=record.pk,
        contact_id=links.contact_id,
        lead_id=links.lead_id,
        account_id=links.account_id,
        subject=subject,
        description=description,
        outcome=outcome,
        state=Activity.State.COMPLETED,
        completed_at=at,
        owner=user,
        team_id=user.team_id if user else None,
        created_by=user,
    )
    _validated(activity)
    activity.save(force_insert=True)
    return activity


def _apply(activity: Activity, values: Mapping[str, Any]) -> list[str]:
    unknown = set(values) - ACTIVITY_FIELDS
    if unknown:
        name = sorted(unknown)[0]
        text = f"An activity has no field {name} that can be set."
        raise Invalid("unknown_field", text, attr=name)
    if values.get("kind") in Activity.BY_SYSTEM:
        text = "Activities of this kind are written by the system."
        raise Invalid("invalid_choice", text, attr="kind")
    changed = []
    for name, value in values.items():
        field = activity._meta.get_field(name)
        is_link = isinstance(field, models.ForeignKey)
        is_id = is_link and not isinstance(value, models.Model)
        column = field.attname if is_id else name  # type: ignore[union-attr] # a column
        if getattr(activity, column) != value:
            setattr(activity, column, value.strip() if is_text(value) else value)
            changed.append(name)
    return changed


def is_text(value: Any) -> bool:
    """Whether this is plain text (not a member of a set of choices)."""
    return type(value) is str


def _closes(activity: Activity) -> None:
    done = activity.state == Activity.State.COMPLETED
    if done and activity.completed_at is None:
        activity.completed_at = timezone.now()
    elif not done:
        activity.completed_at = None
    if activity.owner is not None and activity.team_id is None:
        activity.team_id = activity.owner.team_id


def _validated(activity: Activity) -> None:
    for name in ("subject", "description", "location", "outcome"):
        limit = getattr(activity._meta.get_field(name), "max_length", None)
        if problem := text_problem(getattr(activity, name), max_length=limit):
            raise Invalid("invalid", problem, attr=name)
    try:
        activity.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error


def _touch_lead(activity: Activity) -> None:
    if activity.lead_id:
        Lead.objects.filter(pk=activity.lead_id).update(last_activity_at=timezone.now())


@transaction.atomic
def note_add(
    *, regarding_type: str, regarding_id: int, body: str, user: User | None
) -> Note:
    """Write a note on a record that the user sees; Invalid by field.

    Colleagues it mentions (`@username`) are told; `not_told` names those who may not
    see what it is about. Journals note.mentioned.
    """
    about = regarding_record(regarding_type, regarding_id, user)
    links = links_of(regarding_type, about)
    note = Note.objects.create(
        regarding_type=regarding_type,
        regarding_id=regarding_id,
        contact_id=links.contact_id,
        lead_id=links.lead_id,
        account_id=links.account_id,
        body=note_body(body),
        created_by=user,
    )
    note.not_told = list(map(str, mentions_tell(note=note, user=user)))
    return note


@transaction.atomic
def note_update(
    *, note: Note, body: str, user: User | None, version: int | None = None
) -> Note:
    """Change the text of a note under a row lock.

    Whom it mentions anew is told as by `note_add`.
    """
    locked = record_lock(record=note, version=version)
    text, before = note_body(body), locked.body
    if before != text:
        locked.body = text
        locked.save(update_fields=["body"])
        locked.refresh_from_db(fields=["version", "updated_at"])
        hidden = mentions_tell(note=locked, user=user, before=before)
        locked.not_told = list(map(str, hidden))
    return locked


@transaction.atomic
def note_delete(*, note: Note, user: User | None, version: int | None = None) -> None:
    """Delete a note; the audit history keeps what it said."""
    record_lock(record=note, version=version).delete()


def note_body(body: str) -> str:
    """The text of a note, trimmed; Invalid at `body` for none or too much."""
    text = body.strip()
    problem = text_problem(text, max_length=NOTE_LENGTH)
    if not text:
        problem = "Write something."
    if problem:
        raise Invalid("invalid", problem, attr="body")
    return text
