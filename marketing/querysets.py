"""Named reads of forms, pages and submissions."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q

from core.access.querysets import VisibleQuerySet
from crm.models import Contact, Lead
from crm.querysets import Searchable


class FormQuerySet(Searchable):
    entity = "form"

    def live(self) -> Self:
        return self.filter(state="live")


class PageQuerySet(Searchable):
    entity = "page"

    def live(self) -> Self:
        return self.filter(state="live")


class SubmissionQuerySet(VisibleQuerySet):
    entity = "submission"

    def pending(self) -> Self:
        return self.filter(state="pending")

    def failed(self) -> Self:
        return self.filter(state="failed")


class SuggestionQuerySet(VisibleQuerySet):
    """Proposed changes are seen by whoever sees the record they are for."""

    def visible_to(self, user: Any, action: str = "read") -> Self:
        return self.filter(
            Q(contact__in=Contact.objects.visible_to(user, action))
            | Q(lead__in=Lead.objects.visible_to(user, action))
        )

    def waiting(self) -> Self:
        return self.filter(state="pending")
