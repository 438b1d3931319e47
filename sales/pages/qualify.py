"""The side panel that qualifies a lead: account, contact, opportunity."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.generic import View

from core.access.models import User
from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.base.models import Organisation
from core.journal.services import acting
from crm.models import Account, Campaign, Contact, Lead, Product
from sales.forms import QualifyForm
from sales.models import Opportunity, PipelineStage
from sales.rules import CREATE, LINK, SKIP, opportunity_topic
from sales.services.candidates import (
    Candidate,
    account_candidates,
    contact_candidates,
)
from sales.services.lead_qualify import lead_qualify
from sales.services.qualify_checks import existing_account
from sales.services.qualify_result import QualifyResult

# Moved with every record; of no interest to somebody who decides.
_QUIET = {
    "created_by",
    "originating_lead",
    "source_type",
    "source_id",
    "team",
    "currency",
    "rate",
    "tags",
}
_LOOKUPS: dict[str, Any] = {
    "owner": User,
    "account": Account,
    "contact": Contact,
    "primary_contact": Contact,
    "product": Product,
    "campaign": Campaign,
}
_NEW = {"new account": "the new account", "new contact": "the new contact"}


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
        form = QualifyForm(request.POST)
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
        return render(request, "sales/qualified.html", {"result": result})

    def show(
        self, lead: Lead, choices: Any, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        user: Any = self.request.user
        people = _people(lead, user)
        companies = _companies(lead, user)
        chosen = choices or _presets(lead, user, companies, people)
        form = QualifyForm(chosen)
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
        else:
            error = error or _first_error(form)
        context = {
            "lead": lead,
            "chosen": chosen,
            "columns": _columns(lead, chosen, companies, people, plan),
            "carries": _lines(plan.opportunity, Opportunity) if plan else [],
            "plan": plan,
            "error": error,
            "currency": Organisation.current().currency,
        }
        return render(self.request, "sales/qualify.html", context, status=status)


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
    return chosen


def _columns(
    lead: Lead,
    chosen: Any,
    companies: list[Candidate],
    people: list[Candidate],
    plan: QualifyResult | None,
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
            "lines": _lines(part, model) if part else [],
            "reason": part["reason"] if part else "",
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


def _lines(part: dict[str, Any], model: Any) -> list[tuple[str, str, str]]:
    """Each change in words: what, before, after."""
    return [
        (_label(model, name), _word(name, old), _word(name, new))
        for name, (old, new) in part["changes"].items()
        if name not in _QUIET and not (model is Opportunity and new is False)
    ]


def _label(model: Any, name: str) -> str:
    if name == "marketing_only":
        return "Visibility"
    label = str(model._meta.get_field(name).verbose_name)
    return label[:1].upper() + label[1:]


def _word(name: str, value: Any) -> str:
    if name == "marketing_only":
        return "Marketing only" if value else "Sales"
    if name.startswith("do_not_"):
        return "Do not allow" if value else "Allow"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value in _NEW:
        return _NEW[value]
    if name in _LOOKUPS:
        row = _LOOKUPS[name].objects.filter(pk=value).first()
        return str(row or "")
    if name == "stage":
        row = PipelineStage.objects.filter(key=value, pipeline__is_default=True).first()
        return str(row or value)
    return str(value)
