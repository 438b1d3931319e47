"""What can be done to a selection of customers and leads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from core.access.models import Team, User
from core.base.errors import DomainError
from core.ui.columns import BulkAction, BulkReport
from crm.merge.rules import MOST
from crm.services.left_over import contacts_clean_up
from crm.services.records import record_assign, record_delete, record_tag

CHUNK = 500


class AssignForm(forms.Form):
    """To whom: a person, and a team where it is not the person's own."""

    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        required=False,
        empty_label="Nobody",
        widget=forms.Select(attrs={"class": "form-select h"}),
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        required=False,
        empty_label="The owner's team",
        widget=forms.Select(attrs={"class": "form-select h"}),
    )


class TagForm(forms.Form):
    """Which tags come on and which go."""

    add = forms.CharField(
        required=False,
        label="Add tags",
        help_text="Separate several with commas.",
        widget=forms.TextInput(attrs={"class": "form-control h"}),
    )
    remove = forms.CharField(
        required=False,
        label="Remove tags",
        widget=forms.TextInput(attrs={"class": "form-control h"}),
    )


def each(rows: QuerySet, noun: str, done: str, run: Any) -> BulkReport:
    """Do something to each row; say how many, and which a rule refused and why."""
    changed = 0
    left: list[tuple[str, str, str]] = []
    for row in rows.order_by("pk").iterator(chunk_size=CHUNK):
        try:
            run(row)
            changed += 1
        except DomainError as error:
            url = reverse(row._meta.model_name, args=[row.pk])
            left.append((str(row), url, error.detail))
    return BulkReport(f"{changed:,} {noun} {done}.", left)


def assign(noun: str) -> BulkAction:
    """Give the selection to a person."""

    def run(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
        owner, team = values["owner"], values["team"]
        done = f"assigned to {owner}" if owner else "left without an owner"
        return each(
            rows,
            noun,
            done,
            lambda row: record_assign(record=row, owner=owner, user=user, team=team),
        )

    return BulkAction("assign", "Assign", "user-plus", run, "assign", form=AssignForm)


def tag(noun: str) -> BulkAction:
    """Put tags on the selection, or take them off."""

    def words(text: str) -> list[str]:
        return [word.strip() for word in text.split(",") if word.strip()]

    def run(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
        add, remove = words(values["add"]), words(values["remove"])
        return each(
            rows,
            noun,
            "tagged",
            lambda row: record_tag(record=row, user=user, add=add, remove=remove),
        )

    return BulkAction("tag", "Tag", "tag", run, form=TagForm)


def delete(noun: str) -> BulkAction:
    """Delete the selection, after a question."""

    def run(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
        return each(
            rows, noun, "deleted", lambda row: record_delete(record=row, user=user)
        )

    return BulkAction(
        "delete",
        "Delete",
        "trash",
        run,
        "delete",
        question=f"The selected {noun} go, with their notes and activities.",
        danger=True,
    )


def merge_selected(entity: str) -> BulkAction:
    """Lay the selection side by side, to make one record of it."""

    def run(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        if not 2 <= len(ids) <= MOST:
            text = f"Choose 2 to {MOST} records to merge."
            raise DomainError("too_many", text)
        page = reverse("merge_records", args=[entity])
        return BulkReport("", goto=f"{page}?ids={','.join(map(str, ids))}")

    return BulkAction("merge", "Merge", "git-merge", run)


def clean_up() -> BulkAction:
    """Delete what marketing left over, after a question; say why the rest stays."""

    def run(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
        report = contacts_clean_up(ids=rows.values_list("pk", flat=True), user=user)
        left = [
            (str(row), reverse("contact", args=[row.pk]), reason)
            for row, reason in report.kept
        ]
        return BulkReport(f"{report.gone:,} contacts went to the bin.", left)

    return BulkAction(
        "clean_up",
        "Clean up",
        "trash",
        run,
        "delete",
        question="Those of the selected contacts that only marketing knows and that "
        "have neither a lead nor an interaction go to the bin for 30 days.",
        danger=True,
    )
