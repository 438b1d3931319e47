"""Long jobs on the screen: the tray in the top bar, the page of jobs, a job's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from core.base.errors import DomainError
from core.base.text import whole_number
from core.jobs.models import Job
from core.jobs.services import job_cancel, job_problems, job_retry
from core.ui import cells
from core.ui.doors import browser_door
from core.ui.toasts import toast

PAGE = 50
REPORT = 200
IN_TRAY = 8
# How long an ended job can still be found in the tray.
LINGERS = timedelta(minutes=10)
TONES = {
    "pending": "open",
    "running": "open",
    "completed": "good",
    "canceled": "off",
    "failed": "bad",
}


def tray_jobs(user: Any) -> list[Job]:
    """A person's own jobs: those that run, and those that ended a moment ago."""
    recent = Q(finished_at__gte=timezone.now() - LINGERS)
    rows = Job.objects.filter(created_by=user).order_by("-id")
    return list(rows.filter(recent | Q(state__in=Job.UNFINISHED))[:IN_TRAY])


def tray_context(user: Any) -> dict[str, Any]:
    """What `ui/_tray.html` needs; it asks again only while something runs."""
    jobs = tray_jobs(user)
    running = [job for job in jobs if not job.is_finished]
    return {"tray": [(job, badge_of(job)) for job in jobs], "tray_running": running}


def badge_of(job: Job) -> Any:
    """The state of a job; what ended with problems says so."""
    label = job.get_state_display()
    if job.state == "completed" and job.problem_count:
        return cells.badge(f"{label}, {job.problem_count:,} left", "ready")
    return cells.badge(label, TONES[job.state])


def _line(data: dict[str, Any]) -> tuple[str, str]:
    """A line of a report: which row it was, and why it was left."""
    found = (data[key] for key in ("name", "row", "id") if data.get(key))
    return str(next(found, "")), str(data.get("detail") or data)


class Tray(LoginRequiredMixin, View):
    """The tray anew; a toast for each job that ended since it was asked last."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        context = tray_context(request.user)
        answer = render(request, "ui/_tray.html", context)
        known = {text for text in request.GET.get("known", "").split(".") if text}
        for job, _ in context["tray"]:
            if job.is_finished and str(job.pk) in known:
                said = f"{job.label}: {job.get_state_display().lower()}"
                tone = "bad" if job.state == "failed" else ""
                url = reverse("job", args=[job.pk])
                toast(answer, said, href=url, link="Report", tone=tone)
        return answer


class JobList(LoginRequiredMixin, View):
    """One's own jobs, newest first; everybody's for who changes the settings."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        rows = Job.objects.visible_to(request.user).select_related("created_by")
        after = whole_number(request.GET.get("after", ""))
        if after is not None:
            rows = rows.filter(pk__lt=after)
        jobs = list(rows.order_by("-id")[: PAGE + 1])
        context = {
            "jobs": [(job, badge_of(job)) for job in jobs[:PAGE]],
            "after": jobs[PAGE - 1].pk if len(jobs) > PAGE else None,
        }
        return render(request, "ui/jobs.html", context)


class JobPage(LoginRequiredMixin, View):
    """How far a job is, its report, and Cancel or Retry."""

    def job(self) -> Job:
        rows: QuerySet[Job] = Job.objects.visible_to(self.request.user)
        return get_object_or_404(
            rows.select_related("created_by"), pk=self.kwargs["pk"]
        )

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = self.job()
        after = whole_number(request.GET.get("after", ""))
        lines = job_problems(job)
        if after is not None:
            lines = lines.filter(pk__gt=after)
        found = list(lines[: REPORT + 1])
        context = {
            "job": job,
            "badge": badge_of(job),
            "figures": [
                (str(key).replace("_", " ").capitalize(), cells.plain(value))
                for key, value in job.result.items()
                if isinstance(value, int | str)
            ],
            "problems": [_line(each.data) for each in found[:REPORT]],
            "after": found[REPORT - 1].pk if len(found) > REPORT else None,
        }
        part = request.headers.get("HX-Target") == "job"
        return render(request, "ui/_job.html" if part else "ui/job.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Cancel, or go on with what stopped."""
        job = self.job()
        deed = job_retry if request.POST.get("deed") == "retry" else job_cancel
        try:
            with browser_door(request.user):
                deed(job)
        except DomainError:
            # It ended meanwhile: the page says how.
            return redirect("job", pk=job.pk)
        return redirect("job", pk=job.pk)
