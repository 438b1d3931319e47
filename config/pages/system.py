"""The system: its settings, failed events, status and audit history."""

from __future__ import annotations

import platform
from typing import Any, ClassVar

import django
from django import forms
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from config import health
from config.pages.door import SettingsPage
from core.access.entities import Entity, all_entities
from core.base.errors import DomainError
from core.base.models import Organisation
from core.base.text import text_problem, whole_number
from core.jobs.models import Job
from core.journal.failures import failed_event_dismiss, failed_event_replay
from core.journal.models import Entry, FailedEvent
from core.journal.pump import lag
from core.ui import audit
from core.ui.doors import browser_door
from core.ui.search import search_of

MOST = 100
FOUND = 10


class OrganisationForm(forms.ModelForm):
    """The switches that hold for everybody."""

    class Meta:
        model = Organisation
        fields = (
            "name",
            "time_zone",
            "currency",
            "marketing_only_for_automation",
            "marketing_only_cleared",
            "create_accounts_from_companies",
            "qualify_without_asking",
            "qualify_carries",
            "score_sets_stage",
            "score_sets_sales_ready",
            "score_cleanup",
            "return_hold_days",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            css = "form-control h"
            if isinstance(widget, forms.CheckboxInput):
                css = "form-check-input m-0"
            elif isinstance(widget, forms.Select):
                css = "form-select h"
            widget.attrs["class"] = css


class OrganisationPage(SettingsPage):
    entity, action = "organisation", "update"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(OrganisationForm(instance=Organisation.current()))

    def show(self, form: OrganisationForm, status: int = 200) -> HttpResponse:
        context = {"form": form}
        return render(self.request, "config/organisation.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = OrganisationForm(request.POST, instance=Organisation.current())
        if not form.is_valid():
            return self.show(form, status=422)
        with browser_door(request.user):
            form.save()
        messages.success(request, "Settings saved.")
        return redirect("organisation")


class FailedEvents(SettingsPage):
    """What could not be reacted to; each can be tried again or put aside."""

    entity = "failed_event"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = FailedEvent.objects.filter(resolved_at=None).order_by("-id")
        events = list(rows[: MOST + 1])
        entries = Entry.objects.in_bulk([each.entry_id for each in events])
        context = {
            "events": [
                (each, entries.get(each.entry_id), _last_line(each.error))
                for each in events[:MOST]
            ],
            "more": len(events) > MOST,
            "may_update": self.may("update"),
        }
        return render(request, "config/failed_events.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not self.may("update"):
            return HttpResponse(status=403)
        text = request.POST.get("event", "")
        number = whole_number(text) or 0
        try:
            with browser_door(request.user):
                self.do(request.POST.get("deed", ""), number)
        except FailedEvent.DoesNotExist:
            return HttpResponse(status=404)
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("failed_event_list")

    def do(self, deed: str, number: int) -> None:
        if deed == "dismiss":
            failed_event_dismiss(event_id=number)
            messages.success(self.request, "Put aside.")
        elif failed_event_replay(event_id=number):
            messages.success(self.request, "This time it worked.")
        else:
            messages.error(self.request, "It failed again, for the reason shown.")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


class Status(SettingsPage):
    """How it is doing: services, reactions, jobs, versions."""

    entity, action = "organisation", "update"
    NAMES: ClassVar[dict[str, str]] = {
        "database": "Database",
        "migrations": "Database schema",
        "redis": "Redis",
        "journal": "Reactions",
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            server = cursor.fetchone()[0]
        checks = health.checks()
        context = {
            "checks": [(self.NAMES[name], state) for name, state in checks.items()],
            "lags": [
                (one.consumer.replace("_", " ").capitalize(), one) for one in lag()
            ],
            "running": Job.objects.unfinished().count(),
            "failed_jobs": Job.objects.filter(state="failed").count(),
            "failed_events": FailedEvent.objects.filter(resolved_at=None).count(),
            "versions": [
                ("Python", platform.python_version()),
                ("Django", django.get_version()),
                ("PostgreSQL", server),
            ],
        }
        return render(request, "config/status.html", context)


class Audit(SettingsPage):
    """The audit history of any record, also of one that is gone."""

    entity = "audit"

    def get(self, request: HttpRequest) -> HttpResponse:
        known = {each.key: each for each in all_entities() if search_of(each.key)}
        entity = known.get(request.GET.get("entity", "")) or next(iter(known.values()))
        text = request.GET.get("q", "").strip()[:200]
        context: dict[str, Any] = {
            "entities": list(known.values()),
            "entity": entity,
            "q": text,
        }
        number = whole_number(request.GET.get("number", ""))
        if number is not None:
            context |= self.history(entity, number)
        elif text and text_problem(text) is None:
            context["hits"] = self.hits(entity, text)
        return render(request, "config/audit.html", context)

    def hits(self, entity: Entity, text: str) -> list[tuple[int, str, str]]:
        search = search_of(entity.key)
        found = search.find(self.request.user, text, FOUND) if search else []
        hits = [(hit.pk, hit.title, hit.subtitle) for hit in found]
        number = whole_number(text)
        if number is not None:
            hits.insert(0, (number, f"{entity.label} number {number}", ""))
        return hits

    def history(self, entity: Entity, number: int) -> dict[str, Any]:
        place = whole_number(self.request.GET.get("before", ""))
        # Only its kind and number are asked for: a deleted record has them still.
        record = entity.model(pk=number)
        rows, older = audit.audit_rows(
            entity.key, record, user=self.request.user, before=place
        )
        return {"number": number, "rows": rows, "older": older}
