"""The entities of this app, for the table of rights, and who sees what with whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from core.access.entities import Entity, register_entity
from core.access.querysets import widen_visibility
from crm.processes.registry import ProcessEntity, register_process_entity
from sales.kinds import FIELDS
from sales.models import Competitor, Currency, Opportunity, Pipeline, QualifyMapping


def register_all() -> None:
    """Make opportunities known as things that roles speak of."""
    register_entity(
        Entity(
            "opportunity",
            "Opportunity",
            "Opportunities",
            Opportunity,
            extra_actions={
                "assign": "Assign to another owner",
                "close": "Close as won or lost",
                "reopen": "Reopen",
            },
        )
    )
    register_entity(Entity("pipeline", "Pipeline", "Pipelines", Pipeline, None, None))
    register_entity(Entity("currency", "Currency", "Currencies", Currency, None, None))
    register_process_entity(
        ProcessEntity(
            "opportunity",
            Opportunity,
            lambda: FIELDS,
            stage="process_stage",
            since="process_since",
        )
    )
    register_entity(
        Entity("competitor", "Competitor", "Competitors", Competitor, None, None)
    )
    register_entity(
        Entity(
            "qualify_mapping",
            "Qualify mapping",
            "Qualify mapping",
            QualifyMapping,
            None,
            None,
        )
    )
    widen_visibility("contact", contacts_of_visible_opportunities)
    widen_visibility("account", accounts_of_visible_opportunities)


def contacts_of_visible_opportunities(user: Any) -> Q:
    """Whoever may see an opportunity may see its contact."""
    rows = Opportunity.objects.visible_to(user).filter(contact__isnull=False)
    return Q(pk__in=rows.values("contact"))


def accounts_of_visible_opportunities(user: Any) -> Q:
    """Whoever may see an opportunity may see its account."""
    rows = Opportunity.objects.visible_to(user).filter(account__isnull=False)
    return Q(pk__in=rows.values("account"))
