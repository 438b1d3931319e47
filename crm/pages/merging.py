"""Records side by side, to make one of them; and back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import Denied, DomainError
from core.base.text import whole_number
from core.ui import cells
from core.ui.doors import browser_door
from core.ui.lookups import LookupField
from crm.duplicates.find import MODELS
from crm.merge import rules
from crm.merge.services import (
    fields_to_choose,
    merge_suggestion,
    merge_undo,
    primary_of,
    records_merge,
)
from crm.models import CustomField, Merge
from crm.services.kinds import ADDRESS

PLURALS = {"contact": "contacts", "account": "accounts", "lead": "leads"}


class AddForm(forms.Form):
    """Another record to lay beside the others."""

    def __init__(self, entity: str, user: Any) -> None:
        super().__init__()
        field = LookupField(MODELS[entity], entity, label="Another record")
        field.bind_to(user)
        self.fields["add"] = field


class MergeRecords(LoginRequiredMixin, View):
    """Choose what stays, field by field; the rest is united or the stricter wins."""

    def chosen(self) -> list[Any]:
        """The records of the address that this user sees, in the order given."""
        entity = self.kwargs["entity"]
        if entity not in MODELS:
            raise Http404
        if not rights_of(self.request.user).has(entity, "update"):
            raise PermissionDenied
        sent = self.request.POST or self.request.GET
        texts = [text for each in sent.getlist("ids") for text in each.split(",")]
        ids = [n for n in map(whole_number, texts) if n is not None]
        rows: QuerySet = MODELS[entity]._default_manager.visible_to(self.request.user)
        links = [f.name for f in rows.model._meta.concrete_fields if f.is_relation]
        found = rows.select_related(*links).in_bulk(ids[: rules.MOST])
        if not found:
            raise Http404
        return list(found.values())

    def get(self, request: HttpRequest, entity: str) -> HttpResponseBase:
        return self.show(self.chosen())

    def show(
        self, records: list[Any], error: str = "", status: int = 200
    ) -> HttpResponse:
        entity, user = self.kwargs["entity"], self.request.user
        barred = [r for r in records if not may(user, "update", r, entity)]
        primary = whole_number(self.request.POST.get("primary", ""))
        context = {
            "entity": entity,
            "plural": PLURALS[entity],
            "records": records,
            "primary": primary or primary_of(records).pk,
            "lines": self.lines(records),
            "decided": decided(records),
            "barred": barred,
            "error": error,
            "ids": [record.pk for record in records],
            "add": AddForm(entity, user)["add"],
            "back": reverse(f"{entity}_list"),
        }
        return render(self.request, "crm/merge.html", context, status=status)

    def lines(self, records: list[Any]) -> list[dict[str, Any]]:
        """One line a field in which they differ, each with the choice to make."""
        entity = self.kwargs["entity"]
        picks = merge_suggestion(entity, records)
        model = MODELS[entity]
        by_column = {f.attname: f for f in model._meta.concrete_fields}
        lines = []
        for column in fields_to_choose(entity):
            field = by_column[column]
            shown = [(r, getattr(r, column), told(r, field)) for r in records]
            line = differing(str(field.verbose_name), field.name, shown, picks[column])
            lines += [line] if line else []
        return [*lines, *self.custom_lines(records)]

    def custom_lines(self, records: list[Any]) -> list[dict[str, Any]]:
        keys = {key for record in records for key in record.custom}
        if not keys:
            return []
        rows = CustomField.objects.filter(entity=self.kwargs["entity"], key__in=keys)
        newest = sorted(records, key=lambda r: r.updated_at, reverse=True)
        lines = []
        for field in rows:
            shown = [
                (r, r.custom.get(field.key), cells.plain(r.custom.get(field.key)))
                for r in records
            ]
            pick = next((r.pk for r in newest if r.custom.get(field.key)), newest[0].pk)
            line = differing(field.label, f"custom.{field.key}", shown, pick)
            lines += [line] if line else []
        return lines

    def post(self, request: HttpRequest, entity: str) -> HttpResponseBase:
        records, user = self.chosen(), self.request.user
        if request.POST.get("add"):
            ids = [*(str(r.pk) for r in records), request.POST["add"]]
            return redirect(f"{request.path}?{urlencode({'ids': ','.join(ids)})}")
        known = {record.pk for record in records}
        primary = whole_number(request.POST.get("primary", ""))
        if primary is None or primary not in known:
            return self.show(records, "Choose the record that stays.", 422)
        choices = {}
        for name, text in request.POST.items():
            number = whole_number(str(text))
            if name.startswith("take:") and number is not None:
                choices[name.removeprefix("take:")] = number
        try:
            with browser_door(user):
                merge = records_merge(
                    entity=entity,
                    survivor=primary,
                    merged=sorted(known - {primary}),
                    user=user,  # type: ignore[arg-type]  # signed in
                    choices=choices,
                )
        except Denied as error:
            raise PermissionDenied from error
        except DomainError as error:
            return self.show(records, error.detail, 422)
        messages.success(request, f"{merge}. Undo stands on the right of this page.")
        return redirect(entity, primary)


def told(record: Any, field: Any) -> Any:
    """A value as people read it."""
    display = getattr(record, f"get_{field.name}_display", None)
    value = getattr(record, field.name)
    return cells.plain(display() if display and value else value)


def differing(
    label: str, name: str, shown: list[tuple[Any, Any, Any]], pick: int
) -> dict[str, Any] | None:
    """The line of a field, or None where all say the same or only one says it."""
    said = [value for _, value, _ in shown if not rules.is_blank(value)]
    if len(said) == len(shown) and all(value == said[0] for value in said):
        return None
    if not said:
        return None
    return {
        "label": label[:1].upper() + label[1:],
        "name": name,
        "address": name in ADDRESS,
        "options": [(record, text, record.pk == pick) for record, _, text in shown],
    }


def decided(records: list[Any]) -> list[tuple[str, str]]:
    """What nobody chooses, in words."""
    lines = []
    for name, label in (
        ("do_not_email", "Email"),
        ("do_not_bulk_email", "Bulk email"),
        ("do_not_phone", "Phone"),
    ):
        said = [getattr(r, name, None) for r in records]
        if None not in said and len(set(said)) > 1:
            lines.append((label, "Do not allow, as one of them says"))
    levels = {r.consent_level for r in records if hasattr(r, "consent_level")}
    if len(levels) > 1:
        lines.append(("Consent", f"{min(levels)}, the lower one"))
    if len({getattr(r, "marketing_only", None) for r in records}) > 1:
        lines.append(("Seen by", "Sales and marketing, as sales knows one of them"))
    tags = rules.united([r.tags for r in records])
    if tags and any(set(r.tags) != set(tags) for r in records):
        lines.append(("Tags", ", ".join(tags)))
    return lines


class MergeUndo(LoginRequiredMixin, View):
    """Take merged records apart again."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        rows = Merge.objects.visible_to(request.user)
        merge = get_object_or_404(rows, pk=pk)
        user: Any = request.user
        try:
            with browser_door(user):
                merge_undo(merge=merge, user=user)
        except Denied as error:
            raise PermissionDenied from error
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "The merge was undone; both are back.")
        return redirect(merge.entity, merge.survivor_id)
