"""The side panel that qualifies a lead: account, contact, opportunity."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.base.models import Organisation
from core.journal.services import acting
from core.ui.toasts import toast
from crm.models import Account, Contact, Lead
from sales.forms import QualifyForm
from sales.models import Currency, Opportunity
from sales.pages.qualify_words import going_along, lines_of
from sales.rules import CREATE, LINK, SKIP, opportunity_topic
from sales.services.candidates import (
    Candidate,
    account_candidates,
    contact_candidates,
)
from sales.services.lead_qualify import lead_qualify
from sales.services.qualify_checks import existing_account
from sales.services.qualify_result import QualifyResult


class QualifyPanel(LoginRequiredMixin, View):
    """Shows what will happen, with what was chosen; a POST makes it happen."""

    def lead(self) -> Lead:
        lead: Lead = get_object_or_404(
            Lead.objects.visible_to(self.request.user).select_related(
                "parent_contact__account", "parent_account"
            ),
            pk=self.kwargs["pk"],
        )
        if not may(self.request.user, "qualify", lead, "lead"):
            raise PermissionDenied
        return lead

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead = self.lead()
        choices = request.GET if "account_do" in request.GET else None
        return self.show(lead, choices)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead = self.lead()
        form = QualifyForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.show(lead, request.POST, error=_first_error(form), status=422)
        user: Any = request.user
        try:
            with acting(user, via="browser"):
                result = lead_qualify(
                    lead_id=lead.pk, user=user, ignore_duplicates=True, **form.options()
                )
        except DomainError as refusal:
            return self.show(lead, request.POST, error=refusal.detail, status=409)
        except Lead.DoesNotExist as gone:
            # Deleted or merged away since it was looked up.
            raise Http404 from gone
        until = result.undo_until
        context = {"result": result, "until": until}
        answer = render(request, "sales/qualified.html", context)
        undo = reverse("lead_undo_qualify", args=[lead.pk])
        return toast(answer, f"{result.lead} is qualified.", undo=undo)

    def show(
        self, lead: Lead, choices: Any, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        user: Any = self.request.user
        people = _people(lead, user)
        companies = _companies(lead, user)
        chosen = choices or _presets(lead, user, companies, people)
        form = QualifyForm(chosen, user=user)
        plan: QualifyResult | None = None
        if form.is_valid():
            try:
                plan = lead_qualify(
                    lead_id=lead.pk,
                    user=user,
                    ignore_duplicates=True,
                    dry_run=True,
                    **form.options(),
                )
            except DomainError as refusal:
                error = error or refusal.detail
        elif self.request.method == "POST" or set(form.errors) != {"link_opportunity"}:
            # Whoever just turned to Link has not had the time to choose.
            error = error or _first_error(form)
        context = {
            "lead": lead,
            "chosen": chosen,
            "columns": _columns(lead, chosen, companies, people, plan, form),
            "form": form,
            "carries": lines_of(plan.opportunity, Opportunity) if plan else [],
            "along": going_along(plan.carried) if plan else "",
            "plan": plan,
            "error": error,
            "currencies": currencies(),
            "likely": _likely(chosen, companies, people),
        }
        return render(self.request, "sales/qualify.html", context, status=status)


def currencies() -> list[str]:
    """What an opportunity can be in: the organisation's first."""
    own = Organisation.current().currency
    rows = Currency.objects.filter(active=True).exclude(code=own)
    return [own, *rows.order_by("code").values_list("code", flat=True)]


def _likely(
    chosen: Any, companies: list[Candidate], people: list[Candidate]
) -> list[str]:
    """Who is likely the same as what is going to be created."""
    pairs = (("account", companies), ("contact", people))
    return [
        each.name
        for part, found in pairs
        for each in found
        if chosen[f"{part}_do"] == CREATE and each.likeness.likely
    ]


def _first_error(form: QualifyForm) -> str:
    name, errors = next(iter(form.errors.items()))
    return f"{name.replace('_', ' ').capitalize()}: {errors[0]}"


def _people(lead: Lead, user: Any) -> list[Candidate]:
    """The contact of the lead, or those that may be the same person."""
    if lead.parent_contact is not None:
        return [Candidate.of_contact(lead.parent_contact, "The contact of this lead")]
    return [each for each in contact_candidates(lead, user) if each.visible]


def _companies(lead: Lead, user: Any) -> list[Candidate]:
    """The account of the lead or of its contact, or those that may be the same."""
    account = existing_account(lead, lead.parent_contact)
    if account is not None:
        return [Candidate.of_account(account, "The account of this lead")]
    return [each for each in account_candidates(lead, user) if each.visible]


def _presets(
    lead: Lead, user: Any, companies: list[Candidate], people: list[Candidate]
) -> dict[str, Any]:
    """What somebody would choose most likely."""
    rights = rights_of(user)
    named = bool(f"{lead.first_name}{lead.last_name}".strip())
    makes = {
        "account": bool(lead.company_name.strip()) and rights.has("account", "create"),
        "contact": named and rights.has("contact", "create"),
    }
    chosen: dict[str, Any] = {}
    for part, found in (("account", companies), ("contact", people)):
        likely = bool(found) and found[0].likeness.likely
        do = LINK if likely else CREATE if makes[part] else SKIP
        chosen |= {f"{part}_do": do, part: found[0].id if found else ""}
    chosen["opportunity_do"] = CREATE if rights.has("opportunity", "create") else SKIP
    chosen["name"] = opportunity_topic(
        topic=lead.topic, person=lead.name, company=lead.company_name
    )
    chosen["estimated_value"] = lead.estimated_value or ""
    chosen["estimated_close"] = ""
    chosen["currency"] = Organisation.current().currency
    return chosen


def _columns(
    lead: Lead,
    chosen: Any,
    companies: list[Candidate],
    people: list[Candidate],
    plan: QualifyResult | None,
    form: QualifyForm,
) -> list[dict[str, Any]]:
    known = {
        "account": existing_account(lead, lead.parent_contact) is not None,
        "contact": lead.parent_contact_id is not None,
    }
    return [
        {
            "key": key,
            "title": title,
            "icon": icon,
            "known": known[key],
            "candidates": found,
            "do": chosen[f"{key}_do"],
            "picked": str(chosen.get(key) or ""),
            "lines": lines_of(part, model) if part else [],
            "reason": part["reason"] if part else "",
            "other": form[f"other_{key}"],
        }
        for key, title, icon, found, part, model in (
            (
                "account",
                "Account",
                "building",
                companies,
                plan.account if plan else None,
                Account,
            ),
            (
                "contact",
                "Contact",
                "user-circle",
                people,
                plan.contact if plan else None,
                Contact,
            ),
        )
    ]
