"""Forms, pages, submissions and suggestions over the API: doors to the services."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions, serializers
from rest_framework.request import Request

from core.access.rights import may
from core.api.base import ReadViewSet, RecordViewSet, record_action
from core.api.serializers import RecordSerializer, StrictSerializer
from crm.services.records import default_owner
from marketing import filters
from marketing.models import Form, Page, Submission, Suggestion
from marketing.services import forms, submissions, suggestions

STAMPS = ("created_at", "updated_at", "version")


class FormSerializer(RecordSerializer):
    address = serializers.SerializerMethodField()

    class Meta:
        model = Form
        fields = (
            "id", "name", "state", "fields", "mode", "contact_strategy",
            "lead_strategy", "generate_without_matching", "submit_label",
            "success_text", "error_text", "limit_text", "limit_per_minute",
            "min_seconds", "redirect_path", "remember_me", "prefill", "owner", "team",
            "address", *STAMPS,
        )  # fmt: skip
        read_only_fields = ("state",)

    def get_address(self, form: Form) -> str:
        """Where the form is shown and answered."""
        return f"/f/{form.pk}/"


class PageSerializer(RecordSerializer):
    address = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Page
        fields = (
            "id", "title", "slug", "state", "content", "description", "form", "topic",
            "lead_source", "campaign", "product", "language", "consent_level", "owner",
            "team", "address", *STAMPS,
        )  # fmt: skip
        read_only_fields = ("state",)


class SubmissionSerializer(RecordSerializer):
    contact = serializers.IntegerField(source="contact_id", read_only=True)
    lead = serializers.IntegerField(source="lead_id", read_only=True)

    class Meta:
        model = Submission
        fields = (
            "id", "form", "page", "received_at", "values", "state", "reason",
            "technical", "matched", "contact", "lead", "referrer", "utm", "attempts",
            "processed_at", "retry_of",
        )  # fmt: skip
        read_only_fields = fields


class RetrySerializer(StrictSerializer):
    values = serializers.DictField(
        required=False, help_text="All answers anew; left out, they stay as they are."
    )
    as_new = serializers.BooleanField(
        default=False, help_text="A submission of now instead of the original one."
    )


class SuggestionSerializer(RecordSerializer):
    class Meta:
        model = Suggestion
        fields = (
            "id", "contact", "lead", "field", "old", "new", "submission", "state",
            "created_at", "decided_at", "decided_by",
        )  # fmt: skip
        read_only_fields = fields


class FormViewSet(RecordViewSet):
    """Marketing forms: their fields, how they match, what they answer."""

    entity = "form"
    queryset = Form.objects.none()
    serializer_class = FormSerializer
    filterset_class = filters.FormFilter
    orderings = {"id": "pk", "name": "sort_name", "updated_at": "updated_at"}
    ordering = "-id"

    def create_record(self, values: dict[str, Any]) -> Any:
        return forms.form_save(Form(), **_owned(self.request.user, values))

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        return forms.form_save(record, version=version, **values)

    def delete_record(self, record: Any, version: int | None) -> None:
        forms.capture_delete(record, version=version)

    @record_action("go-live", right="publish")
    def go_live(self, request: Request, record: Form, values: dict[str, Any]) -> Any:
        """Let the public use the form."""
        return forms.form_go_live(record)

    @record_action("stop", right="publish")
    def stop(self, request: Request, record: Form, values: dict[str, Any]) -> Any:
        """Take the form away from the public."""
        return forms.form_stop(record)


class PageViewSet(RecordViewSet):
    """Landing pages at /p/SLUG/."""

    entity = "page"
    queryset = Page.objects.none()
    serializer_class = PageSerializer
    filterset_class = filters.PageFilter
    orderings = {"id": "pk", "title": "sort_name", "updated_at": "updated_at"}
    ordering = "-id"

    def create_record(self, values: dict[str, Any]) -> Any:
        return forms.page_save(Page(), **_owned(self.request.user, values))

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        return forms.page_save(record, version=version, **values)

    def delete_record(self, record: Any, version: int | None) -> None:
        forms.capture_delete(record, version=version)

    @record_action("go-live", right="publish")
    def go_live(self, request: Request, record: Page, values: dict[str, Any]) -> Any:
        """Publish the page."""
        return forms.page_go_live(record)

    @record_action("stop", right="publish")
    def stop(self, request: Request, record: Page, values: dict[str, Any]) -> Any:
        """Take the page off the public site."""
        return forms.page_stop(record)


class SubmissionViewSet(ReadViewSet):
    """What visitors sent, with what became of it."""

    http_method_names = ["get", "post", "head", "options"]
    entity = "submission"
    queryset = Submission.objects.none()
    serializer_class = SubmissionSerializer
    filterset_class = filters.SubmissionFilter
    orderings = {"id": "pk", "received_at": "received_at"}
    ordering = "-received_at"

    @record_action("retry", right="retry", request=RetrySerializer)
    def retry(
        self, request: Request, record: Submission, values: dict[str, Any]
    ) -> Any:
        """Try it again, with edited values if given."""
        user = request.user
        return submissions.submission_retry(
            user=user, submission=record, via="api", **values
        )


class SuggestionViewSet(ReadViewSet):
    """Changes that submissions propose to records sales works with."""

    http_method_names = ["get", "post", "head", "options"]
    entity = "suggestion"
    queryset = Suggestion.objects.none()
    serializer_class = SuggestionSerializer
    filterset_class = filters.SuggestionFilter
    orderings = {"id": "pk"}
    ordering = "-id"

    def get_queryset(self) -> Any:
        """Those of the contacts and leads that the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Suggestion.objects.none()
        rows = Suggestion.objects.visible_to(self.request.user)
        return rows.prefetch_related(*self._expansions(Suggestion))

    def object_for(self, action: str) -> Any:
        """The suggestion, where the caller may change the record it is for."""
        found = self.get_object()
        record = found.record
        if not may(self.request.user, action, record, record._meta.model_name):
            raise exceptions.PermissionDenied("Your role does not allow this.")
        return found

    @record_action("accept", right="update")
    def accept(
        self, request: Request, record: Suggestion, values: dict[str, Any]
    ) -> Any:
        """Put the proposed value on the record."""
        return suggestions.suggestion_accept(
            user=request.user, suggestion=record, via="api"
        )

    @record_action("reject", right="update")
    def reject(
        self, request: Request, record: Suggestion, values: dict[str, Any]
    ) -> Any:
        """Leave the record as it is."""
        return suggestions.suggestion_reject(
            user=request.user, suggestion=record, via="api"
        )


def _owned(user: Any, values: dict[str, Any]) -> dict[str, Any]:
    """New ones belong to their maker and the maker's team."""
    owner = values.get("owner", default_owner(user))
    team = values.get("team", owner.team if owner else None)
    return {**values, "owner": owner, "team": team}
