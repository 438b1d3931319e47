"""Customers and leads in the Django admin: the same services as everywhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from crm import process_admin  # noqa: F401 - registers its own models
from crm.duplicates import services as duplicates
from crm.imports.undo.services import import_undo
from crm.merge.services import merge_undo
from crm.models import (
    Account,
    Activity,
    Attachment,
    Campaign,
    Choice,
    Contact,
    CustomField,
    DiscardedFile,
    DuplicateKey,
    DuplicatePair,
    DuplicateRule,
    Import,
    ImportRow,
    Lead,
    MatchingStrategy,
    Merge,
    MergedRecord,
    Note,
    Product,
    Tag,
)
from crm.services import activities, attachments, lists, records
from crm.services.kinds import kind_of


class RecordAdmin(HandoffModelAdmin):
    """Records written by `crm.services.records`."""

    ordering = ("-id",)

    def get_fields(self, request: Any, obj: Any = None) -> list[str]:
        """What the services can write, in the order of the model."""
        writable = kind_of(self.entity_key()).fields
        return [f.name for f in self.model._meta.fields if f.name in writable]

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return records.record_create(
            entity=self.entity_key(), values=values, user=request.user
        )

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return records.record_update(
            record=obj,
            values=values,
            user=request.user,
            version=self.seen_version(request),
        )

    def remove(self, request: Any, obj: Any) -> None:
        records.record_delete(record=obj, user=request.user)


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    list_display = ("name", "email", "company_name", "owner", "marketing_only", "state")
    list_filter = ("state", "marketing_only", "consent_level")
    list_select_related = ("owner",)
    search_fields = ("search_text",)
    autocomplete_fields = ("account", "guardian", "owner")


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    list_display = ("name", "industry", "city", "owner", "state")
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("search_text",)
    autocomplete_fields = ("parent", "primary_contact", "owner")


@admin.register(Lead)
class LeadAdmin(RecordAdmin):
    list_display = ("name", "topic", "email", "owner", "state", "sales_ready")
    list_filter = ("state", "sales_ready", "process")
    list_select_related = ("owner",)
    search_fields = ("search_text",)
    autocomplete_fields = ("parent_contact", "parent_account", "owner")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A closed lead is read-only for everybody."""
        if obj is not None and obj.is_closed:
            return False
        return super().has_change_permission(request, obj)


@admin.register(Product)
class ProductAdmin(RecordAdmin):
    list_display = ("name", "code", "family", "price", "active")
    list_filter = ("active",)
    search_fields = ("name", "code")


@admin.register(Campaign)
class CampaignAdmin(RecordAdmin):
    list_display = ("name", "status", "starts_on", "ends_on", "owner")
    list_filter = ("status",)
    list_select_related = ("owner",)
    search_fields = ("name", "code")
    autocomplete_fields = ("owner",)


@admin.register(Activity)
class ActivityAdmin(HandoffModelAdmin):
    list_display = ("subject", "kind", "state", "due_at", "owner")
    list_filter = ("kind", "state", "priority")
    list_select_related = ("owner",)
    search_fields = ("subject",)
    ordering = ("-id",)
    autocomplete_fields = ("owner",)

    def get_fields(self, request: Any, obj: Any = None) -> list[str]:
        """What the services can write; what it is about only when it is made."""
        names = ["regarding_type", "regarding_id"] if obj is None else []
        fields = self.model._meta.fields
        return names + [f.name for f in fields if f.name in activities.ACTIVITY_FIELDS]

    def create(self, request: Any, obj: Activity, values: dict[str, Any]) -> Activity:
        return activities.activity_log(user=request.user, **values)

    def update(self, request: Any, obj: Activity, values: dict[str, Any]) -> Activity:
        return activities.activity_update(
            activity=obj,
            values=values,
            user=request.user,
            version=self.seen_version(request),
        )

    def remove(self, request: Any, obj: Activity) -> None:
        activities.activity_delete(activity=obj, user=request.user)


@admin.register(Note)
class NoteAdmin(HandoffModelAdmin):
    list_display = ("__str__", "regarding_type", "regarding_id", "created_at")
    search_fields = ("body",)
    ordering = ("-id",)

    def get_fields(self, request: Any, obj: Any = None) -> list[str]:
        """The text; what it is about only when it is made."""
        return ["regarding_type", "regarding_id", "body"] if obj is None else ["body"]

    def create(self, request: Any, obj: Note, values: dict[str, Any]) -> Note:
        return activities.note_add(user=request.user, **values)

    def update(self, request: Any, obj: Note, values: dict[str, Any]) -> Note:
        return activities.note_update(
            note=obj,
            body=obj.body,
            user=request.user,
            version=self.seen_version(request),
        )

    def remove(self, request: Any, obj: Note) -> None:
        activities.note_delete(note=obj, user=request.user)


@admin.register(Attachment)
class AttachmentAdmin(HandoffModelAdmin):
    """Files on records: looked at and deleted here, added on the record's page."""

    list_display = ("file_name", "content_type", "size", "regarding_type", "created_at")
    list_filter = ("regarding_type", "content_type")
    search_fields = ("file_name", "=sha256")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def remove(self, request: Any, obj: Attachment) -> None:
        attachments.attachment_delete(attachment=obj, user=request.user)


