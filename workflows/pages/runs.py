"""The log of a workflow's runs, and trying failed ones again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime

from core.base.errors import DomainError
from core.base.text import text_problem, whole_number
from core.ui import cells
from core.ui.doors import browser_door
from workflows.models import Run
from workflows.pages.cards import spoken
from workflows.pages.records import named_subjects
from workflows.pages.screens import WorkflowScreen, step_of
from workflows.pages.words import step_title
from workflows.services.runs import runs_retry

PAGE = 50
TONES = {
    "pending": "open",
    "waiting": "open",
    "completed": "good",
    "skipped": "off",
    "stopped": "off",
    "failed": "bad",
}
RESULTS = {"done": "good", "skipped": "off", "failed": "bad"}
# What an address may narrow the log to, in words for the chip.
NARROWED = {
    "job": "One run on demand",
    "step": "At step",
    "figure": "What was done",
    "passed": "Passed over",
    "reason": "Reason",
    "subject": "One record",
}
FIGURE_WORDS = {
    "contacts_created": "contact created",
    "contacts_matched": "linked to a contact",
}


def narrowed(rows: QuerySet[Run], params: QueryDict) -> QuerySet[Run]:
    """The runs that an address asks for; nothing for what cannot be read."""
    for name in ("job", "subject"):
        if params.get(name):
            number = whole_number(params.get(name, ""))
            column = "job_id" if name == "job" else "subject_id"
            rows = rows.filter(**{column: number}) if number else rows.none()
    for name in ("step", "figure", "passed", "reason"):
        wanted = params.get(name, "")
        if wanted and text_problem(wanted) is None:
            rows = rows.filter(log__contains=[_line(name, wanted)])
    return rows


def _line(name: str, wanted: str) -> dict[str, Any]:
    """The line of the log that a narrowed run must have."""
    lines: dict[str, dict[str, Any]] = {
        "step": {"step": wanted},
        "figure": {"data": {"figures": {wanted: 1}}},
        "passed": {"result": "skipped"},
        "reason": {"detail": wanted, "result": "skipped"},
    }
    return lines[name]


class RunsPage(WorkflowScreen):
    """What the workflow did, for which record, line by line; newest first."""

    tab = "runs"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        state = request.GET.get("state", "")
        rows: QuerySet[Run] = Run.objects.filter(version__workflow=self.workflow)
        if state in Run.State.values:
            rows = rows.filter(state=state)
        rows = narrowed(rows, request.GET)
        before = request.GET.get("before", "")
        if before:
            rows = rows.filter(pk__lt=whole_number(before) or 0)
        found = list(rows.select_related("version").order_by("-pk")[: PAGE + 1])
        context = {
            **self.header(),
            "state": state,
            "states": Run.State.choices,
            "chips": self.chips(),
            "runs": self.shown(found[:PAGE]),
            "older": found[PAGE - 1].pk if len(found) > PAGE else None,
            "may_retry": self.may("run"),
        }
        part = "workflows/_runs.html" if before else "workflows/runs.html"
        return render(request, part, context)

    def chips(self) -> list[tuple[str, str, str]]:
        """What narrows the log, and the address without it."""
        found = []
        for name, label in NARROWED.items():
            value = self.request.GET.get(name)
            if value:
                rest = self.request.GET.copy()
                for gone in (name, "before"):
                    rest.pop(gone, None)
                found.append((label, self.said(name, value), f"?{rest.urlencode()}"))
        return found

    def said(self, name: str, value: str) -> str:
        if name == "step":
            step = step_of(self.workflow, value)
            return f"{spoken(value)}, {step_title(step)}" if step else value
        return {"passed": "", "figure": FIGURE_WORDS.get(value, value)}.get(name, value)

    def shown(self, runs: list[Run]) -> list[dict[str, Any]]:
        names = named_subjects(
            ((run.subject_type, run.subject_id) for run in runs), self.request.user
        )
        return [
            {
                "run": run,
                "record": names.get((run.subject_type, run.subject_id)),
                "badge": cells.badge(run.get_state_display(), TONES[run.state]),
                "lines": [_log_line(run, line) for line in run.log],
            }
            for run in runs
        ]


def _log_line(run: Run, line: dict[str, Any]) -> dict[str, Any]:
    at, position = line.get("at", ""), line.get("step", "")
    return {
        "step": spoken(position) if position else "",
        "detail": line.get("detail", ""),
        "tone": RESULTS.get(line.get("result", ""), "plain"),
        "when": parse_datetime(at) if at else None,
    }


class RetryRuns(WorkflowScreen):
    """Try one failed run again, or all of them."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require("run")
        chosen = request.POST.get("run", "")
        if chosen and whole_number(chosen) is None:
            raise Http404
        try:
            with browser_door(request.user):
                number = runs_retry(
                    workflow=self.workflow,
                    run_ids=[int(chosen)] if chosen else None,
                )
            said = "One run is" if number == 1 else f"{number} runs are"
            messages.success(request, f"{said} tried again.")
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("workflow_runs", self.workflow.pk)
