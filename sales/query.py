"""What the query language can reach of opportunities."""

from __future__ import annotations

from core.query.registry import (
    QueryEntity,
    Relation,
    extend_query_entity,
    register_query_entity,
)
from crm.query import custom_fields, fields_of
from sales.models import Opportunity

_OPPORTUNITIES = Relation("opportunities", "Opportunities", "opportunity")


def register() -> None:
    """Register opportunities, and the ways to them; from AppConfig.ready()."""
    register_query_entity(
        QueryEntity(
            "opportunity",
            "Opportunity",
            "Opportunities",
            Opportunity,
            fields_of(Opportunity),
            [
                Relation("contact", "Contact", "contact"),
                Relation("account", "Account", "account"),
                Relation("originating_lead", "Originating lead", "lead"),
                Relation("product", "Product", "product"),
                Relation("campaign", "Campaign", "campaign"),
                Relation("owner", "Owner", "user"),
                Relation("team", "Team", "team"),
            ],
            dynamic=custom_fields("opportunity"),
        )
    )
    for entity in ("contact", "account", "lead", "product", "campaign"):
        extend_query_entity(entity, relations=[_OPPORTUNITIES])
