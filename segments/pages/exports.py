"""The members of a segment as files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from django.db.models import F, FilteredRelation, Func, Q, QuerySet, TextField
from django.http import StreamingHttpResponse

from core.journal.services import acting
from core.ui.columns import Column
from core.ui.export import Echo, csv_response
from crm.models import Contact
from segments.models import Segment
from segments.services.idle import export_note


class _Sha256(Func):
    """The SHA-256 of a text as hexadecimal digits, as advertisers compare it."""

    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = TextField()


def members_of(segment: Segment, user: Any) -> QuerySet[Contact]:
    """The members that the user sees, with `since` and who `added_by` them."""
    inside = FilteredRelation("memberships", condition=Q(memberships__segment=segment))
    rows: QuerySet[Contact] = Contact.objects.visible_to(user)
    return rows.annotate(
        inside=inside,
        since=F("inside__since"),
        added_by=F("inside__added_by__username"),
    ).filter(inside__segment=segment.pk)


_FIELDS = (
    ("pk", "ID"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("company_name", "Company"),
    ("city", "City"),
    ("country", "Country"),
    ("marketing_only", "Marketing only"),
    ("since", "In since"),
    ("added_by", "Added by"),
)
_COLUMNS = [
    Column(name, label, attrgetter(name), text=attrgetter(name))
    for name, label in _FIELDS
]


def members_csv(segment: Segment, user: Any, via: str) -> StreamingHttpResponse:
    """The members as a CSV file, by name; read as it is sent. Journaled."""
    with acting(user, via):
        export_note(segment_id=segment.pk, rows="members")
    rows = members_of(segment, user).order_by("sort_name", "pk")
    return csv_response(_file_name(segment), _COLUMNS, rows.iterator(chunk_size=2000))


def members_hashed(segment: Segment, user: Any, via: str) -> StreamingHttpResponse:
    """The SHA-256 of each member's normalised email, once, in one column.

    Normalised is without blanks around it and in lower case. Who has no address is
    left out, and so is whoever is inactive or may not be emailed: what refuses our
    mail is not handed to others either. Journaled.
    """
    with acting(user, via):
        export_note(segment_id=segment.pk, rows="hashes")
    rows = members_of(segment, user).filter(
        state="active", do_not_email=False, do_not_bulk_email=False
    )
    hashes = (
        rows.exclude(email_norm="")
        .order_by()
        .values_list(_Sha256("email_norm"), flat=True)
        .distinct()
    )
    lines = _one_column("email_sha256", hashes.iterator(chunk_size=2000))
    answer = StreamingHttpResponse(lines, content_type="text/csv")
    name = f"{_file_name(segment)}-hashed.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _one_column(head: str, values: Iterator[str]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow([head])
    for value in values:
        yield writer.writerow([value])


def _file_name(segment: Segment) -> str:
    return f"segment-{segment.pk}-members"
