"""Putting files on records, giving them out, and taking them away."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import models, transaction

from core.access.models import User
from core.base.errors import Invalid, Refused
from crm.attachments.rules import HEAD, clean_name, refusal, size_problem, sniffed
from crm.models import Activity, Attachment
from crm.regarding import Links, links_of, regarding_keys, regarding_record
from crm.services.attachment_files import attachments_discard
from crm.services.records import check_writable, record_lock


def attachment_keys() -> list[str]:
    """The entity keys of what a file can be put on."""
    return [*regarding_keys(), "activity"]


@transaction.atomic
def attachment_add(
    *, regarding_type: str, regarding_id: int, file: File[Any], user: User | None
) -> Attachment:
    """Put a file on a record that the user sees.

    Its type is read from its content, never believed from its name; programs, empty
    and too large files are refused (Invalid at `file`), and so is a closed lead
    (Refused). The file is stored before the row; a row that cannot be written takes
    it from the disk again.
    """
    about, links = _about(regarding_type, regarding_id, user)
    check_writable(about)
    name, kind = _checked(file)
    attachment = Attachment(
        regarding_type=regarding_type,
        regarding_id=regarding_id,
        contact_id=links.contact_id,
        lead_id=links.lead_id,
        account_id=links.account_id,
        file_name=name,
        size=file.size,
        content_type=kind,
        sha256=_digest(file),
        created_by=user,
    )
    try:
        attachment.file.save(name, file, save=False)
        attachment.save(force_insert=True)
    except BaseException:
        if attachment.file.name:
            default_storage.delete(attachment.file.name)
        raise
    return attachment


def _about(key: str, pk: int, user: User | None) -> tuple[models.Model, Links]:
    """The record a file is put on, if this user sees it, and who stands behind it."""
    if key != "activity":
        record = regarding_record(key, pk, user)
        return record, links_of(key, record)
    rows = Activity.objects.all() if user is None else Activity.objects.visible_to(user)
    act = rows.filter(pk=pk).first()
    if act is None:
        raise Invalid("does_not_exist", f"There is no {key} {pk}.", attr="regarding_id")
    return act, Links(act.contact_id, act.lead_id, act.account_id)


def _checked(file: File[Any]) -> tuple[str, str]:
    """The name and the type under which a file is kept; Invalid where it is not."""
    name = clean_name(file.name or "")
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    problem = size_problem(file.size, settings.ATTACHMENT_MAX_BYTES) or refusal(
        head, name
    )
    if problem:
        raise Invalid("invalid", problem, attr="file")
    return name, sniffed(head, name)


def _digest(file: File[Any]) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


@transaction.atomic
def attachment_delete(
    *, attachment: Attachment, user: User | None, version: int | None = None
) -> None:
    """Take a file off its record; the disk keeps it for a month.

    Refused where it is on a closed lead. The audit history keeps its name.
    """
    locked = record_lock(record=attachment, version=version)
    try:
        about, _ = _about(locked.regarding_type, locked.regarding_id, None)
    except Invalid:
        about = locked
    check_writable(about)
    attachments_discard(Attachment.objects.filter(pk=locked.pk))


def attachment_open(attachment: Attachment) -> File[Any]:
    """The stored file, opened for reading; Refused where the disk lost it."""
    try:
        return attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Refused(
            "file_missing", "The content of this file is missing on the server."
        ) from error
