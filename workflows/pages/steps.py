"""Adding, changing, moving and removing steps, in the panel beside them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from core.base.errors import DomainError, Invalid
from core.base.text import whole_number
from core.ui.doors import browser_door
from core.ui.toasts import toast
from workflows import reshape, rules
from workflows.pages import words
from workflows.pages.cards import ICONS, STAND_INS, spoken
from workflows.pages.fields import StepForm
from workflows.pages.screens import WorkflowPage, step_of
from workflows.registry import step_type, step_types
from workflows.services.definition import step_check, workflow_update

FLOW = (
    (rules.WAIT, "Wait", "Go on after some time"),
    (rules.BRANCH, "Two ways", "Go one way where a condition holds, else the other"),
    (rules.STOP, "Stop here", "Nothing more is done"),
)


class StepDesk(WorkflowPage):
    """The panel in which a step is chosen, filled in and saved."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require("update")
        position = request.GET.get("step", "")
        if position:
            step = self.step(position)
            form = self.form(step["type"], step.get("params", {}))
            return self.show(form, step=position)
        if request.GET.get("type"):
            form = self.form(request.GET["type"], {})
            if form.fields:
                return self.show(form, at=request.GET.get("at", ""))
        return self.choose(request.GET.get("at", ""))

    def step(self, position: str) -> rules.Step:
        step = step_of(self.workflow, position)
        if step is None:
            raise Http404
        return step

    def form(self, kind: str, params: Any, data: Any = None) -> StepForm:
        return StepForm(kind, self.workflow.entity, data, params=params)

    def choose(self, at: str) -> HttpResponse:
        """Which kind of step comes here."""
        kinds = [
            (kind.key, kind.label, STAND_INS.get(kind.icon, kind.icon), "", True)
            for kind in step_types(self.workflow.entity)
        ]
        kinds += [
            (key, label, ICONS[key], said, key != rules.STOP)
            for key, label, said in FLOW
        ]
        context = {"workflow": self.workflow, "at": at, "kinds": kinds}
        return render(self.request, "workflows/_choose.html", context)

    def show(self, form: StepForm, *, step: str = "", at: str = "") -> HttpResponse:
        kind = step_type(form.kind)
        flow = {key: label for key, label, _ in FLOW}
        context = {
            "workflow": self.workflow,
            "form": form,
            "step": step,
            "at": at,
            "number": spoken(step) if step else "",
            "title": kind.label if kind else flow.get(form.kind, ""),
            "noun": words.noun(self.workflow.entity),
        }
        status = 422 if form.is_bound and form.errors else 200
        return render(self.request, "workflows/_step_form.html", context, status=status)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require("update")
        do = request.POST.get("do", "")
        deeds = {"insert": self.insert, "save": self.save_step}
        moved = {"up": self.move, "down": self.move, "remove": self.remove}
        deed = {**deeds, **moved}.get(do)
        if deed is None:
            raise Http404
        try:
            return deed()
        except DomainError as error:
            return toast(HttpResponse(status=204), error.detail, tone="bad")

    def insert(self) -> HttpResponse:
        data = self.request.POST
        form = self.form(data.get("type", ""), {}, data)
        at = data.get("at", "")
        steps = self.workflow.steps

        def put(params: dict[str, Any]) -> tuple[Any, str]:
            step = {"type": form.kind, "params": params}
            return reshape.step_insert(steps, at, step), at

        return self.store(form, put, at=at)

    def save_step(self) -> HttpResponse:
        data = self.request.POST
        position = data.get("step", "")
        step = self.step(position)
        form = self.form(step["type"], {}, data)

        def put(params: dict[str, Any]) -> tuple[Any, str]:
            changed = reshape.step_replace(self.workflow.steps, position, params)
            return changed, position

        return self.store(form, put, step=position)

    def store(self, form: StepForm, put: Any, **place: str) -> HttpResponse:
        """Check and save; what is wrong is shown at its setting."""
        if self.request.POST.get("again"):
            # Another field was chosen: its values are offered, nothing is judged yet.
            return self.show(self.form(form.kind, self.request.POST.dict()), **place)
        if not form.is_valid():
            return self.show(form, **place)
        params = form.params()
        try:
            step_check(
                self.workflow.entity, {"type": form.kind, "params": params}, "step"
            )
            steps, position = put(params)
            return self.written(steps, position)
        except Invalid as error:
            form.add_problem(error)
            return self.show(form, **place)

    def move(self) -> HttpResponse:
        by = -1 if self.request.POST["do"] == "up" else 1
        position = self.request.POST.get("step", "")
        return self.written(*reshape.step_move(self.workflow.steps, position, by))

    def remove(self) -> HttpResponse:
        position = self.request.POST.get("step", "")
        return self.written(reshape.step_remove(self.workflow.steps, position), "")

    def written(self, steps: Any, position: str) -> HttpResponse:
        """Store the steps, and show them anew beside the panel."""
        version = self.request.POST.get("version", "")
        with browser_door(self.request.user):
            workflow_update(
                workflow_id=self.workflow.pk,
                steps=steps,
                expected_version=whole_number(version),
            )
        del self.workflow
        context = {
            **self.header(),
            **self.steps_context(),
            **self.panel_context(position),
            "purpose": words.purpose(self.workflow),
        }
        answer = render(self.request, "workflows/_written.html", context)
        return toast(answer, "Saved.")
