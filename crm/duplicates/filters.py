"""What possible duplicates and their rules can be filtered by."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db import models
from django.db.models import QuerySet

from crm.filters import CHOICE, IdFilter, RecordFilter
from crm.models import DuplicatePair, DuplicateRule, Merge


class DuplicatePairFilter(RecordFilter):
    shown = ("entity", "score__gte")

    score__gte = filters.NumberFilter(
        field_name="score", lookup_expr="gte", label="Similarity from (0 to 1)"
    )
    record = IdFilter(method="of_record", label="Record number")

    class Meta(RecordFilter.Meta):
        model = DuplicatePair
        fields = {"entity": CHOICE, "state": CHOICE, "rule": ["exact"]}

    def of_record(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Pairs with this record at either end."""
        return rows.filter(models.Q(first_id=value) | models.Q(second_id=value))


class DuplicateRuleFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = DuplicateRule
        fields = {"entity": CHOICE, "key": ["exact"], "active": ["exact"]}


class MergeFilter(RecordFilter):
    undone = filters.BooleanFilter(
        field_name="undone_at", lookup_expr="isnull", exclude=True
    )

    class Meta(RecordFilter.Meta):
        model = Merge
        fields = {"entity": CHOICE, "survivor_id": ["exact"]}
