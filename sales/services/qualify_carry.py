"""Activities, notes and files of a lead go along with what it becomes, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from core.base.errors import Refused
from core.base.models import Organisation
from crm.models import Activity, Attachment, Lead, Note
from crm.services.attachment_files import attachments_discard

KINDS: dict[str, Any] = {
    "activities": Activity,
    "notes": Note,
    "attachments": Attachment,
}
PLACE = ("contact_id", "account_id", "regarding_type", "regarding_id")


@dataclass(frozen=True)
class Destination:
    """What a lead became: where its rows go."""

    contact_id: int | None
    account_id: int | None
    opportunity_id: int | None

    @property
    def about(self) -> tuple[str, int] | None:
        """The record that copies are about: the opportunity, else who it is for."""
        for key, pk in (
            ("opportunity", self.opportunity_id),
            ("contact", self.contact_id),
            ("account", self.account_id),
        ):
            if pk is not None:
                return key, pk
        return None


def carried_counts(lead: Lead) -> dict[str, int]:
    """How many rows of each kind a qualification carries over."""
    how = Organisation.current().qualify_carries
    return {
        name: 0 if how == "none" else _rows(model, lead, how).count()
        for name, model in KINDS.items()
    }


def _rows(model: Any, lead: Lead, how: str) -> QuerySet[Any]:
    """What goes along: all that is the lead's; copied is only what is about it."""
    rows: QuerySet[Any] = model.objects.filter(lead=lead)
    if how == "copy":
        return rows.filter(regarding_type="lead", regarding_id=lead.pk)
    return rows


def carry_over(lead: Lead, into: Destination) -> dict[str, Any]:
    """Carry everything as the organisation decided; give what `carry_back` needs.

    Moved rows keep their link to the lead, so that its page stays whole.
    """
    how = Organisation.current().qualify_carries
    if how == "none":
        return {}
    done = {}
    for name, model in KINDS.items():
        rows = _rows(model, lead, how)
        copied: list[int] = []
        if how == "copy":
            past = _past(model, rows)
            copied = _copy(model, past, into)
            rows = rows.exclude(pk__in=past.values("pk"))
        done[name] = {"copied": copied, "moved": _move(rows, lead, into)}
    return done


def _past(model: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What can be there twice: not what somebody still has to do."""
    return (
        rows.filter(~Q(state__in=("open", "scheduled"))) if model is Activity else rows
    )


def _copy(model: Any, rows: QuerySet[Any], into: Destination) -> list[int]:
    """Rows like these about what the lead became; give their ids."""
    if into.about is None:
        return []
    key, pk = into.about
    twins = []
    for row in rows.order_by("pk"):
        row.pk = None
        row._state.adding = True
        row.regarding_type, row.regarding_id = key, pk
        # Who has the original on a timeline does not get it twice.
        row.contact_id = None if row.contact_id else into.contact_id
        row.account_id = None if row.account_id else into.account_id
        row.lead_id = None
        twins.append(row)
    return [row.pk for row in model.objects.bulk_create(twins)]


def _move(rows: QuerySet[Any], lead: Lead, into: Destination) -> list[list[Any]]:
    """Link rows with the people, and put them on the opportunity; give what was."""
    before = [list(row) for row in rows.order_by("pk").values_list("pk", *PLACE)]
    ids = [row[0] for row in before]
    rows = rows.model._default_manager.filter(pk__in=ids)
    people = {"contact_id": into.contact_id, "account_id": into.account_id}
    links = {name: pk for name, pk in people.items() if pk is not None}
    if links:
        rows.update(**links)
    if into.opportunity_id is not None:
        own = rows.filter(regarding_type="lead", regarding_id=lead.pk)
        own.update(regarding_type="opportunity", regarding_id=into.opportunity_id)
    return before


def carried_ids(done: dict[str, Any], kind: str) -> set[int]:
    """The rows of a kind that hang on what was made because they were carried."""
    part = done.get(kind) or {"copied": [], "moved": []}
    return {*part["copied"], *(row[0] for row in part["moved"])}


def check_copies(done: dict[str, Any]) -> None:
    """Refused (built_on) where somebody changed a copy since."""
    for name, model in KINDS.items():
        ids = done.get(name, {}).get("copied", [])
        if ids and model.objects.filter(pk__in=ids, version__gt=1).exists():
            raise Refused("built_on", f"Copied {name} were changed since.")


def carry_back(done: dict[str, Any], lead: Lead, into: Destination) -> None:
    """Undo `carry_over`: copies go, moved rows return to where they were.

    What somebody put elsewhere meanwhile stays there.
    """
    for name, part in done.items():
        model = KINDS[name]
        copies = model.objects.filter(pk__in=part["copied"])
        if model is Attachment:
            attachments_discard(copies)
        else:
            copies.delete()
        for place, ids in _by_place(part["moved"]).items():
            rows = model.objects.filter(pk__in=ids)
            for column, was in zip(PLACE, place, strict=True):
                _column_back(rows, column, was, lead, into)


def _by_place(moved: Iterable[list[Any]]) -> dict[tuple[Any, ...], list[int]]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for pk, *place in moved:
        found[tuple(place)].append(pk)
    return found


def _column_back(
    rows: QuerySet[Any], column: str, was: Any, lead: Lead, into: Destination
) -> None:
    now = {
        "contact_id": into.contact_id,
        "account_id": into.account_id,
        "regarding_type": "opportunity",
        "regarding_id": into.opportunity_id,
    }[column]
    if now is not None and now != was:
        rows.filter(**{column: now}).update(**{column: was})
