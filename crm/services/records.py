"""Every write on contacts, accounts, leads, products and campaigns.

Doors (API, browser, admin, commands) open `acting(user, via)` and call these. Record
changes are journaled by the database; nothing is written to the journal here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from core.access.models import Team, User
from core.access.rights import may
from core.base.errors import Invalid, Refused, Stale
from core.journal.relinking import Move, relink
from crm import rules
from crm.models import Account, Activity, Attachment, Contact, Lead, Note
from crm.querysets import BINNED
from crm.services.attachment_files import attachments_discard
from crm.services.bin import bin_put
from crm.services.kinds import RecordKind, kind_of, kind_of_record
from crm.services.lead_stage import starting_place
from crm.services.values import values_clean

R = TypeVar("R", bound=models.Model)


@transaction.atomic
def record_create(*, entity: str, values: Mapping[str, Any], user: User | None) -> Any:
    """Make a record of this entity from the fields that its kind lets be set.

    Look-ups are given as objects or ids. Without an owner the record is its maker's
    (an integration owns nothing), without a team its owner's. A lead entered by a
    salesperson starts in the sales process. Raises Invalid with every wrong field.
    """
    kind = kind_of(entity)
    record = kind.model()
    clean = values_clean(kind, values, record)
    if "owner" in kind.fields and "owner" not in clean:
        clean["owner"] = default_owner(user)
    _set(record, _with_team(clean, record))
    if isinstance(record, Lead):
        _lead_starts(record, user)
    if hasattr(record, "created_by_id"):
        record.created_by_id = user.pk if user else None
    _check(kind, record, set(kind.fields))
    record.save(force_insert=True)
    return record


def default_owner(user: User | None) -> User | None:
    """Who owns what this user makes: the user, unless it is a machine."""
    if user is None or user.roles.filter(key="integration").exists():
        return None
    return user


def _lead_starts(lead: Lead, user: User | None) -> None:
    by_sales = user is not None and rules.starts_with_sales(user.areas)
    lead.entered_by_sales = by_sales
    lead.process, lead.stage = starting_place(entered_by_sales=by_sales)


@transaction.atomic
def record_update(
    *,
    record: R,
    values: Mapping[str, Any],
    user: User | None,
    version: int | None = None,
) -> R:
    """Change the given fields under a row lock; the changed record comes back.

    `version` is what the caller read: Stale where the record has moved on since.
    Raises Refused for a closed lead, Invalid with every wrong field. Nothing is
    written where nothing differs.
    """
    locked = record_lock(record=record, version=version)
    kind = kind_of_record(locked)
    check_writable(locked)
    clean = _with_team(values_clean(kind, values, locked), locked)
    changed = {n for n, v in clean.items() if _differs(locked, n, v)}
    if not changed:
        return locked
    _set(locked, {name: clean[name] for name in changed})
    _check(kind, locked, changed)
    locked.save(update_fields=sorted(changed))
    if isinstance(locked, Lead) and "parent_contact" in changed:
        lead_past_follows(locked)
    return _fresh(locked)


def lead_past_follows(lead: Lead) -> None:
    """What a lead lived through before it had its contact is that contact's too.

    Entries that name another contact stay with that one.
    """
    if lead.parent_contact_id is not None:
        past = Move(
            subject=("lead", lead.pk),
            contact_id=lead.parent_contact_id,
            account_id=lead.parent_account_id,
            reason="lead linked",
        )
        relink(past, sparing=True)


def record_lock(*, record: R, version: int | None = None) -> R:
    """The row as it is now, locked until the end of the transaction.

    Raises Stale where its version is not the one given, and where it is gone.
    """
    rows = type(record)._default_manager.select_for_update(of=("self",))
    locked = rows.filter(pk=record.pk).first()
    if locked is None:
        raise Stale("deleted", "Somebody deleted this record.")
    now = getattr(locked, "version", None)
    if version is not None and now != version:
        raise Stale(
            "version_mismatch",
            f"The record is at version {now} now. Read it again.",
            extra={"version": now},
        )
    return locked


def check_writable(record: models.Model) -> None:
    """Raise Refused for what nobody may change: a closed lead."""
    if isinstance(record, Lead):
        rules.check_lead_open(record.state)


def _differs(record: models.Model, name: str, value: Any) -> bool:
    field = record._meta.get_field(name)
    old = getattr(record, getattr(field, "attname", name))
    new = value.pk if isinstance(value, models.Model) else value
    return bool(old != new)


def _set(record: models.Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        field = record._meta.get_field(name)
        is_id = isinstance(field, models.ForeignKey) and not isinstance(
            value, models.Model
        )
        setattr(record, getattr(field, "attname", name) if is_id else name, value)


def _with_team(values: dict[str, Any], record: models.Model) -> dict[str, Any]:
    """Follow the owner: an active one, and the owner's team where none is given."""
    if "owner" not in values:
        return values
    owner = values["owner"]
    if owner is not None and not isinstance(owner, User):
        owner = User.objects.filter(pk=owner).first()
        if owner is None:
            raise Invalid("does_not_exist", "There is no such user.", attr="owner")
    if owner is not None and _differs(record, "owner", owner) and not owner.is_active:
        raise Invalid("inactive_owner", f"{owner} is not active.", attr="owner")
    team = {} if "team" in values or owner is None else {"team": owner.team_id}
    return {**team, **values, "owner": owner}


