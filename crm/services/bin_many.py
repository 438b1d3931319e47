"""Many records into the bin at once: a few queries for all, none a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models.deletion import Collector

from core.access.models import User
from crm.models import Activity, Attachment, Contact, DeletedRecord, Note
from crm.querysets import BINNED
from crm.services.attachment_files import attachments_discard
from crm.services.bin import ABOUT, bin_row

Goes = dict[int, list[models.Model]]
Links = dict[int, dict[tuple[str, str], list[int]]]


@transaction.atomic
def records_discard(
    *, key: str, model: type[models.Model], ids: Iterable[int], user: User | None
) -> int:
    """Delete these locked records with what goes with them; give their number.

    As `record_delete` does for one: they lie in the bin for 30 days (those of kinds
    that the bin keeps), and what names them from elsewhere loses the link. The
    caller has checked that they may go, and holds their row locks. Journals
    ENTITY.deleted and deleted_record.created by the tables' triggers.
    """
    records = list(model._default_manager.filter(pk__in=list(ids)).order_by("pk"))
    chosen = [record.pk for record in records]
    if not records:
        return 0
    if key in BINNED:
        goes, links = _collected(key, model, records)
        DeletedRecord.objects.bulk_create(
            [
                bin_row(record, goes[record.pk], _listed(links[record.pk]), user)
                for record in records
            ]
        )
    for about in (Activity, Note):
        about._default_manager.filter(
            regarding_type=key, regarding_id__in=chosen
        ).delete()
    if model is Contact:
        for rows in (Activity.objects, Note.objects, Attachment.objects):
            rows.filter(contact__in=chosen).update(contact=None)
    attachments_discard(
        Attachment.objects.filter(regarding_type=key, regarding_id__in=chosen)
    )
    model._default_manager.filter(pk__in=chosen).delete()
    return len(chosen)


def _listed(links: dict[tuple[str, str], list[int]]) -> list[list[Any]]:
    return [[label, column, ids] for (label, column), ids in links.items()]


def _collected(
    key: str, model: type[models.Model], records: list[Any]
) -> tuple[Goes, Links]:
    """By record: the rows that go with it, and the look-ups elsewhere that name it."""
    collector: Any = Collector(using="default", origin=records[0])
    collector.collect(records)
    goes: Goes = defaultdict(list)
    chosen = {(model, record.pk) for record in records}
    rows = [
        row
        for group in (*collector.data.values(), *collector.fast_deletes)
        for row in group
        if (type(row), row.pk) not in chosen
    ]
    root = _roots(model, records, rows)
    for row in rows:
        goes[root[type(row), row.pk]].append(row)
    links: Links = defaultdict(lambda: defaultdict(list))
    _about(key, records, goes, links)
    for (field, value), groups in collector.field_updates.items():
        for row in (row for group in groups for row in group if value is None):
            if (type(row), row.pk) not in root:
                named = getattr(row, field.attname)
                links[named][field.model._meta.label, field.attname].append(row.pk)
    return goes, links


def _roots(
    model: type[models.Model], records: list[Any], rows: list[Any]
) -> dict[tuple[Any, int], int]:
    """Which record each row goes with, found along its look-ups."""
    root: dict[tuple[Any, int], int] = {(model, each.pk): each.pk for each in records}
    waiting = rows
    while waiting:
        left = []
        for row in waiting:
            found = _parent(row, root)
            if found is None:
                left.append(row)
            else:
                root[type(row), row.pk] = found
        if len(left) == len(waiting):
            raise LookupError(f"Nothing leads from {left[0]!r} to a record.")
        waiting = left
    return root


def _parent(row: Any, root: dict[tuple[Any, int], int]) -> int | None:
    for field in row._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            found = root.get((field.related_model, getattr(row, field.attname)))
            if found is not None and field.remote_field.on_delete is models.CASCADE:
                return found
    return None


def _about(key: str, records: list[Any], goes: Goes, links: Links) -> None:
    """Activities, notes and files: those about a record go with it.

    What is about somebody else only loses its link to a contact that goes.
    """
    ids = [record.pk for record in records]
    for about in ABOUT:
        rows: Any = about._default_manager.all()
        for row in rows.filter(regarding_type=key, regarding_id__in=ids):
            goes[row.regarding_id].append(row)
        if key != "contact":
            continue
        named = rows.filter(contact__in=ids).exclude(
            regarding_type="contact", regarding_id__in=ids
        )
        for pk, contact in named.values_list("pk", "contact_id"):
            links[contact][about._meta.label, "contact_id"].append(pk)
