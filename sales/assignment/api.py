"""Assignment rules over the API: doors to the services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.models import User
from core.api.base import ReadViewSet, RecordViewSet, body_of, extend, record_action
from core.api.door import require
from core.api.serializers import RecordSerializer, StrictSerializer
from core.jobs.services import job_view
from crm.api.views import LeadViewSet
from crm.models import Lead
from sales.assignment import filters
from sales.assignment.models import AssignmentRule, Availability, DayOff, Given, RuleSet
from sales.assignment.services import definition, dry_run, on_demand, people, runs
from sales.assignment.services.conditions import condition_sentence
from sales.assignment.services.words import how_chosen, target_sentence

STAMPS = ["version", "created_at", "updated_at"]


class RuleSetSerializer(RecordSerializer):
    """A set of rules: the organisation's, a team's or a partner's."""

    class Meta:
        model = RuleSet
        fields = ["id", "team", *definition.SET_FIELDS, "active", *STAMPS]
        read_only_fields = ["active"]


class AssignmentRuleSerializer(RecordSerializer):
    """A rule; its number in the order is `position`, moved by the set's `order`."""

    condition = serializers.JSONField(default=dict)
    people = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=500
    )
    sentence = serializers.SerializerMethodField()
    target = serializers.SerializerMethodField()

    class Meta:
        model = AssignmentRule
        fields = [
            "id",
            "rule_set",
            "position",
            *definition.RULE_FIELDS,
            "sentence",
            "target",
            "problem",
            *STAMPS,
        ]
        read_only_fields = ["position", "problem"]

    def get_sentence(self, rule: AssignmentRule) -> str:
        return condition_sentence(rule.condition)

    def get_target(self, rule: AssignmentRule) -> str:
        return target_sentence(rule)


class GivenSerializer(RecordSerializer):
    """Why a lead went to somebody."""

    rule = serializers.IntegerField(source="version.rule_id", default=None)
    rule_name = serializers.CharField(source="version.name", default="")
    rule_version = serializers.IntegerField(source="version.number", default=None)
    sentence = serializers.CharField(source="version.sentence", default="")
    how = serializers.SerializerMethodField()
    previous_owner = serializers.IntegerField(
        source="previous_owner_id", allow_null=True
    )

    class Meta:
        model = Given
        fields = [
            "id",
            "lead",
            "outcome",
            "moment",
            "owner",
            "team",
            "previous_owner",
            "rule_set",
            "rule",
            "rule_name",
            "rule_version",
            "place",
            "sentence",
            "how",
            "facts",
            "asked_by",
            "created_at",
        ]
        read_only_fields = fields

    def get_how(self, given: Given) -> str:
        return how_chosen(given)


class AvailabilitySerializer(RecordSerializer):
    """Room and hours of one person; `hours` has seven days from Monday."""

    hours = serializers.ListField(
        child=serializers.JSONField(allow_null=True), required=False, max_length=7
    )

    class Meta:
        model = Availability
        fields = ["id", "user", *people.FIELDS, *STAMPS]


class DayOffSerializer(RecordSerializer):
    """Days on which a person takes no leads."""

    class Meta:
        model = DayOff
        fields = ["id", "user", "first", "last", "note", *STAMPS]


class OrderSerializer(StrictSerializer):
    order = serializers.ListField(child=serializers.IntegerField(), max_length=500)


class RunSerializer(StrictSerializer):
    """Which leads a run on demand takes up."""

    sales_ready_only = serializers.BooleanField(default=True)
    take_away = serializers.BooleanField(default=False)


class TakeAwaySerializer(StrictSerializer):
    take_away = serializers.BooleanField(default=False)


class AssignManySerializer(TakeAwaySerializer):
    leads = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=1_000
    )


class AnswerSerializer(serializers.Serializer):
    lead = serializers.IntegerField()
    done = serializers.BooleanField()
    code = serializers.CharField()
    detail = serializers.CharField()
    owner = serializers.IntegerField(allow_null=True)
    team = serializers.IntegerField(allow_null=True)
    rule = serializers.IntegerField(allow_null=True)


