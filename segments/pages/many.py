"""Many contacts at once into, or out of, a static segment."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from core.base.errors import DomainError
from core.jobs.models import Job
from core.ui.conditions import ConditionField
from core.ui.doors import browser_door
from segments.models import MemberBatch
from segments.pages.page import SegmentScreen
from segments.services.batches import members_by_file, members_by_query


class _Mode(forms.Form):
    mode = forms.ChoiceField(
        choices=MemberBatch.Mode.choices,
        label="What to do",
        widget=forms.Select(attrs={"class": "form-select h"}),
    )


class FileForm(_Mode):
    """A CSV file with a column that names people."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(
            attrs={"class": "form-control h", "accept": ".csv,.txt"}
        ),
    )


class QueryForm(_Mode):
    """Conditions on contacts, asked once."""

    condition = ConditionField(label="Conditions", required=True, rows=6)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["condition"]
        field.about("contact")


class SegmentMany(SegmentScreen):
    """By a file, or by conditions that are asked once; a job does it."""

    tab = "members"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.header()["may_pick"]:
            raise PermissionDenied
        return self.show(FileForm(prefix="file"), QueryForm(prefix="query"))

    def show(self, file: Any, query: Any, status: int = 200) -> HttpResponse:
        context = {**self.header(), "file_form": file, "query_form": query}
        return render(self.request, "segments/many.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.header()["may_pick"]:
            raise PermissionDenied
        by_file = request.POST.get("way") == "file"
        file = FileForm(
            request.POST if by_file else None,
            request.FILES if by_file else None,
            prefix="file",
        )
        query = QueryForm(None if by_file else request.POST, prefix="query")
        form, start = (file, self.by_file) if by_file else (query, self.by_query)
        if not form.is_valid():
            return self.show(file, query, 422)
        user: Any = request.user
        try:
            with browser_door(user):
                job = start(form.cleaned_data, user)
        except DomainError as error:
            where = f"{error.attr}: " if error.attr and not by_file else ""
            form.add_error("file" if by_file else "condition", where + error.detail)
            return self.show(file, query, 422)
        messages.success(request, f"{job.label}: this goes on in the background.")
        return redirect("job", job.pk)

    def by_file(self, values: dict[str, Any], user: Any) -> Job:
        return members_by_file(
            segment_id=self.segment.pk,
            file=values["file"],
            user=user,
            mode=values["mode"],
        )

    def by_query(self, values: dict[str, Any], user: Any) -> Job:
        return members_by_query(
            segment_id=self.segment.pk,
            definition={"from": "contact", "where": values["condition"]},
            user=user,
            mode=values["mode"],
            time_zone=self.segment.time_zone,
        )
