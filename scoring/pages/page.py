"""The page of a scoring model: rules in words, spread of scores, go live and stop."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.jobs.models import Job
from core.jobs.services import job_cancel
from core.ui.doors import browser_door
from crm.models import Lead
from scoring.models import LeadScore, ScoringModel
from scoring.pages.lists import state_badge
from scoring.services import lifecycle
from scoring.services.report import model_distribution, model_simulate
from scoring.services.spread import Bar, model_spread
from scoring.services.words import rule_sentence

TOP = 10


class ModelScreen(LoginRequiredMixin, View):
    """One scoring model: 403 for who may read none, 404 for an unseen one."""

    @cached_property
    def scoring_model(self) -> ScoringModel:
        if not rights_of(self.request.user).has("scoring_model", "read"):
            raise PermissionDenied
        rows = ScoringModel.objects.visible_to(self.request.user)
        found: ScoringModel = get_object_or_404(
            rows.select_related("owner"), pk=self.kwargs["pk"]
        )
        return found

    def may(self, action: str) -> bool:
        return may(self.request.user, action, self.scoring_model, "scoring_model")

    def require(self, action: str) -> None:
        if not (self.scoring_model and self.may(action)):
            raise PermissionDenied

    @cached_property
    def job(self) -> Job | None:
        """The newest job that scores all leads by this model."""
        jobs = Job.objects.filter(kind="score_all", params__model=self.scoring_model.pk)
        return jobs.order_by("-pk").first()


class ScoringModelPage(ModelScreen):
    """Everything about one model; its parts are asked for by htmx."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        parts = {"simulate": self.simulation, "scores": self.scores}
        return parts.get(request.GET.get("part", ""), self.page)()

    def page(self, problem: str = "", status: int = 200) -> HttpResponse:
        model = self.scoring_model
        context = {
            **self.scores_context(),
            "badge": state_badge(model),
            "problem": problem,
            "rules": [(rule, rule_sentence(rule)) for rule in model.rules.all()],
            "grades": _ranges(model),
            "may_edit": self.may("update"),
            "may_publish": self.may("publish"),
            "may_delete": self.may("delete") and not model.is_live,
        }
        return render(self.request, "scoring/page.html", context, status=status)

    def scores(self) -> HttpResponse:
        return render(self.request, "scoring/_scores.html", self.scores_context())

    def scores_context(self) -> dict[str, Any]:
        """How far scoring is, and how the scores are spread."""
        model, job = self.scoring_model, self.job
        spread = model_spread(model)
        return {
            "model": model,
            "job": job,
            "running": bool(job and not job.is_finished),
            "numbers": model_distribution(model=model),
            "bars": spread,
            "axis": _axis(spread),
            "top": self.top() if spread else [],
            "may_publish": self.may("publish"),
        }

    def top(self) -> list[dict[str, Any]]:
        """The leads with the highest scores that the user may see."""
        rows = LeadScore.objects.filter(
            model=self.scoring_model,
            lead__in=Lead.objects.visible_to(self.request.user),
        )
        found = rows.select_related("lead").order_by("-score", "lead")[:TOP]
        return [_top(row.lead, row.score, row.grade) for row in found]

    def simulation(self) -> HttpResponse:
        """What the model would give the newest leads; nothing is stored."""
        model = self.scoring_model
        context: dict[str, Any] = {"model": model}
        try:
            found = model_simulate(model=model, user=self.request.user)
        except DomainError as error:
            context["problem"] = error.detail
        else:
            ids = [row["lead"] for row in found["top"]]
            leads = Lead.objects.visible_to(self.request.user).in_bulk(ids)
            context |= {
                "found": found,
                "top": [
                    _top(leads[row["lead"]], row["score"], "")
                    for row in found["top"]
                    if row["lead"] in leads
                ],
            }
        return render(self.request, "scoring/_simulation.html", context)


def _top(lead: Lead, score: int, grade: str) -> dict[str, Any]:
    return {
        "name": lead.name or lead.topic,
        "second": lead.topic or lead.company_name,
        "url": reverse("lead", args=[lead.pk]),
        "score": score,
        "grade": grade,
    }


def _axis(spread: list[Bar]) -> tuple[int, int] | None:
    return (spread[0].low, spread[-1].high) if spread else None


def _ranges(model: ScoringModel) -> list[tuple[str, int, int | None]]:
    """Grades with where they begin and end."""
    starts = [grade["from"] for grade in model.grades]
    ends = [*(start - 1 for start in starts[1:]), None][: len(starts)]
    return [
        (grade["name"], start, end)
        for grade, start, end in zip(model.grades, starts, ends, strict=True)
    ]


class ModelDeed(ScoringModelPage):
    """Go live, stop, delete, or stop the scoring of all leads."""

    deed: str = ""
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        deeds = {
            "go-live": ("publish", self.go_live),
            "stop": ("publish", self.stop),
            "cancel": ("publish", self.cancel),
            "delete": ("delete", self.delete_it),
        }
        right, do = deeds[self.deed]
        self.require(right)
        try:
            with browser_door(request.user):
                said = do()
        except DomainError as error:
            return self.page(error.detail, status=error.status)
        messages.success(request, said)
        if self.deed == "delete":
            return redirect("scoring_model_list")
        return redirect("scoring_model", kwargs["pk"])

    def go_live(self) -> str:
        model = self.scoring_model
        lifecycle.scoring_model_go_live(model_id=model.pk, user=self.request.user)
        return f"{model} is live."

    def stop(self) -> str:
        lifecycle.scoring_model_stop(model_id=self.scoring_model.pk)
        return f"{self.scoring_model} is stopped."

    def cancel(self) -> str:
        if self.job is not None:
            job_cancel(self.job)
        return "Scoring all leads stops after what is at hand."

    def delete_it(self) -> str:
        lifecycle.scoring_model_delete(model_id=self.scoring_model.pk)
        return f"{self.scoring_model} is deleted."