class AnswersSerializer(serializers.Serializer):
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = AnswerSerializer(many=True)


class ForeseenSerializer(serializers.Serializer):
    lead = serializers.IntegerField()
    outcome = serializers.CharField()
    owner = serializers.IntegerField(allow_null=True)
    team = serializers.IntegerField(allow_null=True)
    rule = serializers.IntegerField(allow_null=True)
    place = serializers.IntegerField(allow_null=True)


class DryRunAnswer(serializers.Serializer):
    leads = serializers.IntegerField()
    results = ForeseenSerializer(many=True)


class _UnderRules:
    """Rows of assignment: one right for all of them, a model each."""

    entity: ClassVar[str] = "assignment_rule"
    of: ClassVar[Any]

    @property
    def model(self) -> Any:
        return self.of


class RuleSetViewSet(_UnderRules, RecordViewSet):
    """Ordered rules that say who gets which lead."""

    of = RuleSet
    queryset = RuleSet.objects.none()
    serializer_class = RuleSetSerializer
    filterset_class = filters.RuleSetFilter
    orderings = {"id": "pk", "name": "name"}
    ordering = "id"

    def create_record(self, values: dict[str, Any]) -> RuleSet:
        return definition.rule_set_create(values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> RuleSet:
        return definition.rule_set_update(
            rule_set_id=record.pk, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        definition.rule_set_delete(rule_set_id=record.pk, expected_version=version)

    def _changes_hands(self, record: Any, values: dict[str, Any]) -> bool:
        # The team is whose rules these are, not who owns them.
        return False

    @record_action("activate", right="update")
    def activate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Let these rules give leads by themselves."""
        return definition.rule_set_switch(rule_set_id=record.pk, active=True)

    @record_action("deactivate", right="update")
    def deactivate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Give no more leads by these rules."""
        return definition.rule_set_switch(rule_set_id=record.pk, active=False)

    @record_action("order", right="update", request=OrderSerializer)
    def order(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Put the rules in this order; it names each of them once."""
        definition.rules_reorder(rule_set_id=record.pk, order=values["order"])
        return record

    @record_action(
        "dry-run", right="read", request=RunSerializer, response=DryRunAnswer
    )
    def dry_run(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Who would get which leads now; the first 1,000 are listed."""
        user: Any = request.user
        require(user, "lead", "assign")
        gifts = dry_run.rule_set_dry_run(rule_set=record, user=user, **values)
        return {
            "leads": len(gifts),
            "results": [
                {
                    "lead": gift.lead.pk,
                    "outcome": gift.outcome,
                    "owner": gift.owner_id,
                    "team": gift.team_id,
                    "rule": gift.rule.pk if gift.rule else None,
                    "place": gift.place,
                }
                for gift in gifts[:1_000]
            ],
        }

    @record_action("run", right="read", request=RunSerializer)
    def run(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Give the leads that you may assign, as a job (202)."""
        user: Any = request.user
        require(user, "lead", "assign")
        job = runs.assignment_run_start(user=user, rule_set=record, **values)
        return Response(job_view(job), status=202)


class RuleViewSet(_UnderRules, RecordViewSet):
    """The rules, in the order of their sets."""

    of = AssignmentRule
    queryset = AssignmentRule.objects.none()
    serializer_class = AssignmentRuleSerializer
    filterset_class = filters.RuleFilter
    orderings = {"id": "pk", "position": "position"}
    ordering = "position"
    related = ("user", "team")

    def create_record(self, values: dict[str, Any]) -> AssignmentRule:
        rule_set = values.pop("rule_set")
        return definition.rule_create(rule_set_id=rule_set.pk, values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> AssignmentRule:
        if values.pop("rule_set", record.rule_set) != record.rule_set:
            detail = "A rule stays in its set."
            raise serializers.ValidationError({"rule_set": [detail]})
        return definition.rule_update(
            rule_id=record.pk, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        definition.rule_delete(rule_id=record.pk, expected_version=version)

    def _changes_hands(self, record: Any, values: dict[str, Any]) -> bool:
        return False


class GivenViewSet(_UnderRules, ReadViewSet):
    """Who got which lead and why; only of leads that the caller sees."""

    of = Given
    queryset = Given.objects.none()
    serializer_class = GivenSerializer
    filterset_class = filters.GivenFilter
    http_method_names = ["get", "head", "options"]
    related = ("version",)

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(lead__in=Lead.objects.visible_to(self.request.user))


class AvailabilityViewSet(_UnderRules, RecordViewSet):
    """How many leads people can take, and when they work."""

    of = Availability
    queryset = Availability.objects.none()
    serializer_class = AvailabilitySerializer
    filterset_class = filters.AvailabilityFilter
    ordering = "id"

    def create_record(self, values: dict[str, Any]) -> Availability:
        user: User = values.pop("user")
        return people.availability_save(user=user, values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Availability:
        values.pop("user", None)
        return people.availability_save(
            user=record.user, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        people.availability_remove(availability_id=record.pk)


class DayOffViewSet(_UnderRules, RecordViewSet):
    """Days on which people take no leads."""

    of = DayOff
    queryset = DayOff.objects.none()
    serializer_class = DayOffSerializer
    filterset_class = filters.DayOffFilter
    ordering = "id"

    def create_record(self, values: dict[str, Any]) -> DayOff:
        return people.day_off_add(**values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> DayOff:
        return people.day_off_update(
            day_off_id=record.pk, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        people.day_off_remove(day_off_id=record.pk)


# On leads -----------------------------------------------------------------------------


def _answer(answer: on_demand.Answer) -> dict[str, Any]:
    return {name.removesuffix("_id"): value for name, value in asdict(answer).items()}


@record_action(
    "assign-by-rules",
    right="assign",
    request=TakeAwaySerializer,
    response=AnswerSerializer,
)
def assign_by_rules(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> Any:
    """Let the rules decide who gets the lead; a salesperson keeps it by default."""
    user: Any = request.user
    (answer,) = on_demand.chosen_assign(lead_ids=[lead.pk], user=user, **values)
    return _answer(answer)


@extend_schema(
    operation_id="leads_assign_by_rules_many",
    request=AssignManySerializer,
    responses=AnswersSerializer,
)
@action(
    detail=False,
    methods=["post"],
    url_path="assign-by-rules",
    url_name="assign-by-rules-many",
    filter_backends=[],
    pagination_class=None,
)
def assign_many(self: Any, request: Request) -> Response:
    """Let the rules decide for up to 1,000 leads, each with its own answer."""
    require(request.user, "lead", "assign")
    values = body_of(self, request, AssignManySerializer)
    user: Any = request.user
    answers = on_demand.chosen_assign(
        lead_ids=values["leads"], user=user, take_away=values["take_away"]
    )
    done = sum(answer.done for answer in answers)
    results = [_answer(answer) for answer in answers]
    return Response({"done": done, "refused": len(results) - done, "results": results})


@extend_schema(responses=GivenSerializer(many=True))
@action(
    detail=True,
    methods=["get"],
    url_path="assignments",
    filter_backends=[],
    pagination_class=None,
)
def assignments(self: Any, request: Request, pk: str) -> Response:
    """Why the lead went to whom, newest first; for everybody who sees the lead."""
    rows = Given.objects.filter(lead=self.get_object()).select_related("version")
    found = rows.order_by("-pk")[:100]
    return Response(GivenSerializer(found, many=True).data)


def extend_leads() -> None:
    """Add the actions to the resource of leads; before the addresses are made."""
    for extra in (assign_by_rules, assign_many, assignments):
        extend(LeadViewSet, extra)


RESOURCES = (
    ("assignment-rule-sets", RuleSetViewSet),
    ("assignment-rules", RuleViewSet),
    ("assignments", GivenViewSet),
    ("availability", AvailabilityViewSet),
    ("days-off", DayOffViewSet),
)
