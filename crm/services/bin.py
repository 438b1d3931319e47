"""The bin: deleting with a way back, for 30 days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.models.deletion import Collector
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from core.access.models import User
from core.base.errors import Denied, Refused
from core.journal.services import record as journal
from crm.models import Activity, Attachment, Contact, DeletedRecord, Note
from crm.services.kinds import kind_of_record

KEPT = timedelta(days=30)
# What the reports count by; it stays when the rest is emptied.
FACTS = ("lead_source", "state", "status_reason", "created_at", "closed_at")
ABOUT = (Activity, Note, Attachment)


def what_goes(record: models.Model) -> tuple[dict[str, int], dict[str, int]]:
    """What would be deleted with a record, and what would only lose the link to it.

    Both by the names of things in the plural, with their numbers.
    """
    goes: dict[str, int] = defaultdict(int)
    for row in _rows(record)[1:]:
        goes[_plural(type(row))] += 1
    stays: dict[str, int] = defaultdict(int)
    for model, _, ids in _links(record):
        stays[_plural(model)] += len(ids)
    return dict(goes), dict(stays)


def _plural(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)


def _collected(record: models.Model) -> Any:
    collector = Collector(using="default", origin=record)
    collector.collect([record])
    return collector


def _rows(record: models.Model) -> list[models.Model]:
    """The record and everything that goes with it."""
    collector: Any = _collected(record)
    found: list[models.Model] = [record]
    for rows in (*collector.data.values(), *collector.fast_deletes):
        found += [row for row in rows if row != record and not _kept(row, record)]
    key = kind_of_record(record).key
    for model in ABOUT:
        about = model._default_manager.filter(
            regarding_type=key, regarding_id=record.pk
        )
        found += [row for row in about if row not in found]
    return found


def _kept(row: models.Model, record: models.Model) -> bool:
    """What is about somebody else only loses its link to a contact that goes."""
    if not (isinstance(record, Contact) and isinstance(row, ABOUT)):
        return False
    return (row.regarding_type, row.regarding_id) != ("contact", record.pk)


def _links(record: models.Model) -> list[tuple[type[models.Model], str, list[int]]]:
    """Look-ups elsewhere that name the record: model, column, ids of the rows."""
    goes = {(type(row), row.pk) for row in _rows(record)}
    found = []
    for (field, value), groups in _collected(record).field_updates.items():
        if value is not None:
            continue
        ids = [row.pk for rows in groups for row in rows]
        ids = [pk for pk in ids if (field.model, pk) not in goes]
        if ids:
            found.append((field.model, field.attname, ids))
    for model in ABOUT if isinstance(record, Contact) else ():
        rows = model._default_manager.filter(contact=record)
        rows = rows.exclude(regarding_type="contact", regarding_id=record.pk)
        if ids := list(rows.values_list("pk", flat=True)):
            found.append((model, "contact_id", ids))
    return found


def bin_put(*, record: models.Model, user: User | None) -> DeletedRecord:
    """Write down a locked record, what goes with it and what names it.

    The caller deletes it afterwards, in the same transaction.
    """
    links = [[model._meta.label, column, ids] for model, column, ids in _links(record)]
    made = bin_row(record, _rows(record)[1:], links, user)
    made.save(force_insert=True)
    return made


def bin_row(
    record: models.Model,
    along: Iterable[models.Model],
    links: list[list[Any]],
    user: User | None,
) -> DeletedRecord:
    """What lies in the bin for a record: unsaved, with what goes along with it."""
    row: Any = record
    return DeletedRecord(
        entity=kind_of_record(record).key,
        record_id=record.pk,
        name=str(record)[:300],
        state=getattr(row, "state", ""),
        owner_id=getattr(row, "owner_id", None),
        team_id=getattr(row, "team_id", None),
        facts={name: getattr(row, name) for name in FACTS if hasattr(row, name)},
        rows=[_dumped(each) for each in (record, *along)],
        links=links,
        deleted_by=user,
    )


def _dumped(row: models.Model) -> list[Any]:
    values = {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not field.generated
    }
    return [row._meta.label, {name: _plain(value) for name, value in values.items()}]


def _plain(value: Any) -> Any:
    """Moments to the microsecond, files by their path; the rest as it is."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, FieldFile) else value


