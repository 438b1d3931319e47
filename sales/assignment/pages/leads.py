"""What assignment adds to leads: why, the button, the bulk action, the view."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.ui.columns import (
    BulkAction,
    BulkReport,
    ListView,
    register_bulk_action,
    register_list_view,
)
from core.ui.doors import browser_door
from core.ui.home import HomeCard, register_home_card
from core.ui.parts import Panel, RecordAction, register_action, register_panel
from core.ui.sources import Named, register_source
from core.ui.timeline import Told, register_timeline
from crm.models import Lead
from sales.assignment.forms import AssignByRulesForm
from sales.assignment.models import Given, RuleSet
from sales.assignment.pages.sets import unfit_numbers
from sales.assignment.services.on_demand import Answer, chosen_assign
from sales.assignment.services.words import fact_lines, how_chosen

OLD = timedelta(days=2)


class AssignByRules(LoginRequiredMixin, View):
    """Give one lead by the rules; one who has it keeps it unless asked otherwise."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        user: Any = request.user
        lead = get_object_or_404(Lead.objects.visible_to(user), pk=pk)
        if not may(user, "assign", lead, "lead"):
            raise PermissionDenied
        try:
            with browser_door(user):
                # Whoever presses the button of one lead means that lead.
                (answer,) = chosen_assign(lead_ids=[pk], user=user, take_away=True)
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            _tell(request, answer)
        seen = Lead.objects.visible_to(user).filter(pk=pk).exists()
        return redirect("lead", pk) if seen else redirect("lead_list")


def _tell(request: HttpRequest, answer: Answer) -> None:
    if answer.detail:
        messages.warning(request, answer.detail)
        return
    given = Given.objects.filter(lead=answer.lead_id).select_related("owner", "team")
    last = given.latest("pk")
    messages.success(request, f"Assigned to {last.owner or last.team}.")


# Why was this assigned to me ----------------------------------------------------------


def why_panel(request: HttpRequest, lead: Lead) -> dict[str, Any] | None:
    """The newest assignment of the lead, in words; one statement."""
    rows = Given.objects.filter(lead=lead).select_related(
        "owner", "team", "version", "rule_set", "asked_by"
    )
    last = rows.order_by("-pk").first()
    if last is None:
        return None
    moved_on = (last.owner_id, last.team_id) != (lead.owner_id, lead.team_id)
    reads = rights_of(request.user).has("assignment_rule", "read")
    return {
        "given": last,
        "moved_on": moved_on,
        "facts": fact_lines(last.facts.get("read", {})),
        "how": how_chosen(last),
        "through": last.facts.get("through", []),
        "url": reverse("assignment_rule_set", args=[last.rule_set_id])
        if last.rule_set_id and reads
        else "",
    }


# Many at once -------------------------------------------------------------------------


def bulk_assign(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
    ids = list(rows.values_list("pk", flat=True))
    answers = chosen_assign(lead_ids=ids, user=user, **values)
    done = sum(answer.done for answer in answers)
    why = {answer.lead_id: answer.detail for answer in answers if answer.detail}
    named = Lead.objects.visible_to(user).filter(pk__in=why).order_by("pk")
    left = [
        (str(lead), reverse("lead", args=[lead.pk]), why[lead.pk]) for lead in named
    ]
    noun = "lead" if done == 1 else "leads"
    return BulkReport(f"{done:,} {noun} assigned by the rules.", left)


# Timeline, home, names ----------------------------------------------------------------


def _assigned(told: Told) -> Any:
    rule = told.data.get("name")
    if told.data.get("why"):
        return format_html("<b>No rule had somebody</b>: {}", told.data["why"])
    place = told.data.get("place")
    return format_html("<b>Assigned by rule {}</b>: {}", place, rule)


def set_names(ids: set[int]) -> Named:
    rows = RuleSet.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("assignment_rule_set", args=[pk])) for pk, name in rows}


def unfit_card(request: HttpRequest) -> dict[str, Any] | None:
    """Leads that no rule had somebody for, and sales-ready ones that nobody has."""
    user: Any = request.user
    if not rights_of(user).has("assignment_rule", "update"):
        return None
    sets = list(RuleSet.objects.visible_to(user).active())
    numbers = unfit_numbers(sets)
    waiting = Lead.objects.visible_to(user).sales_ready().filter(owner=None)
    found = waiting.order_by("sales_ready_at", "pk")
    oldest = list(found[:3])
    if not numbers and not oldest:
        return None
    return {
        "sets": [(row, numbers[row.pk]) for row in sets if row.pk in numbers],
        "oldest": oldest,
        "late": timezone.now() - OLD,
        "more": f"{reverse('lead_list')}?view=ready_unassigned",
    }


def register_all() -> None:
    """Called once, when the apps are loaded."""
    register_panel(
        "lead",
        Panel(
            "assignment",
            "Why this owner",
            "assignment/_panel_why.html",
            why_panel,
            position=5,
        ),
    )
    register_action(
        "lead",
        RecordAction(
            "assign_by_rules",
            "Assign by rules",
            "route",
            lambda lead: reverse("lead_assign_by_rules", args=[lead.pk]),
            method="post",
            action="assign",
            menu=True,
            when=lambda lead: not lead.is_closed,
            question="The assignment rules decide anew who gets this lead.",
            position=230,
        ),
    )
    register_bulk_action(
        "lead",
        BulkAction(
            "assign_by_rules",
            "Assign by rules",
            "route",
            bulk_assign,
            "assign",
            form=AssignByRulesForm,
            question="The assignment rules decide who gets each of them.",
        ),
    )
    register_list_view(
        "lead",
        ListView(
            "ready_unassigned",
            "Sales ready, unassigned",
            lambda rows, user: rows.sales_ready().filter(owner=None),
            sort="sales_ready",
            note="Longest waiting first.",
        ),
    )
    for name in ("lead.assigned", "lead.unassigned"):
        register_timeline(name, "route", _assigned, tone="acc")
    register_source("assignment_rule_set", set_names)
    register_home_card(
        HomeCard(
            "assignment",
            ("sales",),
            "assignment/_home.html",
            unfit_card,
            4,
            15,
            "assignment_rule",
        )
    )