def _check(kind: RecordKind, record: models.Model, changed: set[str]) -> None:
    kind.check(record, changed)
    untouched = {f.name for f in record._meta.fields} - changed
    try:
        record.full_clean(exclude=untouched)
    except ValidationError as error:
        raise Invalid.of(error) from error


def _fresh(record: R) -> R:
    """Read back what the database itself keeps: version, dates, sort names."""
    kept = [f.name for f in record._meta.fields if f.generated]
    stamps = [n for n in ("version", "updated_at") if hasattr(record, n)]
    record.refresh_from_db(fields=kept + stamps)
    return record


def record_assign(
    *,
    record: R,
    owner: User | int | None,
    user: User | None,
    team: Team | int | None = None,
    version: int | None = None,
) -> R:
    """Give a record to a person, and to the person's team unless another is given."""
    values: dict[str, Any] = {"owner": owner}
    if team is not None or owner is None:
        values["team"] = team
    return record_update(record=record, values=values, user=user, version=version)


@transaction.atomic
def record_deactivate(*, record: R, user: User | None) -> R:
    """Take a record out of use; Refused for a lead, which is disqualified instead."""
    return _set_active(record, active=False)


@transaction.atomic
def record_activate(*, record: R, user: User | None) -> R:
    """Take a record back into use."""
    return _set_active(record, active=True)


def _set_active(record: R, *, active: bool) -> R:
    locked: Any = record_lock(record=record)
    if isinstance(locked, Contact | Account):
        locked.state = "active" if active else "inactive"
        locked.save(update_fields=["state"])
    elif hasattr(locked, "active"):
        locked.active = active
        locked.save(update_fields=["active"])
    else:
        raise Refused(
            "not_deactivatable", "This cannot be deactivated. Close it instead."
        )
    fresh: R = _fresh(locked)
    return fresh


@transaction.atomic
def record_delete(
    *, record: models.Model, user: User | None, version: int | None = None
) -> None:
    """Delete a record with its notes, activities and files.

    It lies in the bin for 30 days, from where it can be brought back whole.

    A closed lead is kept for the reports: Refused but for who may delete closed
    leads. What points to the record from elsewhere loses only the link.
    """
    locked = record_lock(record=record, version=version)
    if isinstance(locked, Lead) and locked.is_closed and not _may_purge(user, locked):
        raise Refused("lead_closed", "Closed leads are kept for the reports.")
    key = kind_of_record(locked).key
    if key in BINNED:
        bin_put(record=locked, user=user)
    for model in (Activity, Note):
        model._default_manager.filter(
            regarding_type=key, regarding_id=locked.pk
        ).delete()
    if isinstance(locked, Contact):
        for rows in (Activity.objects, Note.objects, Attachment.objects):
            rows.filter(contact=locked).update(contact=None)
    attachments_discard(Attachment.objects.on(key, locked.pk))
    locked.delete()


def _may_purge(user: User | None, lead: Lead) -> bool:
    return user is None or may(user, "delete_closed", lead, "lead")


@transaction.atomic
def record_tag(
    *, record: R, user: User | None, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> R:
    """Put tags on a record and take others off."""
    current: list[str] = getattr(record_lock(record=record), "tags", [])
    gone = {name.lower() for name in remove}
    kept = [name for name in [*current, *add] if name.lower() not in gone]
    return record_update(record=record, values={"tags": kept}, user=user)
