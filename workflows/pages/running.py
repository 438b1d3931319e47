"""Running a workflow on demand: dry run, progress, report."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from core.base.errors import DomainError
from core.base.text import whole_number
from core.jobs.models import Job
from core.jobs.services import job_cancel, job_retry
from core.ui.doors import browser_door
from workflows.models import Run
from workflows.pages import words
from workflows.pages.records import named, named_subjects
from workflows.pages.screens import WorkflowScreen, unfinished_job
from workflows.services.figures import job_reasons
from workflows.services.on_demand import (
    JOB_KIND,
    applicable_ids,
    workflow_dry_run,
    workflow_run_start,
)

PAGE = 50
FIGURES = {
    "contacts_created": "Contacts created",
    "contacts_matched": "Linked to a contact",
    "skipped": "Passed over",
}


class DryRunPage(WorkflowScreen):
    """What running it now would do, and the button that does it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # The figures take a second on many records: the page comes first.
        parts = {"figures": self.figures, "rows": self.rows}
        return parts.get(request.GET.get("part", ""), self.page)()

    def page(self) -> HttpResponse:
        workflow = self.workflow
        said, wrong = words.condition_sentence(workflow.entity, workflow.condition)
        context = {
            **self.header(),
            "purpose": words.purpose(workflow),
            "condition": said or wrong,
        }
        return render(self.request, "workflows/dry_run.html", context)

    def figures(self) -> HttpResponse:
        """How many it would touch, who they are, and who is left out and why."""
        workflow = self.workflow
        context: dict[str, Any] = self.header() | {
            "noun": words.noun(workflow.entity),
            "nouns": words.noun(workflow.entity, plural=True),
        }
        try:
            found = workflow_dry_run(workflow=workflow)
        except DomainError as error:
            context["problem"] = error.detail
        else:
            context |= {
                "count": found.count,
                "preview": found.preview,
                "left_out": self.left_out(found.preview),
                **self.page_of_rows(0),
            }
        return render(self.request, "workflows/_dry_run.html", context)

    def left_out(self, preview: Any) -> list[dict[str, Any]]:
        """Each reason with its number and some of the records behind it."""
        if preview is None:
            return []
        entity, user = self.workflow.entity, self.request.user
        every = [pk for ids in preview.left_out.values() for pk in ids]
        known = {one.pk: one for one in named(entity, every, user)}
        return [
            {
                "reason": reason,
                "number": number,
                "records": [
                    known[pk] for pk in preview.left_out.get(reason, ()) if pk in known
                ],
            }
            for reason, number in sorted(preview.skipped.items(), key=lambda x: -x[1])
        ]

    def rows(self) -> HttpResponse:
        """The next of the records it would touch."""
        number = whole_number(self.request.GET.get("after", "")) or 0
        context = {"workflow": self.workflow, **self.page_of_rows(number)}
        return render(self.request, "workflows/_dry_rows.html", context)

    def page_of_rows(self, after: int) -> dict[str, Any]:
        ids = applicable_ids(self.workflow.entity, self.workflow.condition)
        found = list(ids.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        return {
            "records": named(self.workflow.entity, found[:PAGE], self.request.user),
            "after": found[PAGE - 1] if len(found) > PAGE else None,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Run it now."""
        self.require("run")
        try:
            with browser_door(request.user):
                job = workflow_run_start(
                    workflow_id=self.workflow.pk, user=request.user
                )
        except DomainError as error:
            running = unfinished_job(self.workflow)
            messages.error(request, error.detail)
            if running:
                return redirect("workflow_job", self.workflow.pk, running.pk)
            return redirect("workflow_dry_run", self.workflow.pk)
        return redirect("workflow_job", self.workflow.pk, job.pk)


class JobScreen(WorkflowScreen):
    """What the pages of one job of a workflow share."""

    @cached_property
    def job(self) -> Job:
        jobs = Job.objects.filter(kind=JOB_KIND, params__workflow=self.workflow.pk)
        found: Job = get_object_or_404(jobs, pk=self.kwargs["job"])
        return found


class JobPage(JobScreen):
    """How far it is, and then the report; asked again by htmx while it runs."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        part = bool(getattr(request, "htmx", False))
        template = "workflows/_job.html" if part else "workflows/job.html"
        return render(request, template, self.context())

    def context(self) -> dict[str, Any]:
        job, workflow = self.job, self.workflow
        runs = reverse("workflow_runs", args=[workflow.pk])
        return {
            **self.header(),
            "job": job,
            "percent": job.percent,
            "nouns": words.noun(workflow.entity, plural=True),
            "error": (job.error.strip().splitlines() or [""])[-1],
            "figures": [
                (label, job.result[key], f"{runs}?{urlencode(_filter(job, key))}")
                for key, label in FIGURES.items()
                if key in job.result
            ],
            "all_url": f"{runs}?{urlencode({'job': job.pk})}",
            "reasons": [
                (
                    why,
                    number,
                    f"{runs}?{urlencode({'job': str(job.pk), 'reason': why})}",
                )
                for why, number in (job_reasons(job.pk) if job.is_finished else ())
            ],
        }


def _filter(job: Job, figure: str) -> dict[str, Any]:
    """How the log of runs is narrowed to what a figure counts."""
    if figure == "skipped":
        return {"job": job.pk, "passed": "1"}
    return {"job": job.pk, "figure": figure}


class JobDeed(JobScreen):
    """Stop a job, or let it go on."""

    deed: str = ""
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require("run")
        try:
            with browser_door(request.user):
                if self.deed == "cancel":
                    job_cancel(self.job)
                else:
                    job_retry(self.job)
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("workflow_job", self.workflow.pk, self.job.pk)


class JobSkipped(JobScreen):
    """The records a job passed over, as a CSV file with the reasons."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = StreamingHttpResponse(
            self.lines(), content_type="text/csv; charset=utf-8"
        )
        name = f"passed-over-{self.job.pk}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def lines(self) -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff" + writer.writerow(["Id", "Name", "Why"])
        rows = Run.objects.filter(
            job_id=self.job.pk, log__contains=[{"result": "skipped"}]
        ).order_by("pk")
        chunk: list[Run] = []
        for run in rows.iterator(chunk_size=500):
            chunk.append(run)
            if len(chunk) == 500:
                yield from self.written(writer, chunk)
                chunk = []
        yield from self.written(writer, chunk)

    def written(self, writer: Any, runs: list[Run]) -> Iterator[str]:
        names = named_subjects(
            ((run.subject_type, run.subject_id) for run in runs), self.request.user
        )
        for run in runs:
            one = names.get((run.subject_type, run.subject_id))
            why = "; ".join(x["detail"] for x in run.log if x["result"] == "skipped")
            if one is not None:
                yield writer.writerow([run.subject_id, _harmless(one.name), why])


class _Echo:
    def write(self, line: str) -> str:
        return line


def _harmless(cell: str) -> str:
    """A name that a spreadsheet will not run as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
