"""Processes over the API: their definitions, and where a record stands."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import RecordViewSet, extend, record_action
from core.api.door import version_of
from core.api.serializers import RecordSerializer, StrictSerializer
from crm.api.serializers import STAMPS
from crm.api.views import LeadViewSet
from crm.models import Process
from crm.processes.reading import Standing, standing, step_value
from crm.processes.registry import process_entity
from crm.services.processes import process_definitions, process_delete, process_save
from crm.setting_filters import ProcessFilter
from sales.api.views import OpportunityViewSet
from sales.processes.moves import MOVES, process_move
from sales.processes.steps import process_steps


class ProcessSerializer(RecordSerializer):
    stages = serializers.JSONField(
        required=True,
        help_text="A list of stages, each with key, name, entity (lead or "
        "opportunity), hands_over_to and steps (key, label, field, required, "
        "moves_to).",
    )
    key = serializers.SlugField(max_length=60)

    class Meta:
        model = Process
        fields = (
            "id",
            "key",
            "name",
            "description",
            "stages",
            "position",
            "active",
            "shipped",
            *STAMPS,
        )
        read_only_fields = ("shipped", *STAMPS)


class ProcessViewSet(RecordViewSet):
    """Business processes: their stages with the data steps of each."""

    entity = "process"
    queryset = Process.objects.none()
    serializer_class = ProcessSerializer
    filterset_class = ProcessFilter
    orderings = {"id": "pk", "position": "position", "name": "name"}
    ordering = "position"

    def create_record(self, values: dict[str, Any]) -> Process:
        return process_save(values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Process:
        return process_save(process=record, values=values, expected_version=version)

    def delete_record(self, record: Any, version: int | None) -> None:
        process_delete(process=record)


class MoveSerializer(StrictSerializer):
    """One move of a record in its process."""

    move = serializers.ChoiceField(choices=list(MOVES))
    stage = serializers.CharField(required=False, max_length=60)
    process = serializers.CharField(required=False, max_length=60)
    reason = serializers.CharField(required=False, max_length=2_000)
    from_stage = serializers.CharField(
        required=False, max_length=60, help_text="409 where it stands elsewhere by now."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each move has its own option."""
        takes = {"enter": "stage", "switch": "process", "abandon": "reason"}
        mine = takes.get(attrs["move"])
        problems: dict[str, serializers.ErrorDetail] = {
            name: serializers.ErrorDetail("This move takes no such option.")
            for name in ("stage", "process", "reason")
            if name in attrs and name != mine
        }
        if mine in ("stage", "process") and mine not in attrs:
            problems[mine] = serializers.ErrorDetail("Needed.", code="required")
        if problems:
            raise serializers.ValidationError({k: [v] for k, v in problems.items()})
        return attrs


class StepsSerializer(StrictSerializer):
    """Values of data steps, by their keys."""

    values = serializers.DictField()
    stage = serializers.CharField(required=False, max_length=60)
    from_stage = serializers.CharField(required=False, max_length=60)


class ShownStepSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field's own name
    field = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # the same
    value = serializers.JSONField()


class ShownStageSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    entity = serializers.CharField()
    side = serializers.ChoiceField(choices=["done", "now", "ahead"])
    seconds = serializers.FloatField()
    visits = serializers.IntegerField()
    steps = ShownStepSerializer(many=True)


class StandingSerializer(serializers.Serializer):
    """Where a record stands in its process, and how long it stood where."""

    process = serializers.CharField()
    process_name = serializers.CharField()
    state = serializers.CharField()
    stage = serializers.CharField()
    since = serializers.DateTimeField()
    age_seconds = serializers.FloatField()
    stages = ShownStageSerializer(many=True)
    history = serializers.ListField(child=serializers.DictField())


def standing_data(entity: str, record: Any) -> dict[str, Any]:
    """Where the record stands, as JSON. Three queries."""
    at = standing(entity, record, process_definitions())
    return {
        "process": at.process.key,
        "process_name": at.process.name,
        "state": at.state,
        "stage": at.stage.key,
        "since": at.since,
        "age_seconds": at.age.total_seconds(),
        "stages": [_stage(at, shown) for shown in at.shown],
        "history": [
            {
                "process": stay.process,
                "stage": stay.stage,
                "entered_at": stay.entered_at,
                "left_at": stay.left_at,
                "by": stay.actor_id,
            }
            for stay in at.stays
        ],
    }


def _stage(at: Standing, shown: Any) -> dict[str, Any]:
    stage = shown.stage
    own = stage.entity == at.entity
    return {
        "key": stage.key,
        "name": stage.name,
        "entity": stage.entity,
        "side": shown.side,
        "seconds": shown.spent.total_seconds(),
        "visits": shown.visits,
        "steps": [
            {
                "key": step.key,
                "label": step.label,
                "field": step.field,
                "required": step.required,
                "value": _plain(step_value(at.record, stage, step)) if own else None,
            }
            for step in stage.steps
        ],
    }


def _plain(value: Any) -> Any:
    """A look-up by its id."""
    return getattr(value, "pk", value)


def _reading(entity: str) -> Any:
    @extend_schema(responses=StandingSerializer)
    @action(
        detail=True,
        methods=["get"],
        url_path="process",
        url_name="process",
        filter_backends=[],
        pagination_class=None,
    )
    def process(self: Any, request: Request, pk: str) -> Response:
        """Where the record stands in its process, with the time in each stage."""
        return Response(standing_data(entity, self.get_object()))

    return process


def _moving(entity: str) -> Any:
    @record_action(
        "move", right="update", request=MoveSerializer, response=StandingSerializer
    )
    def move(
        view: Any, request: Request, record: Any, values: dict[str, Any]
    ) -> dict[str, Any]:
        """Next, back, enter a stage, switch, finish, abandon or resume.

        409 with `code` steps_missing, stage_moved, last_stage, first_stage,
        qualify_to_continue, process_over and the like.
        """
        user: Any = request.user
        moved = process_move(
            entity=entity,
            record_id=record.pk,
            user=user,
            expected_version=version_of(request),
            **values,
        )
        return standing_data(entity, _fresh(entity, moved))

    return move


def _stepping(entity: str) -> Any:
    @record_action(
        "steps", right="update", request=StepsSerializer, response=StandingSerializer
    )
    def steps(
        view: Any, request: Request, record: Any, values: dict[str, Any]
    ) -> dict[str, Any]:
        """Write data steps of a stage; a step that moves on does so."""
        user: Any = request.user
        written = process_steps(
            entity=entity,
            record_id=record.pk,
            user=user,
            expected_version=version_of(request),
            **values,
        )
        return standing_data(entity, _fresh(entity, written))

    return steps


def _fresh(entity: str, record: Any) -> Any:
    return process_entity(entity).model._default_manager.get(pk=record.pk)


def extend_records() -> None:
    """Add the process to leads and opportunities; before the addresses are made."""
    for entity, viewset in (("lead", LeadViewSet), ("opportunity", OpportunityViewSet)):
        for made in (_reading(entity), _moving(entity), _stepping(entity)):
            extend(viewset, made)
