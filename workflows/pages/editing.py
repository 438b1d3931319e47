"""Making a workflow, and editing its name, its triggers and its condition."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.generic import View

from core.access.rights import rights_of
from core.journal.interactions import interaction_kinds
from core.ui.conditions import ConditionField
from core.ui.forms import FormPage, RecordForm
from crm.services.kinds import kind_of
from segments.models import Segment
from workflows.models import Workflow
from workflows.pages import words
from workflows.services import definition
from workflows.steps.records import RECORDS

DEFAULT = "lead"
DATES = {"created_at", "updated_at", "version", "custom"}


def entity_choices() -> list[tuple[str, str]]:
    """The records that have steps."""
    return [(key, words.noun(key).capitalize()) for key in RECORDS]


def field_choices(entity: str) -> list[tuple[str, str]]:
    """What can change on a record, by its label."""
    names = set(kind_of(entity).fields) - DATES
    if entity == "lead":
        names |= {"parent_contact", "parent_account", "state", "stage", "sales_ready"}
    labels = ((name, words.field_label(entity, name).capitalize()) for name in names)
    return sorted(labels, key=lambda pair: pair[1])


def event_choices(entity: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can happen to a record: milestones, then interactions of its people."""
    groups = [(n, w) for n, w in words.EVENT_LABELS.items()]
    own = "segment." if entity == "contact" else "lead."
    facts = [(n, w) for n, w in groups if n.startswith(own) or _of_leads(n, entity)]
    done = [(kind.name, kind.label) for kind in interaction_kinds()]
    return [("Milestones", facts), ("What the person does", done)]


def _of_leads(name: str, entity: str) -> bool:
    return entity == "lead" and name == "score.changed"


def segment_choices(user: Any) -> list[tuple[int, str]]:
    """The segments that the user sees, by name."""
    rows = Segment.objects.visible_to(user).order_by("name")
    return list(rows.values_list("pk", "name"))


class SegmentsField(forms.TypedMultipleChoiceField):
    """Segments by their number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, **kwargs)


class WorkflowForm(RecordForm):
    """When a workflow starts and for what; its steps are edited where they stand."""

    sections: ClassVar = (
        ("Workflow", ("name", "description", "entity")),
        (
            "Starts",
            ("on_created", "on_demand", "on_changed", "on_events", "on_segments"),
        ),
        ("Only where", ("condition",)),
    )
    entity = forms.ChoiceField(label="Record")
    on_created = forms.BooleanField(required=False, label="When one is created")
    on_demand = forms.BooleanField(
        required=False, initial=True, label="On demand, for the existing ones"
    )
    on_changed = forms.MultipleChoiceField(
        required=False, label="When one of these fields changes"
    )
    on_events = forms.MultipleChoiceField(
        required=False, label="When one of these happens"
    )
    on_segments = SegmentsField(
        required=False,
        label="Only for these segments",
        help_text="For entering and leaving a segment; none chosen means any.",
    )
    condition = ConditionField(
        rows=8, help_text="Left empty, the workflow runs for every record."
    )

    class Meta:
        model = Workflow
        fields = (
            "name",
            "description",
            "entity",
            "condition",
            "on_created",
            "on_demand",
            "on_changed",
            "on_events",
            "on_segments",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entity = self.chosen_entity()
        self.fields["entity"].choices = entity_choices()  # type: ignore[attr-defined]  # a choice field
        self.fields["on_changed"].choices = field_choices(entity)  # type: ignore[attr-defined]  # a choice field
        self.fields["on_events"].choices = event_choices(entity)  # type: ignore[attr-defined]  # a choice field
        if entity == "contact":
            self.fields["on_segments"].choices = segment_choices(self.user)  # type: ignore[attr-defined]  # a choice field
        else:
            # Contacts enter segments; nothing else does.
            del self.fields["on_segments"]
        several = {"on_changed", "on_events", "on_segments"} & set(self.fields)
        for name in several:
            self.fields[name].widget.attrs |= {"size": 8, "class": "form-select h"}
        condition: Any = self.fields["condition"]
        condition.widget.attrs["class"] = "form-control h w-code"
        condition.about(entity)
        self.fields["description"].css = "wide"  # type: ignore[attr-defined]  # read by the template

    def chosen_entity(self) -> str:
        """The record that the form is about now, so that its fields are offered."""
        wanted = (
            self.data.get("entity")
            or self.initial.get("entity")
            or self.instance.entity
        )
        return wanted if wanted in RECORDS else DEFAULT

    def sentence(self) -> tuple[str, str]:
        """The condition in words, and what is wrong with it."""
        value = self["condition"].value()
        field = self.fields["condition"]
        try:
            tree = value if isinstance(value, dict) else field.clean(value or "")
        except forms.ValidationError as error:
            return "", " ".join(error.messages)
        return words.condition_sentence(self.chosen_entity(), tree)


class WorkflowEdit(FormPage):
    entity, model = "workflow", Workflow
    noun = "workflow"
    form_class = WorkflowForm
    list_url_name, record_url_name = "workflow_list", "workflow"
    template_name = "workflows/edit.html"

    def initial(self) -> dict[str, Any]:
        """Most workflows are about leads."""
        return {"entity": DEFAULT, **super().initial()}

    def create(self, values: dict[str, Any]) -> Any:
        _condition_check(values)
        return definition.workflow_create(user=self.request.user, **values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        _condition_check(values)
        return definition.workflow_update(
            workflow_id=record.pk, expected_version=version, **values
        )

    def add_problems(self, form: RecordForm, error: Any) -> None:
        """A place inside the condition is said with what is wrong there."""
        if (error.attr or "").startswith("condition"):
            form.add_error("condition", f"{error.attr}: {error.detail}")
            return
        super().add_problems(form, error)


def _condition_check(values: dict[str, Any]) -> None:
    definition.condition_query(values["entity"], values["condition"])


class ConditionSentence(LoginRequiredMixin, View):
    """A condition as one types it: its sentence, or what is wrong with it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rights_of(request.user).has("workflow", "read"):
            raise PermissionDenied
        form = WorkflowForm(request.POST, user=request.user)
        said, wrong = form.sentence()
        return self.told(said, wrong)

    def told(self, said: str, wrong: str) -> HttpResponse:
        context = {"said": said, "wrong": wrong}
        return render(self.request, "workflows/_sentence.html", context)
