"""What the record pages post: activities, notes, delete, activate, make sales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.generic import View

from core.access.entities import entity_of
from core.access.rights import may, rights_of
from core.base.errors import Denied, DomainError
from core.ui.doors import browser_door
from core.ui.toasts import toast
from crm.models import Activity, Contact, Product
from crm.regarding import regarding_keys
from crm.services.activities import activity_complete, activity_log, note_add
from crm.services.bin import what_goes
from crm.services.contact_sales import contact_make_sales
from crm.services.records import record_activate, record_deactivate, record_delete

KINDS = ("phone_call", "note", "task", "appointment", "customer_request")
SAID = {
    "phone_call": "Call logged.",
    "task": "Task planned.",
    "appointment": "Appointment planned.",
    "customer_request": "Request written down.",
}


class ComposeForm(forms.Form):
    """What was said or is to be done about a record."""

    body = forms.CharField(required=False, max_length=100_000)
    subject = forms.CharField(required=False, max_length=300)
    minutes = forms.IntegerField(required=False, min_value=0, max_value=24 * 60)
    due_at = forms.DateTimeField(required=False)
    ends_at = forms.DateTimeField(required=False)
    follow_up = forms.DateTimeField(required=False)
    product = forms.ModelChoiceField(Product.objects.none(), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["product"]
        field.queryset = Product.objects.visible_to(user)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("body") and not cleaned.get("subject") and not self.errors:
            raise forms.ValidationError("Write a few words first.")
        return cleaned


class Compose(LoginRequiredMixin, View):
    """Log a call, write a note, plan a task or an appointment."""

    def post(
        self, request: HttpRequest, entity: str, pk: int, kind: str
    ) -> HttpResponseBase:
        if kind not in KINDS:
            raise Http404
        record_or_404(request.user, entity, pk)
        needed = "note" if kind == "note" else "activity"
        if not rights_of(request.user).has(needed, "create"):
            raise PermissionDenied
        form = ComposeForm(request.POST, user=request.user)
        if not form.is_valid():
            first = next(iter(form.errors.values()))[0]
            return self.again(entity, pk, kind, str(first))
        try:
            with browser_door(request.user):
                said = self.write(entity, pk, kind, form.cleaned_data)
        except DomainError as error:
            return self.again(entity, pk, kind, error.detail)
        answer = render(request, "crm/_composer.html", {"target": (entity, pk)})
        toast(answer, said)
        answer["HX-Trigger-After-Settle"] = "timeline:changed"
        return answer

    def again(self, entity: str, pk: int, kind: str, error: str) -> HttpResponse:
        """The form as it was typed, with what is wrong."""
        context = {
            "target": (entity, pk),
            "open": kind,
            "error": error,
            "typed": self.request.POST,
        }
        return render(self.request, "crm/_composer.html", context, status=422)

    def write(self, entity: str, pk: int, kind: str, data: dict[str, Any]) -> str:
        user: Any = self.request.user
        about: dict[str, Any] = {
            "regarding_type": entity,
            "regarding_id": pk,
            "user": user,
        }
        if kind == "note":
            note = note_add(body=data["body"], **about)
            return f"Note written.{_not_told(note.not_told)}"
        activity_log(kind=kind, **self.values(kind, data), **about)
        if kind == "phone_call" and data["follow_up"]:
            first = (data["body"] or data["subject"]).splitlines()[0][:250]
            activity_log(
                kind="task",
                subject=f"Follow up: {first}",
                due_at=data["follow_up"],
                **about,
            )
            return "Call logged, follow-up planned."
        return SAID[kind]

    def values(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """The fields of the activity."""
        body = data["body"] or ""
        first = data["subject"] or body.splitlines()[0][:300]
        if kind == "phone_call":
            return {
                "subject": data["subject"] or "Phone call",
                "description": body,
                "state": "completed",
                "duration_minutes": data["minutes"],
            }
        planned = {"subject": first, "description": body, "due_at": data["due_at"]}
        if kind == "task":
            return planned
        if kind == "customer_request":
            return planned | {"product": data["product"]}
        return {
            "subject": first,
            "description": body,
            "starts_at": data["due_at"],
            "due_at": data["due_at"],
            "ends_at": data["ends_at"],
            "state": "scheduled",
        }


def _not_told(names: Sequence[str]) -> str:
    """Whom a note mentions in vain, for its author."""
    if not names:
        return ""
    return f" Not told, for they may not see this record: {', '.join(names)}."


def record_or_404(user: Any, entity: str, pk: int) -> Any:
    """A record that has a page and a timeline, if the user sees it."""
    if entity not in regarding_keys():
        raise Http404
    try:
        reverse(entity, args=[pk])
    except NoReverseMatch as error:
        raise Http404 from error
    rows: Any = entity_of(entity).model._default_manager
    return get_object_or_404(rows.visible_to(user), pk=pk)


class RecordDeed(LoginRequiredMixin, View):
    """Something done to one record by a button."""

    deed = "delete"

    def get(self, request: HttpRequest, entity: str, pk: int) -> HttpResponseBase:
        """What goes and what stays, before anything is deleted."""
        record = record_or_404(request.user, entity, pk)
        if self.deed != "delete":
            return redirect(entity, pk)
        if not may(request.user, "delete", record, entity):
            raise PermissionDenied
        goes, stays = what_goes(record)
        context = {"record": record, "entity": entity, "goes": goes, "stays": stays}
        return render(request, "crm/delete.html", context)

    def post(self, request: HttpRequest, entity: str, pk: int) -> HttpResponseBase:
        record = record_or_404(request.user, entity, pk)
        needed = "delete" if self.deed == "delete" else "update"
        if not may(request.user, needed, record, entity):
            raise PermissionDenied
        user: Any = request.user
        try:
            with browser_door(user):
                if self.deed == "delete":
                    record_delete(record=record, user=user)
                elif self.deed == "activate":
                    record_activate(record=record, user=user)
                else:
                    record_deactivate(record=record, user=user)
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect(entity, pk)
        said = f"{record} {self.deed}d."
        if self.deed == "delete":
            said += " It lies in the bin for 30 days."
        messages.success(request, said)
        return (
            redirect(f"{entity}_list")
            if self.deed == "delete"
            else redirect(entity, pk)
        )


class MakeSales(LoginRequiredMixin, View):
    """Make somebody whom only marketing knew a sales contact of one's own."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
        user: Any = request.user
        try:
            with browser_door(user):
                contact_make_sales(contact=contact, user=user)
        except Denied as error:
            raise PermissionDenied from error
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"{contact} is a sales contact now.")
        return redirect("contact", pk)


class ActivityDone(LoginRequiredMixin, View):
    """Mark an activity as done."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        activity = get_object_or_404(Activity.objects.visible_to(request.user), pk=pk)
        if not may(request.user, "update", activity, "activity"):
            raise PermissionDenied
        user: Any = request.user
        answer = HttpResponse(status=204)
        try:
            with browser_door(user):
                activity_complete(activity=activity, user=user)
        except DomainError as error:
            return toast(answer, error.detail, tone="bad")
        answer["HX-Refresh"] = "true"
        messages.success(request, f"{activity.subject} done.")
        return answer
