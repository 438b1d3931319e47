"""Bulk actions on many rows: a job that goes on in the background, row by row."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, QueryDict
from django.urls import resolve

from core.base.errors import DomainError
from core.jobs.models import Job
from core.jobs.registry import JobKind, JobRun, register_job_kind
from core.jobs.services import job_start

KIND = "bulk"
# Up to here somebody waits for the answer; beyond it becomes a job.
AT_ONCE = 500
CHUNK = 50


def bulk_start(page: Any, action: Any, data: QueryDict) -> Job:
    """Write down what is to be done to the selection of a list page as a job.

    Kept are the address of the list (its view, filters, search and conditions), or
    the ids that were chosen, and what the action's form was sent: the worker reads
    the rows anew, as far as the user may reach them then.
    """
    ids = None if data.get("all") == "1" else page.chosen_ids()
    params = {
        "path": page.request.path,
        "query": page.passed_on(),
        "action": action.key,
        "ids": ids,
        "form": {key: data.getlist(key) for key in data},
    }
    label = f"{action.label}: {page.title.lower()}"
    return job_start(KIND, user=page.request.user, params=params, label=label)


def list_page(params: dict[str, Any], user: Any) -> Any:
    """The list page of an address, as this user would open it."""
    found = resolve(params["path"])
    request = HttpRequest()
    request.method, request.path = "GET", params["path"]
    request.GET = QueryDict(params["query"])
    request.user = user
    request.resolver_match = found
    page = found.func.view_class()  # type: ignore[attr-defined]  # class-based views have it
    page.setup(request, *found.args, **found.kwargs)
    return page


def run_chunk(run: JobRun) -> bool:
    """Do the action to the next rows; what a rule refuses stands in the report."""
    page = list_page(run.params, run.user)
    action = page.bulk_action(run.params["action"])
    ids = run.params["ids"]
    rows = page.rows(action.action) if ids is None else page.rows_of(action, ids)
    if "until" not in run.cursor:
        # Rows that arrive meanwhile were not selected.
        run.cursor = {
            "after": 0,
            "until": rows.order_by().aggregate(last=Max("pk"))["last"] or 0,
        }
        run.total = rows.filter(pk__lte=run.cursor["until"]).count()
    ahead = rows.filter(pk__gt=run.cursor["after"], pk__lte=run.cursor["until"])
    chosen = list(ahead.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    values = _values(action, run.params["form"])
    for pk in chosen:
        _one(run, page, action, pk, values)
    run.cursor["after"] = chosen[-1] if chosen else run.cursor["until"]
    return len(chosen) < CHUNK


def _values(action: Any, sent: dict[str, list[str]]) -> dict[str, Any]:
    """The cleaned form; DomainError where what was chosen is gone since."""
    if action.form is None:
        return {}
    data = QueryDict(mutable=True)
    for key, several in sent.items():
        data.setlist(key, several)
    form = action.form(data)
    if not form.is_valid():
        raise DomainError("form_changed", " ".join(map(str, form.errors.values())))
    cleaned: dict[str, Any] = form.cleaned_data
    return cleaned


def _one(run: JobRun, page: Any, action: Any, pk: int, values: dict[str, Any]) -> None:
    row = page.base(action.action).filter(pk=pk)
    name = str(row.first() or f"number {pk}")
    try:
        with transaction.atomic():
            found = action.run(run.user, row, values)
        why = "; ".join(line[2] for line in getattr(found, "left", ()))
    except DomainError as error:
        why = error.detail
    if why:
        run.add_problem({"id": pk, "name": name, "detail": why})
    run.count("left" if why else "changed")
    run.advance()


def register() -> None:
    """Make the kind known; called from AppConfig.ready()."""
    register_job_kind(JobKind(KIND, "Change of many rows", run_chunk))
