"""How customers and leads look in the API: named fields, look-ups as ids."""

from __future__ import annotations

from rest_framework import serializers

from core.api.serializers import RecordSerializer, StrictSerializer
from crm.models import (
    Account,
    Activity,
    Attachment,
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
from crm.services.activities import ACTIVITY_FIELDS
from crm.services.kinds import ACCOUNT_FIELDS, CONTACT_FIELDS, LEAD_FIELDS

STAMPS = ("created_at", "updated_at", "version")
MADE = ("created_by", *STAMPS)


class TagsField(serializers.ListField):
    """Names of tags."""

    child = serializers.CharField(max_length=100)


class TaggedSerializer(RecordSerializer):
    """A record with tags and custom fields."""

    ignore_duplicates = serializers.BooleanField(
        required=False,
        write_only=True,
        help_text="Write it even where a likely duplicate would be refused (409).",
    )

    tags = TagsField(required=False)
    custom = serializers.DictField(
        required=False,
        help_text="Custom fields by key; null removes one, a missing key stays.",
    )

    class Meta:
        fields: tuple[str, ...] = ()


class ContactSerializer(TaggedSerializer):
    name = serializers.CharField(read_only=True)

    class Meta:
        model = Contact
        fields = (
            "id",
            "name",
            *sorted(CONTACT_FIELDS),
            "state",
            "source_type",
            "source_id",
            "originating_lead",
            "ignore_duplicates",
            *MADE,
        )
        read_only_fields = (
            "state",
            "source_type",
            "source_id",
            "originating_lead",
            *MADE,
        )


class AccountSerializer(TaggedSerializer):
    class Meta:
        model = Account
        fields = (
            "id",
            *sorted(ACCOUNT_FIELDS),
            "state",
            "originating_lead",
            "ignore_duplicates",
            *MADE,
        )
        read_only_fields = ("state", "originating_lead", *MADE)


LEAD_STATE = (
    "state",
    "process",
    "stage",
    "stage_since",
    "entered_by_sales",
    "sales_ready",
    "sales_ready_at",
    "sales_ready_score",
    "sales_accepted",
    "returned_at",
    "closed_at",
    "closed_by",
    "last_activity_at",
    "source_type",
    "source_id",
)


class LeadSerializer(TaggedSerializer):
    name = serializers.CharField(read_only=True)
    status_reason = serializers.CharField(required=False, max_length=40)

    class Meta:
        model = Lead
        fields = (
            "id",
            "name",
            *sorted(LEAD_FIELDS),
            *LEAD_STATE,
            "ignore_duplicates",
            *MADE,
        )
        read_only_fields = (*LEAD_STATE, *MADE)


class ActivitySerializer(RecordSerializer):
    class Meta:
        model = Activity
        fields = (
            "id",
            "regarding_type",
            "regarding_id",
            *sorted(ACTIVITY_FIELDS),
            "contact",
            "lead",
            "account",
            "completed_at",
            *MADE,
        )
        read_only_fields = ("contact", "lead", "account", "completed_at", *MADE)


class ActivityChangeSerializer(ActivitySerializer):
    """An activity stays with the record it is about."""

    regarding_type = serializers.CharField(read_only=True)
    regarding_id = serializers.IntegerField(read_only=True)


class NoteSerializer(RecordSerializer):
    """A note; `not_told` answers a write: who is mentioned and may not see it."""

    not_told = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Note
        fields = (
            "id",
            "regarding_type",
            "regarding_id",
            "body",
            "not_told",
            "contact",
            "lead",
            "account",
            *MADE,
        )
        read_only_fields = ("contact", "lead", "account", *MADE)


class NoteChangeSerializer(NoteSerializer):
    """A note stays with the record it is about."""

    regarding_type = serializers.CharField(read_only=True)
    regarding_id = serializers.IntegerField(read_only=True)


class AttachmentSerializer(RecordSerializer):
    class Meta:
        model = Attachment
        fields = (
            "id",
            "regarding_type",
            "regarding_id",
            "file_name",
            "size",
            "content_type",
            "sha256",
            "contact",
            "lead",
            "account",
            *MADE,
        )
        read_only_fields = fields


class NewAttachmentSerializer(StrictSerializer):
    """A file, and the record to put it on."""

    file = serializers.FileField(max_length=1000)
    regarding_type = serializers.CharField(max_length=40)
    regarding_id = serializers.IntegerField(min_value=1)


class ProductSerializer(RecordSerializer):
    class Meta:
        model = Product
        fields = (
            "id",
            "name",
            "code",
            "family",
            "price",
            "description",
            "active",
            *STAMPS,
        )
        read_only_fields = STAMPS


class CampaignSerializer(RecordSerializer):
    class Meta:
        model = Campaign
        fields = (
            "id",
            "name",
            "code",
            "kind",
            "status",
            "starts_on",
            "ends_on",
            "budget",
            "description",
            "owner",
            "team",
            *STAMPS,
        )
        read_only_fields = STAMPS


class TagSerializer(RecordSerializer):
    class Meta:
        model = Tag
        fields = ("id", "name", "colour")


class ChoiceSerializer(RecordSerializer):
    class Meta:
        model = Choice
        fields = ("id", "list", "value", "position", "active")


class CustomFieldSerializer(RecordSerializer):
    choices = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False
    )

    class Meta:
        model = CustomField
        fields = (
            "id",
            "entity",
            "key",
            "label",
            "kind",
            "choices",
            "help_text",
            "position",
            "active",
        )


class MatchingStrategySerializer(RecordSerializer):
    class Meta:
        model = MatchingStrategy
        fields = (
            "id",
            "key",
            "name",
            "description",
            "target",
            "attributes",
            "shipped",
        )
        read_only_fields = ("shipped",)


class AssignSerializer(StrictSerializer):
    owner = serializers.IntegerField(
        allow_null=True, min_value=1, help_text="The id of a user; null: nobody."
    )
    team = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        help_text="Left out: the team of the owner.",
    )


class TagsSerializer(StrictSerializer):
    add = TagsField(required=False)
    remove = TagsField(required=False)


class CompleteSerializer(StrictSerializer):
    outcome = serializers.CharField(required=False, max_length=300, allow_blank=True)
