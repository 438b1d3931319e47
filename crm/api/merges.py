"""Merging over the API: several records into one, what was merged, and undo."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.api.base import ReadViewSet, extend, record_action
from core.api.door import version_of
from core.api.serializers import RecordSerializer, StrictSerializer
from core.base.errors import Invalid
from crm.api import views
from crm.duplicates.filters import MergeFilter
from crm.duplicates.find import MODELS
from crm.merge import rules
from crm.merge.services import merge_suggestion, merge_undo, records_merge
from crm.models import Merge

MOST_ID = 2**63 - 1


class MergeRequestSerializer(StrictSerializer):
    records = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        min_length=1,
        max_length=rules.MOST - 1,
        help_text="The records that become part of this one.",
    )
    values = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        required=False,
        help_text="Field: the record it is taken from; custom fields as custom.KEY. "
        "What is left out comes from the record changed last that says something.",
    )
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Only say what would be taken."
    )


class MergeSerializer(RecordSerializer):
    class Meta:
        model = Merge
        fields = (
            "id",
            "entity",
            "survivor_id",
            "merged_ids",
            "names",
            "merged_at",
            "merged_by",
            "undone_at",
            "undone_by",
        )
        read_only_fields = fields


@record_action("merge", right="update", request=MergeRequestSerializer)
def merge(view: Any, request: Request, record: Any, values: dict[str, Any]) -> Any:
    """Make one record of several; this one stays. Answers with it."""
    entity, others = view.entity, values["records"]
    rows = MODELS[entity]._default_manager.visible_to(request.user)
    seen = {row.pk: row for row in rows.filter(pk__in=[*others, record.pk])}
    for number, pk in enumerate(others):
        if pk not in seen:
            text = f"There is no {entity} {pk}."
            raise Invalid("does_not_exist", text, attr=f"records[{number}]")
    if values["dry_run"]:
        found = merge_suggestion(entity, list(seen.values()))
        return {"values": {n.removesuffix("_id"): pk for n, pk in found.items()}}
    user: Any = request.user
    done = records_merge(
        entity=entity,
        survivor=record.pk,
        merged=others,
        user=user,
        choices=values.get("values", {}),
        version=version_of(request),
    )
    survivor = view.get_queryset().get(pk=record.pk)
    answer = view.shown(survivor)
    answer.data = {**answer.data, "merge": done.pk}
    return answer


def extend_records() -> None:
    """Add the action to contacts, accounts and leads."""
    for viewset in (views.ContactViewSet, views.AccountViewSet, views.LeadViewSet):
        extend(viewset, merge)


class MergeViewSet(ReadViewSet):
    """What was merged into what, newest first."""

    entity = "duplicate"
    queryset = Merge.objects.none()
    serializer_class = MergeSerializer
    filterset_class = MergeFilter
    orderings = {"id": "pk", "merged_at": "merged_at"}
    ordering = "-id"

    @property
    def model(self) -> Any:
        return Merge

    @record_action("undo", right="update")
    def undo(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Take the records apart: every value and every child goes back."""
        user: Any = request.user
        return merge_undo(merge=record, user=user)
