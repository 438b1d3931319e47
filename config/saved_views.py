"""Saved views over the API: what a list of the back office was left as."""

from __future__ import annotations

from typing import Any

from django_filters import CharFilter, FilterSet
from rest_framework import serializers

from core.api.base import RecordViewSet
from core.api.serializers import RecordSerializer
from core.ui import saved
from core.ui.models import SavedView


class SavedViewFilter(FilterSet):
    page = CharFilter()
    audience = CharFilter()


class SavedViewSerializer(RecordSerializer):
    url = serializers.SerializerMethodField(help_text="Where the view opens.")

    class Meta:
        model = SavedView
        fields = (
            "id",
            "page",
            "name",
            "base",
            "params",
            "audience",
            "opens_first",
            "owner",
            "created_at",
            "url",
        )
        read_only_fields = ("id", "owner", "created_at", "url")

    def get_url(self, view: SavedView) -> str:
        """The address of the list with all its parameters."""
        return saved.address_of(view)


class SavedViewViewSet(RecordViewSet):
    """The own views of lists, and those that others share."""

    entity = "saved_view"
    queryset = SavedView.objects.none()
    serializer_class = SavedViewSerializer
    filterset_class = SavedViewFilter
    orderings = {"id": "pk", "name": "name"}
    ordering = "name"

    def create_record(self, values: dict[str, Any]) -> SavedView:
        user: Any = self.request.user
        page = values.pop("page")
        return saved.saved_view_create(user=user, page=page, values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> SavedView:
        user: Any = self.request.user
        values.pop("page", None)
        return saved.saved_view_update(view=record, user=user, values=values)

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        saved.saved_view_delete(view=record, user=user)
