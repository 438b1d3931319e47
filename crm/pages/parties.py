"""The panel of a lead's further people and accounts, and its two deeds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may
from core.base.errors import DomainError
from core.ui.doors import browser_door
from core.ui.lookups import LookupField
from core.ui.parts import Panel, register_panel
from crm.models import Account, Choice, Contact, Lead
from crm.services.lead_parties import (
    lead_associate,
    lead_disassociate,
    lead_parties,
)


class AssociateForm(forms.Form):
    """Who, and in which role."""

    contact = LookupField(Contact, "contact", label="Contact")
    account = LookupField(Account, "account", label="or account")
    role = forms.CharField(
        max_length=120,
        widget=forms.TextInput(attrs={"class": "form-control h", "list": "roles"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("contact", "account"):
            field: Any = self.fields[name]
            field.bind_to(user)
            field.widget.attrs["class"] = "form-control h"


def parties_panel(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    """Who has to do with the lead (one query); also where it is closed."""
    found = list(lead_parties(lead_id=lead.pk))
    return {
        "lead": lead,
        "parties": found,
        "note": len(found) or None,
        "may_change": may(request.user, "update", lead, "lead"),
    }


class _LeadDoor(LoginRequiredMixin, View):
    def lead(self) -> Lead:
        rows = Lead.objects.visible_to(self.request.user)
        lead: Lead = get_object_or_404(rows, pk=self.kwargs["pk"])
        if not may(self.request.user, "update", lead, "lead"):
            raise PermissionDenied
        return lead


class Associate(_LeadDoor):
    """Give a lead a person or a company with a role."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.lead(), AssociateForm(user=request.user))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        lead, user = self.lead(), request.user
        form = AssociateForm(request.POST, user=user)
        if not form.is_valid():
            return self.show(lead, form, status=422)
        contact, account = form.cleaned_data["contact"], form.cleaned_data["account"]
        known: Any = user
        try:
            with browser_door(known):
                party = lead_associate(
                    lead_id=pk,
                    user=known,
                    role=form.cleaned_data["role"],
                    contact_id=contact.pk if contact else None,
                    account_id=account.pk if account else None,
                )
        except DomainError as refusal:
            return self.show(lead, form, error=refusal.detail, status=refusal.status)
        messages.success(request, f"{party.known_as} associated.")
        url = reverse("lead", args=[pk])
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)

    def show(
        self, lead: Lead, form: AssociateForm, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        roles = Choice.objects.filter(list="buying_role", active=True)
        context = {
            "lead": lead,
            "form": form,
            "error": error,
            "roles": roles.values_list("value", flat=True),
        }
        return render(self.request, "crm/associate.html", context, status=status)


class Disassociate(_LeadDoor):
    """Take somebody off a lead."""

    def post(self, request: HttpRequest, pk: int, party: int) -> HttpResponseBase:
        self.lead()
        user: Any = request.user
        with browser_door(user):
            lead_disassociate(lead_id=pk, user=user, party_id=party)
        messages.success(request, "Taken off this lead.")
        return redirect("lead", pk=pk)


def register_parties() -> None:
    """Put the panel on the page of a lead."""
    register_panel(
        "lead",
        Panel(
            "parties",
            "People and accounts",
            "crm/_panel_parties.html",
            parties_panel,
            position=20,
        ),
    )
