"""What a run on demand would do, without doing it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from core.access.models import User
from core.query.guard import evaluating
from crm.models import Lead
from sales.assignment.models import RuleSet
from sales.assignment.services.assign import leads_plan
from sales.assignment.services.plan import Gift
from sales.assignment.services.runs import of_set, wanted_leads

MOST = 10_000
TIMEOUT_MS = 8_000


@transaction.atomic
def rule_set_dry_run(
    *,
    rule_set: RuleSet,
    user: User,
    sales_ready_only: bool = True,
    take_away: bool = False,
) -> list[Gift]:
    """Who would get which of the leads this set is responsible for, as of now.

    The set counts as on. At most MOST leads, by their ids, among those the user may
    assign. Writes nothing. Raises QueryTimeout where a condition takes too long.
    """
    wanted = wanted_leads(user, sales_ready_only=sales_ready_only, take_away=take_away)
    rows = of_set(wanted, rule_set.pk).order_by("pk").values_list("pk", flat=True)
    sets = list(RuleSet.objects.filter(Q(active=True) | Q(pk=rule_set.pk)))
    prefetch_related_objects(sets, "rules")
    with evaluating(TIMEOUT_MS):
        ids = list(rows[:MOST])
        return leads_plan(
            leads=Lead.objects.filter(pk__in=ids), sets=sets, take_away=take_away
        )
