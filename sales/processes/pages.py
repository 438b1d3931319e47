"""The side panel of a stage and the buttons of the process bar."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may
from core.base.errors import Denied, DomainError
from core.ui import cells
from core.ui.doors import browser_door
from core.ui.forms import RecordForm
from crm.entities import LEAD_FLAGS
from crm.forms import CUSTOM, LeadForm
from crm.models import Lead, ProcessState
from crm.processes.reading import stage_named, standing, step_value
from crm.processes.rules import Step
from crm.services.processes import process_definitions
from sales.models import Opportunity
from sales.pages.records import OpportunityForm
from sales.processes.bar import lasted
from sales.processes.moves import MOVES, process_move
from sales.processes.steps import process_steps

SAID = {
    "next": "Moved on to {}.",
    "back": "Moved back to {}.",
    "enter": "Moved to {}.",
    "finish": "Process finished.",
    "abandon": "Process abandoned.",
    "resume": "Process resumed.",
    "switch": "Now shows another process.",
}


class _ProcessDoor(LoginRequiredMixin, View):
    """A record that stands in a process; 404 for strangers."""

    model: ClassVar[Any]
    form_class: ClassVar[type[RecordForm]]
    entity: ClassVar[str]

    def record(self) -> Any:
        rows = self.model.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def may_change(self, record: Any) -> bool:
        return may(self.request.user, "update", record, self.entity)

    def stage_name(self, record: Any) -> str:
        return standing(self.entity, record, process_definitions()).stage.name

    def done(self, record: Any, said: str) -> HttpResponseBase:
        messages.success(self.request, said)
        return self.back_to(record)

    def back_to(self, record: Any) -> HttpResponseBase:
        url = reverse(self.entity, args=[record.pk])
        if self.request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)


class ProcessMove(_ProcessDoor):
    """Next, back, set active, switch, finish, abandon, resume."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return redirect(self.entity, pk=self.record().pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        record = self.record()
        if not self.may_change(record):
            raise PermissionDenied
        move = request.POST.get("move", "")
        if move not in MOVES:
            raise Http404
        named = {"enter": ("stage",), "switch": ("process",), "abandon": ("reason",)}
        options: dict[str, Any] = {
            name: request.POST.get(name, "") for name in named.get(move, ())
        }
        user: Any = request.user
        try:
            with browser_door(user):
                moved = process_move(
                    entity=self.entity,
                    record_id=record.pk,
                    user=user,
                    move=move,
                    from_stage=request.POST.get("from_stage"),
                    **options,
                )
        except Denied as error:
            raise PermissionDenied from error
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return self.back_to(record)
        return self.done(record, SAID[move].format(self.stage_name(moved)))


class StagePanel(_ProcessDoor):
    """One stage with its data steps, to be read and filled in."""

    def get(self, request: HttpRequest, pk: int, stage: str) -> HttpResponseBase:
        record = self.record()
        return self.show(record, stage, self.form(record, stage))

    def post(self, request: HttpRequest, pk: int, stage: str) -> HttpResponseBase:
        record = self.record()
        if not self.may_change(record):
            raise PermissionDenied
        form = self.form(record, stage, request.POST)
        if not form.is_valid():
            return self.show(record, stage, form, status=422)
        user: Any = request.user
        stored = self.record()
        try:
            with browser_door(user):
                moved = process_steps(
                    entity=self.entity,
                    record_id=pk,
                    user=user,
                    values=self.changed(stored, stage, form),
                    stage=stage,
                )
                moved = self.then(moved, stage)
        except Denied as error:
            raise PermissionDenied from error
        except DomainError as refusal:
            return self.show(
                record, stage, form, error=refusal.detail, status=refusal.status
            )
        said = f"Saved. It stands in {self.stage_name(moved)}."
        return self.done(record, said)

    def then(self, record: Any, stage: str) -> Any:
        """What the second button of the panel asks for, after saving."""
        move = self.request.POST.get("then", "")
        if move not in ("next", "enter"):
            return record
        user: Any = self.request.user
        options: dict[str, Any] = {"stage": stage} if move == "enter" else {}
        return process_move(
            entity=self.entity,
            record_id=record.pk,
            user=user,
            move=move,
            from_stage=self.request.POST.get("from_stage"),
            **options,
        )

    # The form -----------------------------------------------------------------------

    def stage(self, record: Any, key: str) -> Any:
        definitions = process_definitions()
        at = standing(self.entity, record, definitions)
        shown = [each for each in at.shown if each.stage.key == key]
        if not shown:
            raise Http404
        return at, shown[0], stage_named(key, at.process, definitions, self.entity)

    def form(self, record: Any, key: str, data: Any = None) -> Any:
        """The record's own form, with the fields of the stage alone, and ticks."""
        _, _, stage = self.stage(record, key)
        form = self.form_class(data, instance=record, user=self.request.user)
        wanted = {}
        for step in stage.steps:
            field = self.field(form, record, stage, step)
            if field is not None:
                field.label = step.label
                wanted[form_name(step)] = field
        form.fields = wanted
        return form

    def field(self, form: Any, record: Any, stage: Any, step: Step) -> Any:
        value = step_value(record, stage, step) if has(record, step) else None
        if not step.field or step.field in LEAD_FLAGS:
            form.initial[form_name(step)] = bool(value)
            field = forms.BooleanField(required=False)
            form.dress(field)
            return field
        return form.fields.get(form_name(step))

    def changed(self, record: Any, key: str, form: Any) -> dict[str, Any]:
        """The steps whose value the person changed."""
        _, _, stage = self.stage(record, key)
        names = set(form.changed_data)
        values = {step: form_name(step) for step in stage.steps}
        return {
            step.key: form.cleaned_data[name]
            for step, name in values.items()
            if name in names and name in form.cleaned_data
        }

    def show(
        self, record: Any, key: str, form: Any, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        at, shown, stage = self.stage(record, key)
        fresh = self.record()
        own = stage.entity == self.entity
        active = fresh.process_state == ProcessState.ACTIVE and not fresh.is_closed
        may_fill = own and active and self.may_change(fresh)
        context = {
            "entity": self.entity,
            "record": fresh,
            "stage": stage,
            "shown": shown,
            "at": at,
            "spent": lasted(shown.spent) if shown.spent else "",
            "form": form if may_fill else None,
            "lines": [
                (step.label, self.told(fresh, stage, step))
                for step in stage.steps
                if own
            ],
            "required": {step.label for step in stage.steps if step.required},
            "own": own,
            "error": error,
        }
        return render(self.request, "sales/_stage.html", context, status=status)

    def told(self, record: Any, stage: Any, step: Step) -> Any:
        value = step_value(record, stage, step) if has(record, step) else None
        return cells.plain(value)


def has(record: Any, step: Step) -> bool:
    """Whether a record of this kind knows what the step asks for."""
    plain = not step.field or step.field.startswith("custom.")
    return plain or hasattr(record, step.field)


def form_name(step: Step) -> str:
    """What the field of a step is called in the record's form."""
    if step.field.startswith("custom."):
        return CUSTOM + step.field.removeprefix("custom.")
    return step.field or f"tick__{step.key}"


class _OfLead(_ProcessDoor):
    model, entity, form_class = Lead, "lead", LeadForm


class _OfOpportunity(_ProcessDoor):
    model, entity, form_class = Opportunity, "opportunity", OpportunityForm


class LeadMove(_OfLead, ProcessMove):
    pass


class LeadStage(_OfLead, StagePanel):
    pass


class OpportunityMove(_OfOpportunity, ProcessMove):
    pass


class OpportunityStage(_OfOpportunity, StagePanel):
    pass
