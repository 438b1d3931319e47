"""Lead sources, the funnel and what the team did, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.door import Door, require
from core.api.serializers import StrictSerializer
from core.base.models import Organisation
from sales.cohorts import Line, Scope, cohort_lines, whole_line
from sales.funnel import stages_reached
from sales.reports import lead_source_report
from sales.team_activity import DEEDS, Doing, everybody, team_activity

NAMED = ("team", "owner", "product", "campaign")


class PersonPeriodSerializer(StrictSerializer):
    """Which days, both counted, and whose."""

    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)
    team = serializers.IntegerField(
        required=False, min_value=1, help_text="With the teams below it."
    )
    owner = serializers.IntegerField(required=False, min_value=1)

    def said(self) -> dict[str, Any]:
        """What was asked for, as the reports take it."""
        self.is_valid(raise_exception=True)
        names = {name: f"{name}_id" for name in NAMED}
        return {names.get(k, k): v for k, v in self.validated_data.items()}


class LeadPeriodSerializer(PersonPeriodSerializer):
    """The days on which the leads were created, both counted; whose, and for what."""

    product = serializers.IntegerField(required=False, min_value=1)
    campaign = serializers.IntegerField(required=False, min_value=1)


class FunnelOptions(LeadPeriodSerializer):
    """Which leads, and what a line is."""

    by = serializers.ChoiceField(choices=["month", "team", "owner"], default="month")


def _percent(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=4, decimal_places=1, allow_null=True, help_text=text
    )


def _days(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=8, decimal_places=1, allow_null=True, help_text=text
    )


def _money(text: str = "") -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=24, decimal_places=2, help_text=text)


class CohortSerializer(serializers.Serializer):
    leads = serializers.IntegerField()
    open = serializers.IntegerField()
    qualified = serializers.IntegerField()
    disqualified = serializers.IntegerField()
    rate = _percent("Qualified of all closed leads, in percent.")
    opportunities = serializers.IntegerField()
    open_opportunities = serializers.IntegerField()
    lost = serializers.IntegerField()
    won = serializers.IntegerField()
    win_rate = _percent("Won of all closed opportunities, in percent.")
    won_value = _money()
    open_value = _money()
    expected_value = _money("What was won, and what is open by its probability.")
    days_to_qualify = _days("Median, from the making of the lead.")
    days_to_opportunity = _days("Median, from the making of the lead.")
    days_to_win = _days("Median, from the making of the lead.")
    query = serializers.DictField(
        source="where",
        child=serializers.CharField(),
        help_text="The filters of `leads/` that find exactly these leads.",
    )


class SourceSerializer(CohortSerializer):
    lead_source = serializers.CharField(
        source="label", help_text="Blank: leads without a source."
    )


class SourcesSerializer(serializers.Serializer):
    currency = serializers.CharField()
    total = SourceSerializer()
    results = SourceSerializer(many=True)


class FunnelLineSerializer(CohortSerializer):
    name = serializers.CharField(source="label")


class ReachedSerializer(serializers.Serializer):
    process = serializers.CharField()
    stage = serializers.CharField()
    name = serializers.CharField(source="stage_name")
    reached = serializers.IntegerField(help_text="Stand or stood there.")
    here = serializers.IntegerField()
    days = _days("Median stay of those that left it.")


class FunnelSerializer(serializers.Serializer):
    currency = serializers.CharField()
    total = FunnelLineSerializer()
    results = FunnelLineSerializer(many=True)
    stages = ReachedSerializer(many=True)


class DoingSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="Null: all together.")
    name = serializers.CharField()
    number = serializers.DictField(
        child=serializers.IntegerField(),
        help_text=f"Of each of: {', '.join(DEEDS)}.",
    )


class TeamActivitySerializer(serializers.Serializer):
    total = DoingSerializer()
    results = DoingSerializer(many=True)


class LeadSourcesView(Door):
    """Value per lead source, among what the caller sees."""

    @extend_schema(parameters=[LeadPeriodSerializer], responses=SourcesSerializer)
    def get(self, request: Request) -> Response:
        """One line for each lead source, most leads first."""
        user: Any = request.user
        require(user, "lead", "read")
        asked = LeadPeriodSerializer(data=request.query_params.dict())
        scope = Scope(**asked.said())
        lines = lead_source_report(user=user, scope=scope)
        shown = {"total": whole_line(user=user, scope=scope), "results": lines}
        return _answer(SourcesSerializer, shown)


class FunnelView(Door):
    """From lead to won, among what the caller sees."""

    @extend_schema(parameters=[FunnelOptions], responses=FunnelSerializer)
    def get(self, request: Request) -> Response:
        """One line a month, team or owner, and the stages that leads reached."""
        user: Any = request.user
        require(user, "lead", "read")
        said = FunnelOptions(data=request.query_params.dict()).said()
        by = said.pop("by")
        scope = Scope(**said)
        lines: list[Line] = cohort_lines(user=user, by=by, scope=scope)
        shown = {
            "total": whole_line(user=user, scope=scope, label="All"),
            "results": lines,
            "stages": stages_reached(user=user, scope=scope),
        }
        return _answer(FunnelSerializer, shown)


class TeamActivityView(Door):
    """What each salesperson did, among what the caller sees."""

    @extend_schema(
        parameters=[PersonPeriodSerializer], responses=TeamActivitySerializer
    )
    def get(self, request: Request) -> Response:
        """One line for each person who did something in these days."""
        user: Any = request.user
        require(user, "activity", "read")
        asked = PersonPeriodSerializer(data=request.query_params.dict())
        lines = team_activity(user=user, **asked.said())
        shown = {
            "total": _doing(everybody(lines)),
            "results": [_doing(line) for line in lines],
        }
        return Response(TeamActivitySerializer(shown).data)


def _doing(line: Doing) -> dict[str, Any]:
    return {"id": line.pk, "name": line.name, "number": line.number}


def _answer(shape: type[serializers.Serializer], shown: dict[str, Any]) -> Response:
    currency = Organisation.current().currency
    return Response(shape({"currency": currency, **shown}).data)
