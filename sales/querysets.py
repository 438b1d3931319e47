"""Named reads of opportunities."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q

from core.access.querysets import VisibleQuerySet
from core.access.rights import EVERYTHING, rights_of
from crm.querysets import Searchable


class OpportunityQuerySet(Searchable):
    entity = "opportunity"

    def open(self) -> Self:
        return self.filter(state="open")

    def won(self) -> Self:
        return self.filter(state="won")

    def lost(self) -> Self:
        return self.filter(state="lost")

    def closed(self) -> Self:
        """Won and lost ones."""
        return self.filter(state__in=["won", "lost"])

    def owned_by(self, user_id: int) -> Self:
        """The ones this person owns."""
        return self.filter(owner_id=user_id)

    def of_customer(self, *, contact_id: int | None, account_id: int | None) -> Self:
        """The ones sold to this person or this company."""
        wanted = Q(pk__in=[])
        if contact_id is not None:
            wanted |= Q(contact_id=contact_id)
        if account_id is not None:
            wanted |= Q(account_id=account_id)
        return self.filter(wanted)


class PipelineQuerySet(VisibleQuerySet):
    entity = "pipeline"

    def default_id(self) -> int | None:
        """The default pipeline; None only before the shipped rows are made."""
        found: int | None = (
            self.filter(is_default=True).values_list("pk", flat=True).first()
        )
        return found


class PipelineStageQuerySet(VisibleQuerySet):
    entity = "pipeline"

    def of(self, pipeline_id: int) -> Self:
        """The stages of a pipeline, in their order."""
        return self.filter(pipeline_id=pipeline_id).order_by("position", "pk")


class CurrencyQuerySet(VisibleQuerySet):
    entity = "currency"


class ExchangeRateQuerySet(VisibleQuerySet):
    entity = "currency"


class CompetitorQuerySet(VisibleQuerySet):
    entity = "competitor"


class PartQuerySet(VisibleQuerySet):
    """Rows that hang on an opportunity: seen and changed by whoever may that."""

    entity = "opportunity"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """The rows of the opportunities that this user may read, or change."""
        action = "read" if action == "read" else "update"
        condition = rights_of(user).condition("opportunity", action)
        if condition == EVERYTHING:
            return self.all()
        owner: Any = self.model._meta.get_field("opportunity").related_model
        rows = owner._default_manager.visible_to(user, action)
        return self.filter(opportunity__in=rows)
