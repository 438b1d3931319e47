"""Customers and leads over the API: doors to the services, nothing else."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from core.api.base import RecordViewSet, record_action
from crm import about_filters, catalogue_filters, filters
from crm.api import serializers as shapes
from crm.duplicates.showing import refuse_duplicates
from crm.models import (
    Account,
    Activity,
    Campaign,
    Choice,
    Contact,
    CustomField,
    Lead,
    MatchingStrategy,
    Note,
    Product,
    Tag,
)
from crm.services import activities, lists, records
from crm.services.contact_sales import contact_make_sales

DATED = {"id": "pk", "created_at": "created_at", "updated_at": "updated_at"}


class RecordsViewSet(RecordViewSet):
    """Records written by `crm.services.records`."""

    def create_record(self, values: dict[str, Any]) -> Any:
        user: Any = self.request.user
        return records.record_create(entity=self.entity, values=values, user=user)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        user: Any = self.request.user
        return records.record_update(
            record=record, values=values, user=user, version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        records.record_delete(record=record, user=user, version=version)


class CustomersViewSet(RecordsViewSet):
    """Records with an owner and tags; likely duplicates are refused with a 409."""

    def create_record(self, values: dict[str, Any]) -> Any:
        self._check_duplicates(values)
        return super().create_record(values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        self._check_duplicates(values, record)
        return super().update_record(record, values, version)

    def _check_duplicates(self, values: dict[str, Any], record: Any = None) -> None:
        if not values.pop("ignore_duplicates", False):
            refuse_duplicates(self.entity, values, self.request.user, record=record)

    @record_action("assign", right="assign", request=shapes.AssignSerializer)
    def assign(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Give the record to another person or team."""
        user: Any = request.user
        return records.record_assign(record=record, user=user, **values)

    @record_action("tags", right="update", request=shapes.TagsSerializer)
    def tags(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Put tags on the record and take others off."""
        user: Any = request.user
        return records.record_tag(record=record, user=user, **values)


class ActivatableViewSet(CustomersViewSet):
    """Records that are deactivated rather than deleted."""

    @record_action("deactivate", right="update")
    def deactivate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Take the record out of use."""
        user: Any = request.user
        return records.record_deactivate(record=record, user=user)

    @record_action("activate", right="update")
    def activate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Take the record back into use."""
        user: Any = request.user
        return records.record_activate(record=record, user=user)


class ContactViewSet(ActivatableViewSet):
    """People."""

    entity = "contact"
    queryset = Contact.objects.none()
    serializer_class = shapes.ContactSerializer
    filterset_class = filters.ContactFilter
    orderings = {**DATED, "name": "sort_name", "birth_date": "birth_date"}
    ordering = "-created_at"

    @record_action("make-sales", right="make_sales")
    def make_sales(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Make somebody whom only marketing knew a sales contact of one's own."""
        user: Any = request.user
        return contact_make_sales(contact=record, user=user)


class AccountViewSet(ActivatableViewSet):
    """Companies."""

    entity = "account"
    queryset = Account.objects.none()
    serializer_class = shapes.AccountSerializer
    filterset_class = filters.AccountFilter
    orderings = {**DATED, "name": "sort_name", "annual_revenue": "annual_revenue"}
    ordering = "-created_at"


class LeadViewSet(CustomersViewSet):
    """Expressions of interest. A closed lead is read-only (409)."""

    entity = "lead"
    queryset = Lead.objects.none()
    serializer_class = shapes.LeadSerializer
    filterset_class = filters.LeadFilter
    orderings = {
        **DATED,
        "name": "sort_name",
        "sales_ready_at": "sales_ready_at",
        "estimated_value": "estimated_value",
        "closed_at": "closed_at",
        "last_activity_at": "last_activity_at",
    }
    ordering = "-created_at"


class CampaignViewSet(RecordsViewSet):
    """Initiatives that group pages, segments and leads."""

    entity = "campaign"
    queryset = Campaign.objects.none()
    serializer_class = shapes.CampaignSerializer
    filterset_class = catalogue_filters.CampaignFilter
    orderings = {**DATED, "name": "name", "starts_on": "starts_on"}


class ProductViewSet(RecordsViewSet):
    """What is sold."""

    entity = "product"
    queryset = Product.objects.none()
    serializer_class = shapes.ProductSerializer
    filterset_class = catalogue_filters.ProductFilter
    orderings = {**DATED, "name": "name", "price": "price"}


class ActivityViewSet(RecordViewSet):
    """Tasks, phone calls, appointments and customer requests."""

    entity = "activity"
    queryset = Activity.objects.none()
    serializer_class = shapes.ActivitySerializer
    filterset_class = filters.ActivityFilter
    orderings = {**DATED, "due_at": "due_at", "completed_at": "completed_at"}

    def get_serializer_class(self) -> Any:
        if self.action in ("update", "partial_update"):
            return shapes.ActivityChangeSerializer
        return super().get_serializer_class()

    def create_record(self, values: dict[str, Any]) -> Activity:
        user: Any = self.request.user
        return activities.activity_log(user=user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        user: Any = self.request.user
        return activities.activity_update(
            activity=record, values=values, user=user, version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        activities.activity_delete(activity=record, user=user, version=version)

    @record_action("complete", right="update", request=shapes.CompleteSerializer)
    def complete(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Complete the activity, with what came of it."""
        user: Any = request.user
        return activities.activity_complete(activity=record, user=user, **values)


class NoteViewSet(RecordViewSet):
    """Notes on records."""

    entity = "note"
    queryset = Note.objects.none()
    serializer_class = shapes.NoteSerializer
    filterset_class = about_filters.NoteFilter
    orderings = DATED

    def get_serializer_class(self) -> Any:
        if self.action in ("update", "partial_update"):
            return shapes.NoteChangeSerializer
        return super().get_serializer_class()

    def create_record(self, values: dict[str, Any]) -> Note:
        user: Any = self.request.user
        return activities.note_add(user=user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        user: Any = self.request.user
        body = values.get("body", record.body)
        return activities.note_update(
            note=record, body=body, user=user, version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        activities.note_delete(note=record, user=user, version=version)


class SettingsViewSet(RecordViewSet):
    """Lists and definitions."""

    def create_record(self, values: dict[str, Any]) -> Any:
        return lists.setting_save(row=self.model(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        return lists.setting_save(row=record, values=values)

    def delete_record(self, record: Any, version: int | None) -> None:
        lists.setting_delete(row=record)


class TagViewSet(SettingsViewSet):
    """Coloured labels."""

    entity = "tag"
    queryset = Tag.objects.none()
    serializer_class = shapes.TagSerializer
    filterset_class = catalogue_filters.TagFilter
    orderings = {"id": "pk", "name": "name"}
    ordering = "name"


class ChoiceViewSet(SettingsViewSet):
    """Values of extensible lists (lead source, industry, ...)."""

    entity = "choice"
    queryset = Choice.objects.none()
    serializer_class = shapes.ChoiceSerializer
    filterset_class = catalogue_filters.ChoiceFilter
    orderings = {"id": "pk", "value": "value", "position": "position"}


class CustomFieldViewSet(SettingsViewSet):
    """Fields that administrators added."""

    entity = "custom_field"
    queryset = CustomField.objects.none()
    serializer_class = shapes.CustomFieldSerializer
    filterset_class = catalogue_filters.CustomFieldFilter
    orderings = {"id": "pk", "position": "position", "label": "label"}


class MatchingStrategyViewSet(SettingsViewSet):
    """How automation finds the record that somebody already has."""

    entity = "matching_strategy"
    queryset = MatchingStrategy.objects.none()
    serializer_class = shapes.MatchingStrategySerializer
    filterset_class = catalogue_filters.MatchingStrategyFilter
    orderings = {"id": "pk", "name": "name"}
