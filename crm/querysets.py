"""Named reads of customers and leads."""

from __future__ import annotations

from typing import Self

from core.access.querysets import VisibleQuerySet


class AccountQuerySet(VisibleQuerySet):
    entity = "account"

    def active(self) -> Self:
        return self.filter(state="active")


class ContactQuerySet(VisibleQuerySet):
    entity = "contact"

    def active(self) -> Self:
        return self.filter(state="active")

    def sales(self) -> Self:
        """People sales works with: everybody but the marketing-only ones."""
        return self.filter(state="active", marketing_only=False)

    def marketing_only(self) -> Self:
        return self.filter(state="active", marketing_only=True)


class LeadQuerySet(VisibleQuerySet):
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

    def pending(self) -> Self:
        return self.filter(state__in=["open", "scheduled"])


class NoteQuerySet(VisibleQuerySet):
    entity = "note"
