"""Trying conditions out, and asking why, over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.door import require
from core.api.serializers import StrictSerializer
from crm.models import Contact
from segments.services.preview import segment_counts, segment_preview
from segments.services.why import segment_why


class CountsRequest(StrictSerializer):
    definition = serializers.JSONField()
    time_zone = serializers.CharField(default="UTC", max_length=64)
    exact = serializers.BooleanField(
        default=False,
        help_text="Never an estimate: an exact answer, or 422 where it takes long.",
    )


class PreviewRequest(CountsRequest):
    counts = serializers.BooleanField(
        default=False, help_text="Also count every condition: `tree` in the answer."
    )


class PreviewContact(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    company_name = serializers.CharField()
    marketing_only = serializers.BooleanField()


class PreviewAnswer(serializers.Serializer):
    count = serializers.IntegerField()
    mailable = serializers.IntegerField()
    reasons = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Why the others cannot be mailed; each is counted once.",
    )
    sample = PreviewContact(many=True)
    sentence = serializers.CharField()
    exact = serializers.BooleanField(
        help_text="False: the numbers are estimates from a slice of the contacts."
    )
    margin = serializers.IntegerField(
        help_text="How far off an estimated `count` may be, 95 times out of 100."
    )
    tree = serializers.JSONField(
        allow_null=True,
        help_text="The definition with `rows` on every condition, and on a negative "
        "one `empty`: how many fit only because the field is empty. "
        "An estimated one has `margin`.",
    )


class CountsAnswer(serializers.Serializer):
    tree = serializers.JSONField()


class WhyAnswer(serializers.Serializer):
    contact = serializers.IntegerField()
    member = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    exception = serializers.CharField(allow_null=True)
    result = serializers.BooleanField()
    tree = serializers.JSONField(allow_null=True)


class AskingActions:
    """What a definition gives, and why a contact is in or out."""

    get_object: Any

    @extend_schema(request=PreviewRequest, responses=PreviewAnswer)
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """What a definition gives now: count, mailable, a sample, its sentence."""
        # It counts what the organisation knows, not only what the caller may see.
        require(request.user, "segment", "create")
        shape = PreviewRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        found = segment_preview(user=request.user, **shape.validated_data)
        return Response(asdict(found))

    @extend_schema(request=CountsRequest, responses=CountsAnswer)
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def counts(self, request: Request) -> Response:
        """The definition with `rows` on every condition: how many satisfy it."""
        require(request.user, "segment", "create")
        shape = CountsRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response({"tree": segment_counts(**shape.validated_data)})

    @extend_schema(
        parameters=[OpenApiParameter("contact", OpenApiTypes.INT, required=True)],
        responses=WhyAnswer,
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def why(self, request: Request, pk: str) -> Response:
        """Why a contact is in or out: the conditions with true or false on each."""
        segment = self.get_object()
        contact = contact_of(request, request.query_params.get("contact", ""))
        return Response(segment_why(segment=segment, contact=contact))


def contact_of(request: Request, number: Any) -> Contact:
    """A contact that the caller may see, by an id that anybody may have sent."""
    text = str(number)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise serializers.ValidationError({"contact": ["Give the id of a contact."]})
    found = Contact.objects.visible_to(request.user).filter(pk=int(text)).first()
    if found is None:
        raise Http404
    return found
