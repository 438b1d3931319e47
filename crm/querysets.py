"""Named reads of customers and leads."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q

from core.access.entities import entity_of
from core.access.querysets import VisibleQuerySet
from core.access.rights import NOTHING, rights_of
from core.base.search import search_words
from crm.regarding import about_visible

# What lies in the bin for a while after it was deleted.
BINNED = ("contact", "account", "lead", "opportunity")


class Searchable(VisibleQuerySet):
    """Rows with `search_text` (folded, trigram index) and `sort_name`."""

    def search(self, text: str) -> Self:
        """Rows that hold every word of the text, whatever its case and accents."""
        return search_words(self, text)


class AccountQuerySet(Searchable):
    entity = "account"

    def active(self) -> Self:
        return self.filter(state="active")


class ContactQuerySet(Searchable):
    entity = "contact"

    def active(self) -> Self:
        return self.filter(state="active")

    def sales(self) -> Self:
        """People sales works with: everybody but the marketing-only ones."""
        return self.filter(state="active", marketing_only=False)

    def marketing_only(self) -> Self:
        return self.filter(state="active", marketing_only=True)


class LeadQuerySet(Searchable):
    entity = "lead"

    def open(self) -> Self:
        return self.filter(state="open")

    def closed(self) -> Self:
        return self.exclude(state="open")

    def sales_ready(self) -> Self:
        return self.filter(state="open", sales_ready=True)

    def orphaned(self) -> Self:
        """Leads with neither a parent contact nor a parent account."""
        return self.filter(parent_contact=None, parent_account=None)


class ActivityQuerySet(VisibleQuerySet):
    entity = "activity"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Whoever sees what an activity is about sees it, and so does its owner."""
        rows = super().visible_to(user, action)
        mine = Q(owner=user.pk) | Q(created_by=user.pk)
        return rows.filter(mine | about_visible(user))

    def pending(self) -> Self:
        return self.filter(state__in=["open", "scheduled"])


class NoteQuerySet(VisibleQuerySet):
    entity = "note"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Whoever sees what a note is about sees it, and so does its author."""
        rows = super().visible_to(user, action)
        return rows.filter(Q(created_by=user.pk) | about_visible(user))


class ProductQuerySet(VisibleQuerySet):
    entity = "product"


class CampaignQuerySet(VisibleQuerySet):
    entity = "campaign"


class TagQuerySet(VisibleQuerySet):
    entity = "tag"


class ChoiceQuerySet(VisibleQuerySet):
    entity = "choice"


class CustomFieldQuerySet(VisibleQuerySet):
    entity = "custom_field"


class MatchingStrategyQuerySet(VisibleQuerySet):
    entity = "matching_strategy"


class ImportQuerySet(VisibleQuerySet):
    entity = "import"


class ProcessQuerySet(VisibleQuerySet):
    entity = "process"


class StatusReasonQuerySet(VisibleQuerySet):
    entity = "status_reason"


class LeadPartyQuerySet(VisibleQuerySet):
    entity = "lead"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Whoever sees a lead sees who has to do with it."""
        leads: Any = self.model._meta.get_field("lead").related_model
        return self.filter(lead__in=leads._default_manager.visible_to(user, action))


class MergeQuerySet(VisibleQuerySet):
    entity = "duplicate"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Merges into records that the user sees."""
        found = Q(pk__in=[])
        for key in ("contact", "account", "lead"):
            rows: Any = entity_of(key).model._default_manager
            found |= Q(entity=key, survivor_id__in=rows.visible_to(user).values("pk"))
        return super().visible_to(user, action).filter(found)


class DuplicateRuleQuerySet(VisibleQuerySet):
    entity = "duplicate_rule"


class DuplicatePairQuerySet(VisibleQuerySet):
    entity = "duplicate"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Pairs of which the user sees both records; none of a deleted one."""
        found = Q(pk__in=[])
        for key in ("contact", "account", "lead"):
            rows: Any = entity_of(key).model._default_manager
            seen = rows.visible_to(user).values("pk")
            found |= Q(entity=key, first_id__in=seen, second_id__in=seen)
        return super().visible_to(user, action).filter(found)

    def waiting(self) -> Self:
        return self.filter(state="open")


class DeletedRecordQuerySet(VisibleQuerySet):
    entity = "deleted_record"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Whoever may delete a record sees it in the bin, and brings it back."""
        reached = NOTHING
        rights = rights_of(user)
        for key in BINNED:
            mine = rights.condition(key, "delete")
            if key == "lead":
                closed = ~Q(state="open")
                mine &= ~closed | (closed & rights.condition(key, "delete_closed"))
            reached |= Q(entity=key) & mine
        return self.filter(reached)
