"""Long work in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.access.administration import ReadOnlyAdmin
from core.jobs.models import Job, JobProblem


class OwnJobs(ReadOnlyAdmin):
    """Everybody sees the jobs they started."""

    def allowed(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        user: Any = request.user
        return action == "read" and bool(user.is_authenticated and user.has_role)


@admin.register(Job)
class JobAdmin(OwnJobs):
    list_display = ("label", "kind", "state", "done", "total", "created_at")
    list_filter = ("state", "kind")
    search_fields = ("label",)
    ordering = ("-id",)


@admin.register(JobProblem)
class JobProblemAdmin(OwnJobs):
    """The lines of the reports of the jobs one sees."""

    list_display = ("job", "data")
    list_select_related = ("job",)
    search_fields = ("job__label",)

    def get_queryset(self, request: HttpRequest) -> Any:
        jobs = Job.objects.visible_to(request.user)
        return JobProblem.objects.filter(job__in=jobs).order_by("-id")
