"""What the query language can reach of opportunities."""

from __future__ import annotations

from dataclasses import replace

from core.query.registry import (
    Field,
    QueryEntity,
    Relation,
    extend_query_entity,
    register_query_entity,
)
from crm.query import coded, custom_fields, fields_of
from crm.services.processes import stage_choices
from sales.models import Opportunity

_OPPORTUNITIES = Relation("opportunities", "Opportunities", "opportunity")


def _fields() -> list[Field]:
    """Every column; those that hold keys of settings, with their names."""
    stages = {"process_stage": lambda: stage_choices("opportunity")}
    return [
        replace(field, kind="code", choices=stages[field.name])
        if field.name in stages
        else field
        for field in coded("opportunity", fields_of(Opportunity))
    ]


def register() -> None:
    """Register opportunities, and the ways to them; from AppConfig.ready()."""
    register_query_entity(
        QueryEntity(
            "opportunity",
            "Opportunity",
            "Opportunities",
            Opportunity,
            _fields(),
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
