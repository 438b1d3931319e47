"""The people and accounts of a lead, and leads out of contacts and activities."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import body_of, extend, record_action
from core.api.serializers import LookupField, StrictSerializer
from crm.api.serializers import LeadSerializer
from crm.api.views import ActivityViewSet, ContactViewSet, LeadViewSet
from crm.models import Account, Contact, Lead, LeadParty
from crm.services.lead_from import lead_from_activity, lead_from_contact
from crm.services.lead_parties import (
    lead_associate,
    lead_disassociate,
    lead_parties,
)


class AssociateSerializer(StrictSerializer):
    contact = LookupField(
        queryset=Contact.objects.all(), required=False, allow_null=True
    )
    account = LookupField(
        queryset=Account.objects.all(), required=False, allow_null=True
    )
    role = serializers.CharField(max_length=120)


class DisassociateSerializer(StrictSerializer):
    party = serializers.IntegerField(min_value=1)


class LeadPartySerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="known_as", read_only=True)

    class Meta:
        model = LeadParty
        fields = ("id", "contact", "account", "name", "role", "created_at")


class LeadFromSerializer(StrictSerializer):
    """What the new lead says instead of what it comes from."""

    topic = serializers.CharField(required=False, max_length=300)
    description = serializers.CharField(required=False, max_length=20_000)


@extend_schema(responses=LeadPartySerializer(many=True))
@action(
    detail=True,
    methods=["get"],
    url_path="parties",
    url_name="parties",
    filter_backends=[],
    pagination_class=None,
)
def parties(self: Any, request: Request, pk: str) -> Response:
    """The further people and accounts of the lead, with their roles."""
    rows = lead_parties(lead_id=self.get_object().pk)
    return Response(LeadPartySerializer(rows, many=True).data)


@record_action(
    "associate",
    right="update",
    request=AssociateSerializer,
    response=LeadPartySerializer,
)
def associate(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> Response:
    """Give the lead a person or a company with a role; also a closed lead."""
    contact, account = values.get("contact"), values.get("account")
    user: Any = request.user
    party = lead_associate(
        lead_id=lead.pk,
        user=user,
        role=values["role"],
        contact_id=contact.pk if contact else None,
        account_id=account.pk if account else None,
    )
    return Response(LeadPartySerializer(party).data)


@record_action("disassociate", right="update", request=DisassociateSerializer)
def disassociate(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> Lead:
    """Take a person or a company off the lead."""
    user: Any = request.user
    lead_disassociate(lead_id=lead.pk, user=user, party_id=values["party"])
    return lead


def _create_lead(entity: str, make: Any) -> Any:
    """A lead out of a record one sees; the right to create leads is asked for."""

    @extend_schema(request=LeadFromSerializer, responses={201: LeadSerializer})
    @action(
        detail=True,
        methods=["post"],
        url_path="create-lead",
        url_name="create-lead",
        filter_backends=[],
        pagination_class=None,
    )
    def create_lead(self: Any, request: Request, pk: str) -> Response:
        """Make a lead that carries person, account, notes and source along."""
        record = self.get_object()
        values = body_of(self, request, LeadFromSerializer)
        lead = make(**{entity: record}, user=request.user, values=values)
        context = self.get_serializer_context()
        lead.refresh_from_db()
        return Response(LeadSerializer(lead, context=context).data, status=201)

    return create_lead


def extend_records() -> None:
    """Add these actions to the resources; before the addresses are made."""
    for extra in (parties, associate, disassociate):
        extend(LeadViewSet, extra)
    extend(ContactViewSet, _create_lead("contact", lead_from_contact))
    extend(ActivityViewSet, _create_lead("activity", lead_from_activity))
