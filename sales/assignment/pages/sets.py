"""Rule sets: all of them, and one with its rules in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from core.access.models import User
from core.access.rights import rights_of
from core.base.errors import DomainError
from core.base.text import whole_number
from core.ui.doors import browser_door
from crm.models import Lead
from sales.assignment.models import AssignmentRule, Given, RuleSet
from sales.assignment.services import definition
from sales.assignment.services.conditions import condition_sentence
from sales.assignment.services.words import limits_sentence, target_sentence

SHOWN = 8
DAYS = 30


class AssignmentScreen(LoginRequiredMixin, View):
    """A page of assignment rules: 403 for whoever may not read them."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        user: Any = request.user
        if user.is_authenticated and not self.may("read"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def may(self, action: str) -> bool:
        return rights_of(self.request.user).has("assignment_rule", action)

    def require(self, action: str) -> None:
        if not self.may(action):
            raise PermissionDenied


class RuleSets(AssignmentScreen):
    """The sets of the organisation, its teams and its partners."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = RuleSet.objects.visible_to(request.user).select_related(
            "team", "fallback_owner"
        )
        sets = list(rows.annotate(number=Count("rules", filter=Q(rules__active=True))))
        unfit = unfit_numbers(sets)
        context = {
            "sets": [(row, unfit.get(row.pk, 0)) for row in sets],
            "may_create": self.may("create"),
            "no_main": all(row.team_id for row in sets),
        }
        return render(request, "assignment/sets.html", context)


def unfit_numbers(sets: Sequence[RuleSet]) -> dict[int, int]:
    """For each set, the leads that no rule had somebody for since it was looked at."""
    rows = Given.objects.unfit().filter(
        Q(rule_set__alerts_seen_at=None)
        | Q(created_at__gt=F("rule_set__alerts_seen_at")),
        rule_set__in=sets,
    )
    found = rows.order_by().values_list("rule_set").annotate(number=Count("pk"))
    return dict(found)


class RuleSetScreen(AssignmentScreen):
    """A page about one set."""

    @cached_property
    def rule_set(self) -> RuleSet:
        rows = RuleSet.objects.visible_to(self.request.user)
        found: RuleSet = get_object_or_404(
            rows.select_related("team", "fallback_owner"), pk=self.kwargs["pk"]
        )
        return found

    def rules_context(self) -> dict[str, Any]:
        """The rules in words, in their order, with what each gave lately."""
        rules = list(
            self.rule_set.rules.select_related("user", "team").order_by(
                "position", "pk"
            )
        )
        names = User.objects.in_bulk({pk for rule in rules for pk in rule.people})
        given = _given_lately(rules)
        lines = [
            {
                "rule": rule,
                "condition": condition_sentence(rule.condition),
                "target": target_sentence(rule, names),
                "limits": limits_sentence(rule),
                "given": given.get(rule.pk, 0),
            }
            for rule in rules
        ]
        return {
            "rule_set": self.rule_set,
            "lines": lines,
            "days": DAYS,
            "may_edit": self.may("update"),
            "may_delete": self.may("delete"),
        }


def _given_lately(rules: list[AssignmentRule]) -> dict[int, int]:
    rows = Given.objects.filter(
        version__rule__in=rules,
        outcome=Given.Outcome.RULE,
        created_at__gte=timezone.now() - timedelta(days=DAYS),
    )
    found = rows.order_by().values_list("version__rule").annotate(number=Count("pk"))
    return dict(found)


class RuleSetPage(RuleSetScreen):
    """One set: its rules, what falls back, and what it gave last."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page()

    def page(self, problem: str = "", status: int = 200) -> HttpResponse:
        row = self.rule_set
        context = {
            **self.rules_context(),
            "problem": problem,
            "unfit": unfit_numbers([row]).get(row.pk, 0),
            "unfit_leads": self.newest(Given.objects.unfit()),
            "recent": self.newest(Given.objects.all()),
            "unassigned_url": f"{reverse('lead_list')}?view=ready_unassigned",
        }
        return render(self.request, "assignment/set.html", context, status=status)

    def newest(self, rows: Any) -> list[Given]:
        """The newest of this set about leads that the user may see."""
        seen = Lead.objects.visible_to(self.request.user)
        found = rows.filter(rule_set=self.rule_set, lead__in=seen)
        found = found.select_related("lead", "owner", "team", "version")
        return list(found.order_by("-pk")[:SHOWN])


class RuleSetDeed(RuleSetPage):
    """Switch on or off, delete, take note of alerts."""

    deed: ClassVar[str] = ""
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        deeds: dict[str, tuple[str, Callable[[], str]]] = {
            "activate": ("update", self.activate),
            "deactivate": ("update", self.deactivate),
            "dismiss": ("update", self.dismiss),
            "delete": ("delete", self.delete_it),
        }
        right, do = deeds[self.deed]
        self.require(right)
        row = self.rule_set
        try:
            with browser_door(request.user):
                said = do()
        except DomainError as error:
            return self.page(error.detail, status=error.status)
        messages.success(request, said)
        if self.deed == "delete":
            return redirect("assignment_rule_sets")
        return redirect("assignment_rule_set", row.pk)

    def activate(self) -> str:
        definition.rule_set_switch(rule_set_id=self.rule_set.pk, active=True)
        return f"{self.rule_set} is on."

    def deactivate(self) -> str:
        definition.rule_set_switch(rule_set_id=self.rule_set.pk, active=False)
        return f"{self.rule_set} is off."

    def dismiss(self) -> str:
        definition.alerts_dismiss(rule_set_id=self.rule_set.pk)
        return "Noted."

    def delete_it(self) -> str:
        definition.rule_set_delete(rule_set_id=self.rule_set.pk)
        return f"{self.rule_set} is deleted."


class RuleOrder(RuleSetScreen):
    """A new order of the rules, as they were dragged; answers with the list."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.require("update")
        sent = request.POST.get("order", "")[:10_000].split(",")
        order = [number for text in sent if (number := whole_number(text)) is not None]
        problem, status = "", 200
        try:
            with browser_door(request.user):
                definition.rules_reorder(rule_set_id=self.rule_set.pk, order=order)
        except DomainError as error:
            problem, status = error.detail, error.status
        context = self.rules_context() | {"order_problem": problem}
        return render(request, "assignment/_rules.html", context, status=status)


class RuleDeed(AssignmentScreen):
    """Move a rule up or down, or delete it."""

    deed: ClassVar[str] = ""
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.require("delete" if self.deed == "delete" else "update")
        rule = get_object_or_404(AssignmentRule.objects.visible_to(request.user), pk=pk)
        try:
            with browser_door(request.user):
                if self.deed == "delete":
                    definition.rule_delete(rule_id=rule.pk)
                else:
                    by = -1 if self.deed == "up" else 1
                    definition.rule_move(rule_id=rule.pk, by=by)
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            if self.deed == "delete":
                messages.success(request, f"{rule} is deleted.")
        return redirect("assignment_rule_set", rule.rule_set_id)