@admin.register(DiscardedFile)
class DiscardedFileAdmin(ReadOnlyAdmin):
    """Files that leave the disk a month after their deletion."""

    entity = "organisation"
    list_display = ("path", "discarded_at")
    search_fields = ("path",)


class SettingAdmin(HandoffModelAdmin):
    """Lists and definitions written by `crm.services.lists`."""

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lists.setting_save(row=self.model(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lists.setting_save(
            row=self.model._default_manager.get(pk=obj.pk), values=values
        )

    def remove(self, request: Any, obj: Any) -> None:
        lists.setting_delete(row=obj)


@admin.register(Tag)
class TagAdmin(SettingAdmin):
    list_display = ("name", "colour")
    search_fields = ("name",)


@admin.register(Choice)
class ChoiceAdmin(SettingAdmin):
    list_display = ("value", "list", "position", "active")
    list_filter = ("list", "active")
    search_fields = ("value",)


@admin.register(CustomField)
class CustomFieldAdmin(SettingAdmin):
    list_display = ("label", "entity", "key", "kind", "active")
    list_filter = ("entity", "kind", "active")
    search_fields = ("label", "key")


@admin.register(MatchingStrategy)
class MatchingStrategyAdmin(SettingAdmin):
    list_display = ("name", "target", "key", "shipped")
    list_filter = ("target", "shipped")
    search_fields = ("name", "key")


@admin.register(DuplicateRule)
class DuplicateRuleAdmin(HandoffModelAdmin):
    """What counts as a duplicate, and from when somebody is asked."""

    list_display = ("name", "entity", "threshold", "refuse_from", "active", "shipped")
    list_filter = ("entity", "active", "shipped")
    search_fields = ("name", "key")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return duplicates.duplicate_rule_save(rule=DuplicateRule(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        stored = DuplicateRule.objects.get(pk=obj.pk)
        return duplicates.duplicate_rule_save(rule=stored, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        duplicates.duplicate_rule_delete(rule=obj)


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    """Pairs to review, with what was decided about them."""

    list_display = ("__str__", "score", "reason", "state", "decided_by", "found_at")
    list_filter = ("entity", "state")
    list_select_related = ("decided_by",)
    search_fields = ("=first_id", "=second_id", "reason")
    ordering = ("-score", "-id")
    actions = ("dismiss", "reopen")

    @admin.action(description="Not a duplicate", permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: Any) -> None:
        """Say of the chosen pairs that they are two records."""
        self._decide(request, queryset, "dismissed")

    @admin.action(description="Review again", permissions=["decide"])
    def reopen(self, request: HttpRequest, queryset: Any) -> None:
        """Put the chosen pairs back into the queue."""
        self._decide(request, queryset, "open")

    def _decide(self, request: HttpRequest, queryset: Any, state: str) -> None:
        user: Any = request.user
        for pair in queryset:
            duplicates.pair_decide(pair=pair, user=user, state=state)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "update")


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    """Records that became one, with an undo."""

    entity = "duplicate"
    list_display = ("__str__", "entity", "survivor_id", "merged_by", "merged_at")
    list_filter = ("entity",)
    list_select_related = ("merged_by",)
    search_fields = ("=survivor_id",)
    exclude = ("log",)
    ordering = ("-id",)
    actions = ("undo",)

    @admin.action(description="Undo", permissions=["undo"])
    def undo(self, request: HttpRequest, queryset: Any) -> None:
        """Take the chosen records apart again."""
        user: Any = request.user
        for merge in queryset:
            merge_undo(merge=merge, user=user)

    def has_undo_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "update")


@admin.register(MergedRecord)
class MergedRecordAdmin(ReadOnlyAdmin):
    """Old numbers, and the record that answers for each."""

    entity = "duplicate"
    list_display = ("entity", "old_id", "survivor_id")
    list_filter = ("entity",)
    search_fields = ("=old_id", "=survivor_id")
    ordering = ("-id",)


@admin.register(DuplicateKey)
class DuplicateKeyAdmin(ReadOnlyAdmin):
    """The notes of running searches."""

    entity = "duplicate"
    list_display = ("key", "record_id", "job_id")
    search_fields = ("=record_id", "=job_id")
    ordering = ("-id",)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Imports and their progress; they are started on the import page."""

    list_display = (
        "file_name",
        "entity",
        "state",
        "undo_state",
        "done",
        "total",
        "created_at",
    )
    list_filter = ("state", "undo_state", "entity")
    search_fields = ("file_name",)
    actions = ("undo",)

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Whoever runs imports may take back their own."""
        return self.allowed(request, "update")

    @admin.action(description="Undo the import", permissions=["undo"])
    def undo(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take these imports back in the background; one that cannot be is told."""
        rows = Import.objects.visible_to(request.user, "update")
        chosen = rows.filter(pk__in=queryset.values("pk"))
        for batch in chosen:
            import_undo(batch=batch, user=request.user)
        self.message_user(request, f"{len(chosen)} imports are being taken back.")


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    """What became of each row of the imports one sees."""

    entity = "import"
    list_display = ("batch", "row_no", "result", "undo", "record_id")
    list_filter = ("result", "undo")
    list_select_related = ("batch",)
    search_fields = ("=record_id",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        batches = Import.objects.visible_to(request.user)
        return ImportRow.objects.filter(batch__in=batches).order_by("-id")
