"""One's own notifications over the API."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ReadViewSet, body_of
from core.api.serializers import RecordSerializer, StrictSerializer
from core.notifications.models import Digest, Notification
from core.notifications.services import (
    digest_of,
    notification_read,
    notifications_read_all,
    preferences_of,
    preferences_save,
)
from core.notifications.showing import shown


class NotificationSerializer(RecordSerializer):
    """What one was told; `number` is more than one where many are told together."""

    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = (
            "id",
            "kind",
            "sentence",
            "subject_type",
            "subject_id",
            "number",
            "data",
            "created_at",
            "read_at",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.STR)
    def get_sentence(self, row: Notification) -> str:
        # The words of a page are found together (see `list` of the view).
        said = self.context.get("sentences")
        if said is None:
            said = _sentences([row], self.context["request"].user)
        return said.get(row.pk, "")


def _sentences(rows: list[Notification], user: Any) -> dict[int, str]:
    return {line.row.pk: line.sentence for line in shown(rows, user)}


class NotificationFilter(django_filters.FilterSet):
    """By kind; `unread=true` those not read yet."""

    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["kind"]


class ReadAllSerializer(StrictSerializer):
    """`upto`: the newest notification that was seen; left out, all of them."""

    upto = serializers.IntegerField(required=False, min_value=1)


class ReadAllAnswer(serializers.Serializer):
    read = serializers.IntegerField()


class KindSerializer(StrictSerializer):
    kind = serializers.CharField(max_length=60)
    title = serializers.CharField(read_only=True)
    in_app = serializers.BooleanField(required=False)
    in_digest = serializers.BooleanField(required=False)


class PreferencesSerializer(StrictSerializer):
    """Which kinds one wants where, and how often a digest comes."""

    frequency = serializers.ChoiceField(Digest.Frequency.choices, required=False)
    kinds = KindSerializer(many=True, required=False)


class NotificationViewSet(ReadViewSet):
    """What the caller was told, newest first; nobody sees those of others."""

    entity = "notification"
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    orderings = {"id": "pk", "created_at": "created_at"}
    ordering = "-id"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Notification.objects.none()
        return Notification.objects.visible_to(self.request.user).shown()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Words for the whole page at once."""
        if kwargs.get("many") and args:
            said = _sentences(list(args[0]), self.request.user)
            context = self.get_serializer_context() | {"sentences": said}
            kwargs["context"] = context
        return super().get_serializer(*args, **kwargs)

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def read(self, request: Request, pk: str) -> Response:
        """Mark one as read."""
        return self.shown(notification_read(notification=self.get_object()))

    @extend_schema(request=ReadAllSerializer, responses=ReadAllAnswer)
    @action(
        detail=False,
        methods=["post"],
        url_path="read-all",
        url_name="read-all",
        pagination_class=None,
        filter_backends=[],
    )
    def read_all(self, request: Request) -> Response:
        """Mark all as read, or those up to one."""
        user: Any = request.user
        values = body_of(self, request, ReadAllSerializer)
        return Response({"read": notifications_read_all(user=user, **values)})

    @extend_schema(
        methods=["GET"], operation_id="notifications_preferences_read",
        responses=PreferencesSerializer,
    )  # fmt: skip
    @extend_schema(
        methods=["PATCH"], operation_id="notifications_preferences_change",
        request=PreferencesSerializer, responses=PreferencesSerializer,
    )  # fmt: skip
    @action(
        detail=False,
        methods=["get", "patch"],
        pagination_class=None,
        filter_backends=[],
    )
    def preferences(self, request: Request) -> Response:
        """Which kinds one wants in the product and in the digest, and how often."""
        user: Any = request.user
        if request.method == "PATCH":
            values = body_of(self, request, PreferencesSerializer)
            kinds = {each.pop("kind"): each for each in values.get("kinds", [])}
            preferences_save(user=user, kinds=kinds, frequency=values.get("frequency"))
        return Response(
            {
                "frequency": digest_of(user).frequency,
                "kinds": [
                    {
                        "kind": kind.key,
                        "title": kind.label,
                        "in_app": in_app,
                        "in_digest": in_digest,
                    }
                    for kind, in_app, in_digest in preferences_of(user)
                ],
            }
        )
