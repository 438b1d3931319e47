"""Interactions told by integrations."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.door import Door, require
from core.api.serializers import StrictSerializer
from crm.services.interactions import Told, interactions_record

MAX_ROWS = 1_000


class InteractionSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)
    contact = serializers.IntegerField(required=False, min_value=1)
    lead = serializers.IntegerField(required=False, min_value=1)
    email = serializers.CharField(required=False, max_length=254)
    occurred_at = serializers.DateTimeField(required=False)
    url = serializers.CharField(required=False, max_length=2_000)
    machine = serializers.BooleanField(required=False)
    external_id = serializers.CharField(required=False, max_length=200)
    # The metaclass takes the field off the class: `.data` stays the property.
    data = serializers.DictField(required=False)  # type: ignore[assignment] # see above
    create_contact = serializers.BooleanField(required=False)


class InteractionViewSet(Door, viewsets.ViewSet):
    """One interaction, or a list of up to 1,000; an answer per row."""

    http_method_names = ["post", "options"]

    @extend_schema(request=InteractionSerializer, responses=OpenApiTypes.OBJECT)
    def create(self, request: Request) -> Response:
        """Tell what a person did; a repeated `external_id` is harmless."""
        require(request.user, "contact", "update")
        many = isinstance(request.data, list)
        body: Any = request.data if many else [request.data]
        if not 1 <= len(body) <= MAX_ROWS:
            text = f"Give 1 to {MAX_ROWS:,} interactions."
            raise serializers.ValidationError({"body": [text]})
        shape = InteractionSerializer(data=body, many=True)
        shape.is_valid(raise_exception=True)
        user: Any = request.user
        results = interactions_record(rows=told_of(shape.validated_data), user=user)
        answer: Any = {"results": results} if many else results[0]
        failed = not many and results[0]["status"] == "refused"
        if failed:
            answer = {"type": "validation_error", "errors": results[0]["errors"]}
        return Response(answer, status=400 if failed else 201)


def told_of(rows: Any) -> list[Told]:
    """The rows as the service takes them."""
    return [Told(**row) for row in rows]
