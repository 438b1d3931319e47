"""The settings pages of processes and status reasons, with a small designer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from core.base.errors import DomainError
from core.base.text import whole_number
from core.ui.doors import browser_door
from crm.models import Process, StatusReason
from crm.processes.rules import ENTITIES
from crm.services.processes import process_delete, process_save, step_fields
from crm.services.status_reasons import status_reason_delete, status_reason_save
from sales.pages.settings import Setting

Stages = list[dict[str, Any]]


def stages_typed(data: Mapping[str, Any]) -> Stages:
    """The stages as they were typed, in the order of the page."""
    stages: Stages = []
    for n in range(whole_number(str(data.get("stages", ""))) or 0):
        at = f"stage-{n}"
        steps = whole_number(str(data.get(f"{at}-steps", ""))) or 0
        stages.append(
            {
                "key": data.get(f"{at}-key", ""),
                "name": data.get(f"{at}-name", "").strip(),
                "entity": data.get(f"{at}-entity", "lead"),
                "hands_over_to": data.get(f"{at}-hands_over_to", ""),
                "steps": [_step_typed(data, f"{at}-step-{m}") for m in range(steps)],
            }
        )
    return stages


def _step_typed(data: Mapping[str, Any], at: str) -> dict[str, Any]:
    return {
        "key": data.get(f"{at}-key", ""),
        "label": data.get(f"{at}-label", "").strip(),
        "field": data.get(f"{at}-field", ""),
        "required": data.get(f"{at}-required") == "on",
        "moves_to": data.get(f"{at}-moves_to", ""),
    }


NEW_STEP = {"key": "", "label": "", "field": "", "required": False, "moves_to": ""}


def stages_changed(stages: Stages, do: str) -> Stages:
    """What a button of the designer does: add, remove, up or down; pure."""
    word, _, where = do.partition(":")
    places = [int(each) for each in where.split(":") if each.isdigit()]
    if word == "add_stage":
        entity = stages[-1]["entity"] if stages else "lead"
        new = {"key": "", "name": "", "entity": entity, "hands_over_to": ""}
        return [*stages, {**new, "steps": []}]
    if not places or places[0] >= len(stages):
        return stages
    n = places[0]
    if word == "add_step":
        stages[n]["steps"].append(dict(NEW_STEP))
    elif word == "remove_step" and len(places) > 1:
        stages[n]["steps"][places[1] : places[1] + 1] = []
    elif word == "remove":
        del stages[n]
    elif word in ("up", "down"):
        other = n - 1 if word == "up" else n + 1
        if 0 <= other < len(stages):
            stages[n], stages[other] = stages[other], stages[n]
    return stages


class Processes(Setting):
    """Every process with its stages."""

    entity = "process"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Process.objects.visible_to(request.user).order_by("position", "pk")
        context = {"processes": rows, "may_update": self.may_update}
        return render(request, "sales/processes.html", context)


class ProcessEdit(Setting):
    """The designer of one process: stages in order, each with its data steps."""

    entity, action = "process", "update"

    def process(self) -> Process | None:
        if "pk" not in self.kwargs:
            return None
        rows = Process.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        process = self.process()
        blank: dict[str, Any] = {"name": "", "description": "", "stages": []}
        values = vars(process) if process else blank
        return self.show(process, values)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
        process, do = self.process(), request.POST.get("do", "save")
        if do == "delete" and process is not None:
            return self.delete(process)
        values: dict[str, Any] = {
            "name": request.POST.get("name", "").strip(),
            "description": request.POST.get("description", "").strip(),
            "active": request.POST.get("active") == "on",
            "stages": stages_typed(request.POST),
        }
        if do != "save":
            values["stages"] = stages_changed(values["stages"], do)
            return self.show(process, values)
        return self.save(process, values)

    def save(self, process: Process | None, values: dict[str, Any]) -> HttpResponseBase:
        if process is None:
            values["key"] = self.free_key(values["name"])
        version = whole_number(self.request.POST.get("version", ""))
        try:
            with browser_door(self.request.user):
                saved = process_save(
                    process=process,
                    values=values,
                    expected_version=version if process else None,
                )
        except DomainError as error:
            return self.show(process, values, error)
        messages.success(self.request, f"{saved} saved.")
        return redirect("process_list")

    def free_key(self, name: str) -> str:
        """A key made from the name that no process has."""
        base = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
        base = base.encode("ascii", "ignore").decode()[:50] or "process"
        taken = set(Process.objects.values_list("key", flat=True))
        tries = (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3)))
        return next(key for key in tries if key not in taken)

    def delete(self, process: Process) -> HttpResponseBase:
        try:
            with browser_door(self.request.user):
                process_delete(process=process)
        except DomainError as refusal:
            messages.error(self.request, refusal.detail)
            return redirect("process_edit", process.pk)
        messages.success(self.request, f"{process} deleted.")
        return redirect("process_list")

    def show(
        self,
        process: Process | None,
        values: Mapping[str, Any],
        error: DomainError | None = None,
    ) -> HttpResponse:
        others = Process.objects.filter(active=True)
        if process is not None:
            others = others.exclude(pk=process.pk)
        context = {
            "process": process,
            "values": values,
            "stages": values["stages"],
            "problems": _problems(error),
            "entities": ENTITIES,
            "others": others,
            "fields": {k: _named(names) for k, names in step_fields().items()},
            "version": self.request.POST.get("version")
            or getattr(process, "version", ""),
        }
        status = 422 if error else 200
        return render(self.request, "sales/process_edit.html", context, status=status)


def _named(names: Iterable[str]) -> list[tuple[str, str]]:
    """Fields with what they are called: parent_contact -> Parent contact."""
    labels = {name: name.removeprefix("custom.").replace("_", " ") for name in names}
    return sorted((name, label.capitalize()) for name, label in labels.items())


def _problems(error: DomainError | None) -> list[str]:
    """What is wrong, each with its stage and step by their numbers."""
    if error is None:
        return []
    listed = error.extra.get("errors") or [{"attr": error.attr, "detail": error.detail}]
    return [_placed(each.get("attr") or "", each["detail"]) for each in listed]


def _placed(attr: str, detail: str) -> str:
    """stages.0.steps.1.label -> Stage 1, step 2: ..."""
    parts = attr.split(".")
    words = [
        f"{'Stage' if parts[i - 1] == 'stages' else 'step'} {int(part) + 1}"
        for i, part in enumerate(parts)
        if part.isdigit()
    ]
    return f"{', '.join(words)}: {detail}" if words else detail


class StatusReasons(Setting):
    """The reasons of each state, changed in place."""

    entity = "status_reason"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = StatusReason.objects.visible_to(request.user)
        groups: dict[tuple[str, str], list[StatusReason]] = {}
        for row in rows.order_by("entity", "position", "pk"):
            groups.setdefault((row.entity, row.state), []).append(row)
        shown = [
            (entity, state, groups.get((entity, state), []))
            for entity, states in StatusReason.STATES.items()
            for state in states
        ]
        context = {"groups": shown, "may_update": self.may_update}
        return render(request, "sales/status_reasons.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        pk = whole_number(request.POST.get("reason", ""))
        rows = StatusReason.objects.visible_to(request.user)
        row = get_object_or_404(rows, pk=pk) if pk else StatusReason()
        try:
            with browser_door(request.user):
                said = self.do(row)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, said)
        return redirect("status_reason_list")

    def do(self, row: StatusReason) -> str:
        typed = self.request.POST
        if typed.get("do") == "delete":
            status_reason_delete(row=row)
            return f"{row.label} deleted."
        values: dict[str, Any] = {"label": typed.get("label", "").strip()}
        if row._state.adding:
            values |= {"entity": typed.get("entity", ""), "state": typed["state"]}
            values["value"] = "_".join(values["label"].lower().split())[:40]
            rows = StatusReason.objects.filter(entity=values["entity"])
            values["position"] = rows.count()
        else:
            values["active"] = typed.get("active") == "on"
            values["is_default"] = typed.get("is_default") == "on"
        status_reason_save(row=row, values=values)
        return f"{row.label} saved."
