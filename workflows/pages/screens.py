"""What every page of a workflow shares, and the page of its steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError, Invalid
from core.base.text import whole_number
from core.jobs.models import Job
from core.ui.audit import Change, audit_rows
from core.ui.doors import browser_door
from workflows import rules
from workflows.models import Run, Workflow
from workflows.pages import words
from workflows.pages.cards import cards_of, spoken, step_icon
from workflows.pages.lists import state_badge
from workflows.pages.records import named_subjects
from workflows.services import definition
from workflows.services.figures import Figures, StepFigures, workflow_figures
from workflows.services.on_demand import JOB_KIND, step_sentences

LAST_THROUGH = 6
MOVES = (("up", "Move up", "chevron-up"), ("down", "Move down", "chevron-down"))


class WorkflowScreen(LoginRequiredMixin, View):
    """A page about one workflow: the record, its header, its rights.

    Who may read no workflows gets 403, who may not see this one 404.
    """

    tab: ClassVar[str] = ""

    @cached_property
    def workflow(self) -> Workflow:
        if not rights_of(self.request.user).has("workflow", "read"):
            raise PermissionDenied
        rows = Workflow.objects.visible_to(self.request.user)
        found: Workflow = get_object_or_404(
            rows.select_related("owner"), pk=self.kwargs["pk"]
        )
        return found

    def may(self, action: str) -> bool:
        return may(self.request.user, action, self.workflow, "workflow")

    def require(self, action: str) -> None:
        """404 for the unseen, 403 for what the user may not do to it."""
        if not (self.workflow and self.may(action)):
            raise PermissionDenied

    def header(self) -> dict[str, Any]:
        """What the header of every page shows."""
        workflow = self.workflow
        tabs = (
            ("steps", "Steps", "workflow"),
            ("runs", "Runs", "workflow_runs"),
            ("history", "History", "workflow_history"),
        )
        return {
            "workflow": workflow,
            "badge": state_badge(workflow),
            "tab": self.tab,
            "tabs": [
                (key, label, reverse(name, args=[workflow.pk]))
                for key, label, name in tabs
            ],
            "may_edit": self.may("update"),
            "may_activate": self.may("activate"),
            "may_run": self.may("run"),
            "may_delete": self.may("delete") and not workflow.shipped,
            "job": unfinished_job(workflow),
        }


def unfinished_job(workflow: Workflow) -> Job | None:
    """The job that runs this workflow now, if any."""
    jobs = Job.objects.unfinished().filter(kind=JOB_KIND)
    return jobs.filter(params__workflow=workflow.pk).first()


class WorkflowPage(WorkflowScreen):
    """The steps of a workflow with their numbers, and the selected step beside them."""

    tab = "steps"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("part") == "step":
            return self.panel()
        return self.page()

    @cached_property
    def figures(self) -> Figures:
        return workflow_figures(self.workflow)

    def page(
        self, problem: DomainError | None = None, status: int = 200
    ) -> HttpResponse:
        workflow = self.workflow
        at = problem_at(problem)
        context = {
            **self.header(),
            **self.steps_context(at),
            **self.panel_context(at or self.request.GET.get("step", "")),
            "problem": problem,
            "problem_step": spoken(at) if at else "",
            "purpose": words.purpose(workflow),
        }
        return render(self.request, "workflows/page.html", context, status=status)

    def steps_context(self, problem: str = "") -> dict[str, Any]:
        """The cards, beginning with when and for what the workflow starts."""
        workflow = self.workflow
        said, wrong = words.condition_sentence(workflow.entity, workflow.condition)
        return {
            "workflow": workflow,
            "cards": cards_of(workflow, self.figures, problem),
            "end": str(len(workflow.steps)),
            "figures": self.figures,
            "went_on": self.figures.started - self.figures.left_out,
            "triggers": words.triggers_sentence(workflow),
            "condition": said,
            "condition_problem": wrong,
            "may_edit": self.may("update"),
        }

    def panel(self) -> HttpResponse:
        context = self.panel_context(self.request.GET.get("step", ""))
        return render(self.request, "workflows/_panel.html", context)

    def panel_context(self, position: str) -> dict[str, Any]:
        """The panel of a step, or of the workflow where none is selected."""
        workflow = self.workflow
        step = step_of(workflow, position) if position else None
        shown = {
            "workflow": workflow,
            "selected": position if step else "",
            "may_edit": self.may("update"),
            "triggers": words.triggers_sentence(workflow),
        }
        if step is None:
            said, wrong = words.condition_sentence(workflow.entity, workflow.condition)
            return shown | {"condition": said or wrong, "figures": self.figures}
        own = self.figures.steps.get(position, StepFigures())
        return shown | {
            "step": step,
            "title": words.step_title(step),
            "line": words.step_line(workflow.entity, step),
            "icon": step_icon(step),
            "number": spoken(position),
            "own": own,
            "ways": _ways(own),
            "through": self.last_through(position),
            "moves": MOVES,
        }

    def last_through(self, position: str) -> list[dict[str, Any]]:
        """The newest records that were at a step, with what it did for them."""
        rows = Run.objects.filter(
            version__workflow=self.workflow, log__contains=[{"step": position}]
        )
        runs = list(rows.order_by("-pk")[:LAST_THROUGH])
        names = named_subjects(
            ((run.subject_type, run.subject_id) for run in runs), self.request.user
        )
        return [
            {
                "record": names[run.subject_type, run.subject_id],
                "detail": _line_at(run, position),
                "when": run.started_at,
            }
            for run in runs
            if (run.subject_type, run.subject_id) in names
        ]


def _line_at(run: Run, position: str) -> str:
    lines = [line["detail"] for line in run.log if line["step"] == position]
    return lines[-1] if lines else ""


def _ways(own: StepFigures) -> list[tuple[str, int, int]]:
    """Where records went at a branch: label, number, share in percent."""
    total = sum(own.ways.values())
    return [
        ("Yes" if "holds" in said and "not" not in said else "No", n, n * 100 // total)
        for said, n in sorted(own.ways.items())
    ]


def step_of(workflow: Workflow, position: str) -> rules.Step | None:
    """The step at a position of an address; None where there is none."""
    try:
        return rules.step_at(workflow.steps, position)
    except (ValueError, AssertionError, AttributeError, TypeError):
        return None


def problem_at(problem: DomainError | None) -> str:
    """The step that a refusal is about: "1.then.0", or ""."""
    attr = (problem.attr or "") if isinstance(problem, Invalid) else ""
    if not attr.startswith("steps."):
        return ""
    parts = attr.split(".")[1:]
    kept = []
    for part in parts:
        if not (part.isdigit() or part in rules.ARMS):
            break
        kept.append(part)
    return ".".join(kept)


class Deed(WorkflowPage):
    """Activate, deactivate or delete; a refusal is shown at its step."""

    deed: str = ""
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actions = {
            "activate": ("activate", self.activate),
            "deactivate": ("activate", self.deactivate),
            "delete": ("delete", self.delete_it),
        }
        right, do = actions[self.deed]
        self.require(right)
        try:
            with browser_door(request.user):
                said = do()
        except DomainError as error:
            return self.page(error, status=error.status)
        messages.success(request, said)
        gone = self.deed == "delete"
        return redirect("workflow_list") if gone else redirect("workflow", kwargs["pk"])

    def activate(self) -> str:
        definition.workflow_activate(
            workflow_id=self.workflow.pk, user=self.request.user
        )
        return f"{self.workflow} is active."

    def deactivate(self) -> str:
        definition.workflow_deactivate(workflow_id=self.workflow.pk)
        return f"{self.workflow} is inactive."

    def delete_it(self) -> str:
        definition.workflow_delete(workflow_id=self.workflow.pk)
        return f"{self.workflow} is deleted."


class HistoryPage(WorkflowScreen):
    """Who changed the workflow, and how."""

    tab = "history"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        before = request.GET.get("before", "")
        place = whole_number(before)
        if before and place is None:
            raise Http404
        rows, older = audit_rows(
            "workflow",
            self.workflow,
            user=request.user,
            before=place,
        )
        for row in rows:
            row.changes = [_spoken(self.workflow.entity, each) for each in row.changes]
        template = "workflows/history.html"
        if before:
            template = "ui/_audit.html"
        context = {**self.header(), "rows": rows, "older": older}
        return render(request, template, context)


def _spoken(entity: str, change: Change) -> Change:
    """Steps and conditions as sentences, not as they are stored."""
    told: dict[str, Callable[[Any], str]] = {
        "Steps": lambda steps: "; ".join(step_sentences(steps)),
        "Condition": lambda where: " ".join(words.condition_sentence(entity, where)),
    }
    tell = told.get(change.label)
    if tell is None:
        return change
    old, new = (tell(value) if value else "" for value in (change.old, change.new))
    return Change(change.label, old, new)
