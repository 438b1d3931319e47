"""How opportunities and qualification look in the API."""

from __future__ import annotations

from rest_framework import serializers

from core.access.models import User
from core.api.serializers import LookupField, StrictSerializer
from crm.api.serializers import MADE, TaggedSerializer
from crm.models import Account, Campaign, Contact
from sales.kinds import FIELDS
from sales.models import Opportunity

STATE = (
    "state",
    "rate",
    "estimated_base",
    "actual_value",
    "actual_base",
    "stage_since",
    "closed_at",
    "closed_by",
)
CLOSING = ("close_note", "competitor")


class OpportunitySerializer(TaggedSerializer):
    estimated_base = serializers.DecimalField(
        max_digits=20,
        decimal_places=2,
        read_only=True,
        help_text="In the organisation's currency, at `rate`.",
    )
    actual_base = serializers.DecimalField(
        max_digits=20, decimal_places=2, read_only=True
    )
    status_reason = serializers.CharField(required=False, max_length=40)

    class Meta:
        model = Opportunity
        fields = ("id", *sorted(FIELDS), *STATE, *CLOSING, *MADE)
        read_only_fields = (*STATE, *CLOSING, *MADE)
        extra_kwargs = {
            "currency": {
                "required": False,
                "help_text": "The organisation's where it is left out.",
            },
            "stage": {"help_text": "The key of a stage of the pipeline."},
        }


class StaySerializer(serializers.Serializer):
    """A time in one stage."""

    stage = serializers.CharField()
    name = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    days = serializers.IntegerField()
    by = serializers.CharField(help_text="Who moved it there; blank: the system.")


class WinSerializer(StrictSerializer):
    actual_value = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True
    )
    closed_at = serializers.DateTimeField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class LoseSerializer(StrictSerializer):
    status_reason = serializers.CharField(required=False)
    competitor = serializers.CharField(required=False, allow_blank=True, max_length=200)
    closed_at = serializers.DateTimeField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class DisqualifySerializer(StrictSerializer):
    status_reason = serializers.CharField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class ReturnSerializer(StrictSerializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    owner = LookupField(queryset=User.objects.all(), required=False, allow_null=True)


class CustomerSerializer(StrictSerializer):
    """Whom the opportunity is for."""

    entity = serializers.ChoiceField(choices=["account", "contact"])
    id = serializers.IntegerField(min_value=1)


class OpportunityValuesSerializer(StrictSerializer):
    """What the opportunity says instead of the lead."""

    name = serializers.CharField(required=False, max_length=300)
    estimated_value = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True
    )
    estimated_close = serializers.DateField(required=False, allow_null=True)


class QualifyOptionsSerializer(StrictSerializer):
    """What to make; null leaves the choice to the rules."""

    create_account = serializers.BooleanField(required=False, allow_null=True)
    create_contact = serializers.BooleanField(required=False, allow_null=True)
    create_opportunity = serializers.BooleanField(required=False, allow_null=True)
    source_campaign = LookupField(
        queryset=Campaign.objects.all(), required=False, allow_null=True
    )
    status_reason = serializers.CharField(required=False, allow_null=True)
    ignore_duplicates = serializers.BooleanField(default=False)


class QualifySerializer(QualifyOptionsSerializer):
    """The parameters of one qualification."""

    account = LookupField(
        queryset=Account.objects.all(), required=False, allow_null=True
    )
    contact = LookupField(
        queryset=Contact.objects.all(), required=False, allow_null=True
    )
    link_opportunity = LookupField(
        queryset=Opportunity.objects.all(),
        required=False,
        allow_null=True,
        help_text="An open opportunity to link instead of making one.",
    )
    opportunity_customer = CustomerSerializer(required=False, allow_null=True)
    opportunity_currency = serializers.CharField(
        required=False, allow_null=True, max_length=3
    )
    opportunity = OpportunityValuesSerializer(required=False)
    dry_run = serializers.BooleanField(default=False)


LEADS = serializers.ListField(
    child=serializers.IntegerField(min_value=1), min_length=1, max_length=200
)


class QualifyManySerializer(QualifyOptionsSerializer):
    leads = LEADS


class DisqualifyManySerializer(DisqualifySerializer):
    leads = LEADS


class PartSerializer(serializers.Serializer):
    action = serializers.ChoiceField(choices=["create", "link", "skip"])
    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    reason = serializers.CharField()
    changes = serializers.DictField(help_text="Field: [old, new].")


class MadeSerializer(serializers.Serializer):
    entity = serializers.CharField()
    id = serializers.IntegerField(allow_null=True)


class QualifyResultSerializer(serializers.Serializer):
    """What became of the lead, or would in a dry run."""

    lead = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    state = serializers.CharField()
    status_reason = serializers.CharField()
    account = PartSerializer()
    contact = PartSerializer()
    opportunity = PartSerializer()
    lead_changes = serializers.DictField()
    carried_over = serializers.DictField(child=serializers.IntegerField())
    undo_until = serializers.DateTimeField(allow_null=True)
    created = MadeSerializer(many=True)


class OutcomeSerializer(serializers.Serializer):
    """What became of one lead of many."""

    lead = serializers.IntegerField()
    done = serializers.BooleanField()
    code = serializers.CharField()
    detail = serializers.CharField()
    opportunity = serializers.IntegerField(allow_null=True)


class OutcomesSerializer(serializers.Serializer):
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = OutcomeSerializer(many=True)