@transaction.atomic
def bin_restore(*, deleted_id: int, user: User | None) -> models.Model:
    """Bring a deleted record back, under its old number, with what went with it.

    Look-ups elsewhere that still say nothing name it again; what it named and what
    is gone by now is left empty. Locks the bin's row. Raises Refused: not_in_the_bin
    (also where this user may not see it), emptied, in_the_way; and Denied. Journals
    ENTITY.restored.
    """
    rows = DeletedRecord.objects.all()
    if user is not None:
        rows = rows.visible_to(user)
    kept = rows.select_for_update(of=("self",)).filter(pk=deleted_id).first()
    if kept is None:
        raise Refused("not_in_the_bin", "Somebody brought this back already.")
    if user is not None and not rows.visible_to(user).filter(pk=kept.pk).exists():
        raise Denied
    if kept.emptied_at is not None:
        raise Refused("emptied", "This was deleted too long ago to come back.")
    made = _insert(kept)
    known = _models()
    for label, column, ids in kept.links:
        model = known[label]
        still = model._default_manager.filter(pk__in=ids, **{column: None})
        still.update(**{column: kept.record_id})
    journal(
        f"{kept.entity}.restored",
        subject=(kept.entity, kept.record_id),
        lead_id=kept.record_id if kept.entity == "lead" else None,
        contact_id=kept.record_id if kept.entity == "contact" else None,
        account_id=kept.record_id if kept.entity == "account" else None,
        data={"name": kept.name},
    )
    kept.delete()
    return made


def _insert(kept: DeletedRecord) -> models.Model:
    try:
        with transaction.atomic():
            known = _models()
            ready = [_made(known[label], values) for label, values in kept.rows]
            for row in ready:
                _without_gone(row, {(type(each), each.pk) for each in ready})
            for row in ready:
                row.save(force_insert=True)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise Refused(
            "in_the_way",
            "Something that was made since stands in the way of bringing this back.",
        ) from error
    return ready[0]


def _models() -> dict[str, Any]:
    """Every model by its label, as the rows in the bin name them."""
    return {model._meta.label: model for model in apps.get_models()}


def _made(model: Any, values: dict[str, Any]) -> models.Model:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    made: models.Model = model(
        **{
            name: fields[name].to_python(value)
            if not isinstance(fields[name], models.JSONField)
            else value
            for name, value in values.items()
            if name in fields
        }
    )
    return made


def _without_gone(row: models.Model, coming: set[tuple[Any, Any]]) -> None:
    """Empty the look-ups of a row whose targets are gone by now."""
    for field in row._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or not field.null:
            continue
        value = getattr(row, field.attname)
        target: Any = field.related_model
        if value is None or (target, value) in coming:
            continue
        if not target._default_manager.filter(pk=value).exists():
            setattr(row, field.attname, None)


def bin_empty(*, limit: int = 200) -> int:
    """Empty what was deleted more than 30 days ago; what reports count stays.

    Called by the periodic task; safe to repeat. Gives the number of rows.
    """
    old = DeletedRecord.objects.filter(
        emptied_at__isnull=True, deleted_at__lt=timezone.now() - KEPT
    )
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    return DeletedRecord.objects.filter(pk__in=ids).update(
        rows=[], links=[], name="", emptied_at=timezone.now()
    )


def bin_erase(*, entity: str, record_ids: Iterable[int]) -> int:
    """Take records out of the bin for good: for whoever asked to be forgotten."""
    rows = DeletedRecord.objects.filter(entity=entity, record_id__in=list(record_ids))
    return rows.delete()[0]
