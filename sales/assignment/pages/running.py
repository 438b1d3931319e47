"""Dry run: who would get what; and the run itself as a job."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from core.access.models import Team, User
from core.access.rights import rights_of
from core.base.errors import DomainError
from core.query.language import QueryTimeout
from core.ui.doors import browser_door
from crm.models import Lead
from sales.assignment.forms import RunForm
from sales.assignment.models import Given
from sales.assignment.pages.sets import RuleSetScreen
from sales.assignment.services.dry_run import MOST, rule_set_dry_run
from sales.assignment.services.people import open_leads
from sales.assignment.services.plan import Gift
from sales.assignment.services.runs import assignment_run_start

SHOWN = 50


class DryRun(RuleSetScreen):
    """GET shows who would get which leads; POST starts the job that does it."""

    def asked(self, data: Any) -> dict[str, bool]:
        """What was asked; a page opened anew asks for sales-ready leads only."""
        if "asked" not in data:
            return {"sales_ready_only": True, "take_away": False}
        form = RunForm(data)
        form.is_valid()
        ready, take_away = form.cleaned_data["ready"], form.cleaned_data["take_away"]
        return {"sales_ready_only": ready, "take_away": take_away}

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.asked(request.GET))

    def page(
        self, options: dict[str, bool], problem: str = "", status: int = 200
    ) -> HttpResponse:
        gifts: list[Gift] = []
        user: Any = self.request.user
        try:
            gifts = rule_set_dry_run(rule_set=self.rule_set, user=user, **options)
        except QueryTimeout as error:
            problem, status = problem or error.detail, 422
        context = {
            "rule_set": self.rule_set,
            "options": options,
            "problem": problem,
            "number": len(gifts),
            "most": MOST,
            "may_run": self.may_run(),
            "rules": _by_rule(gifts),
            **_by_person(gifts),
            "examples": self.examples(gifts),
        }
        return render(self.request, "assignment/dry_run.html", context, status=status)

    def may_run(self) -> bool:
        """Whoever changes the rules, or hands leads over, may let them run."""
        return rights_of(self.request.user).has("lead", "assign")

    def examples(self, gifts: list[Gift]) -> list[dict[str, Any]]:
        """The first leads with who has them and who would."""
        shown = gifts[:SHOWN]
        leads = Lead.objects.visible_to(self.request.user).in_bulk(
            [gift.lead.pk for gift in shown]
        )
        people = _people(shown)
        teams = Team.objects.in_bulk({g.team_id for g in shown if g.team_id})
        return [
            {
                "lead": leads[gift.lead.pk],
                "before": people.get(gift.lead.owner_id or 0),
                "after": people.get(gift.owner_id or 0) or teams.get(gift.team_id or 0),
                "said": rule_said(gift),
                "fits": gift.outcome == Given.Outcome.RULE,
            }
            for gift in shown
            if gift.lead.pk in leads
        ]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.may_run():
            raise PermissionDenied
        options, user = self.asked(request.POST), request.user
        try:
            with browser_door(user):
                job = assignment_run_start(
                    user=user,  # type: ignore[arg-type]  # signed in: the mixin sees to it
                    rule_set=self.rule_set,
                    **options,
                )
        except DomainError as error:
            return self.page(options, error.detail, error.status)
        messages.success(request, "Leads are being assigned.")
        return redirect("job", job.pk)


def rule_said(gift: Gift) -> str:
    """The rule in a word, or why there is none."""
    if gift.rule is None:
        return "No rule fits"
    said = f"{gift.place}. {gift.rule.name}"
    if gift.outcome == Given.Outcome.RULE:
        return said
    return f"{said}: {gift.facts['why']}"


def _people(gifts: list[Gift]) -> dict[int, User]:
    ids = {gift.owner_id for gift in gifts} | {gift.lead.owner_id for gift in gifts}
    return User.objects.in_bulk({pk for pk in ids if pk})


def _by_rule(gifts: list[Gift]) -> list[tuple[str, int]]:
    """What each rule would give, in the order of the rules."""
    found: Counter[tuple[int, str]] = Counter()
    for gift in gifts:
        fits = gift.outcome == Given.Outcome.RULE and gift.rule is not None
        found[gift.place or 0 if fits else 10**6, rule_said(gift)] += 1
    return [(said, number) for (_, said), number in sorted(found.items())]


def _by_person(gifts: list[Gift]) -> dict[str, Any]:
    """What each person would get beside what that person has; the rest."""
    got = Counter(gift.owner_id for gift in gifts if gift.owner_id)
    people = User.objects.select_related("team").in_bulk(list(got))
    loads = open_leads(got)
    rows = [(people[pk], loads.get(pk, 0), number) for pk, number in got.most_common()]
    return {
        "people": rows,
        "fallbacks": sum(g.outcome == Given.Outcome.FALLBACK for g in gifts),
        "nobody": sum(g.outcome == Given.Outcome.NOBODY for g in gifts),
    }
