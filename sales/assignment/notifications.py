"""Sales managers are told of leads that no rule had somebody for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.access.models import Team, User
from core.journal.consumers import EntryRow
from core.notifications.assigned import assigned_kind
from core.notifications.registry import (
    News,
    NotificationKind,
    Told,
    register_notification,
)
from sales.assignment.models import RuleSet


def find(entries: Sequence[EntryRow]) -> Iterable[News]:
    told = {set_id: managers_of(set_id) for set_id in {e.source_id for e in entries}}
    for entry in entries:
        for user_id in told[entry.source_id]:
            said = {"why": entry.data.get("why", "")}
            yield News(user_id, entry, ("lead", entry.subject_id), said)


def managers_of(set_id: int | None) -> list[int]:
    """Who answers for a set: the sales managers of its team and of those above.

    All sales managers for the organisation's; administrators where there is none.
    """
    may = User.objects.filter(
        is_active=True,
        roles__grants__entity="assignment_rule",
        roles__grants__action="update",
    ).distinct()
    managers = may.filter(roles__area="sales")
    found = (
        RuleSet.objects.filter(pk=set_id or 0).values_list("team", flat=True).first()
    )
    if found is not None:
        managers = managers.filter(team__in=_above(found))
    return list(managers.values_list("pk", flat=True)) or list(
        may.filter(roles__area="settings").values_list("pk", flat=True)
    )


def _above(team_id: int) -> list[int]:
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    found: list[int] = []
    at: int | None = team_id
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return found


def tell(told: Told) -> str:
    return f"No assignment rule had somebody for {told.name}: {told.data.get('why')}"


def register() -> None:
    """Called once, when the apps are loaded."""
    register_notification(
        NotificationKind(
            "lead_unassigned",
            "No assignment rule has somebody for a lead",
            "route",
            ("lead.unassigned",),
            find,
            tell,
            "leads came for which no assignment rule had somebody",
            "assignment_rule_sets",
        )
    )
    register_notification(
        assigned_kind(
            "opportunity", "Opportunity", "Opportunities", "coin", "opportunity_list"
        )
    )
