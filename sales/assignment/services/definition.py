"""Making, changing, ordering and switching rule sets and their rules.

Each write locks its rule set first, so that the order of the rules has one writer.
Changes of rows are journaled by the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from core.access.models import User
from core.access.rights import team_ids_below
from core.base.errors import Invalid, Refused, Stale
from core.journal.services import record
from sales.assignment import rules
from sales.assignment.models import AssignmentRule, RuleSet
from sales.assignment.services.conditions import condition_query

SET_FIELDS = ("name", "partner", "on_created", "on_sales_ready", "fallback_owner")
RULE_FIELDS = (
    "name",
    "active",
    "condition",
    "to",
    "user",
    "team",
    "people",
    "available_within",
    "uses_capacity",
)
MOST_RULES = 200
_Target = AssignmentRule.To
Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def rule_set_create(*, values: dict[str, Any]) -> RuleSet:
    """An inactive set for the organisation or a team (`team`); one for each.

    Raises Invalid at the field.
    """
    rule_set = RuleSet(team=values.get("team"))
    _fill(rule_set, values, (*SET_FIELDS, "team"))
    _check_set(rule_set)
    return _saved(rule_set)


@transaction.atomic
def rule_set_update(
    *, rule_set_id: int, values: dict[str, Any], expected_version: int | None = None
) -> RuleSet:
    """Change a set; whose it is stays. Locks it. Raises Stale, Invalid."""
    rule_set = _lock(rule_set_id)
    _check_version(rule_set, expected_version)
    if "team" in values and values["team"] != rule_set.team:
        raise Invalid("fixed", "Whose rules these are cannot be changed.", attr="team")
    _fill(rule_set, values, (*SET_FIELDS, "team"))
    _check_set(rule_set)
    for rule in rule_set.rules.all():
        _check_partner(rule_set, rule)
    return _saved(rule_set)


@transaction.atomic
def rule_set_delete(*, rule_set_id: int, expected_version: int | None = None) -> None:
    """Delete an inactive set with its rules; what they gave stays explained."""
    rule_set = _lock(rule_set_id)
    _check_version(rule_set, expected_version)
    if rule_set.active:
        raise Refused("active", "Switch the rules off before deleting them.")
    rule_set.delete()


@transaction.atomic
def rule_set_switch(*, rule_set_id: int, active: bool) -> RuleSet:
    """Let a set give leads by itself from now on, or no more. Locks the set.

    Raises Refused where it is so already, or where it has no rule that is on.
    """
    rule_set = _lock(rule_set_id)
    if rule_set.active == active:
        raise Refused(
            "already_active" if active else "not_active",
            f"These rules are {'on' if active else 'off'} already.",
        )
    if active and not rule_set.rules.filter(active=True).exists():
        raise Refused("no_rules", "Add a rule first: none of these is on.")
    rule_set.active = active
    return _saved(rule_set)


@transaction.atomic
def alerts_dismiss(*, rule_set_id: int) -> RuleSet:
    """Take note of the leads that no rule had somebody for. Locks the set."""
    rule_set = _lock(rule_set_id)
    rule_set.alerts_seen_at = timezone.now()
    return _saved(rule_set)


@transaction.atomic
def rule_create(*, rule_set_id: int, values: dict[str, Any]) -> AssignmentRule:
    """A new rule, after all others of its set. Locks the set; Invalid at the field."""
    rule_set = _lock(rule_set_id)
    if rule_set.rules.count() >= MOST_RULES:
        raise Refused("too_many", f"A set holds {MOST_RULES} rules.")
    last = rule_set.rules.aggregate(last=Max("position"))["last"] or 0
    rule = AssignmentRule(rule_set=rule_set, position=last + 1)
    return _rule_saved(rule_set, rule, values)


@transaction.atomic
def rule_update(
    *, rule_id: int, values: dict[str, Any], expected_version: int | None = None
) -> AssignmentRule:
    """Change a rule; what it gave before keeps the version of that time.

    Locks its set. Raises Stale, or Invalid at the field.
    """
    rule_set, rule = _lock_rule(rule_id)
    _check_version(rule, expected_version)
    return _rule_saved(rule_set, rule, values)


@transaction.atomic
def rule_delete(*, rule_id: int, expected_version: int | None = None) -> None:
    """Delete a rule; what it gave stays explained. Locks its set."""
    _, rule = _lock_rule(rule_id)
    _check_version(rule, expected_version)
    rule.delete()


@transaction.atomic
def rules_reorder(*, rule_set_id: int, order: Sequence[int]) -> None:
    """Put the rules of a set in this order; it must name each of them once.

    Locks the set. Journals assignment_rule_set.reordered with the order before and
    after. Raises Refused where rules came or went since the order was read.
    """
    rule_set = _lock(rule_set_id)
    found = {rule.pk: rule for rule in rule_set.rules.order_by("position", "pk")}
    try:
        wanted = rules.places(list(found), order)
    except ValueError as error:
        raise Refused("order_changed", f"{error} Load the page again.") from error
    if wanted == list(found):
        return
    for place, pk in enumerate(wanted, 1):
        found[pk].position = place
    AssignmentRule.objects.bulk_update(found.values(), ["position"])
    record(
        "assignment_rule_set.reordered",
        subject=("assignment_rule_set", rule_set.pk),
        data={"changes": {"order": [list(found), wanted]}},
    )


def rule_move(*, rule_id: int, by: int) -> None:
    """Move a rule so many places down (or up, where negative); at the ends it stays."""
    rule = AssignmentRule.objects.get(pk=rule_id)
    ids = AssignmentRule.objects.filter(rule_set=rule.rule_set_id)
    order = list(ids.order_by("position", "pk").values_list("pk", flat=True))
    place = order.index(rule.pk)
    order.insert(max(0, min(place + by, len(order) - 1)), order.pop(place))
    rules_reorder(rule_set_id=rule.rule_set_id, order=order)


def _lock(rule_set_id: int) -> RuleSet:
    rows = RuleSet.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("team").get(pk=rule_set_id)


def _lock_rule(rule_id: int) -> tuple[RuleSet, AssignmentRule]:
    rule_set = _lock(AssignmentRule.objects.get(pk=rule_id).rule_set_id)
    return rule_set, AssignmentRule.objects.get(pk=rule_id)


def _check_version(row: Any, expected: int | None) -> None:
    if expected is not None and row.version != expected:
        raise Stale("stale", "Somebody else changed this. Load it again.")


def _fill(row: models.Model, values: dict[str, Any], names: Sequence[str]) -> None:
    unknown = set(values) - set(names)
    if unknown:
        raise Invalid("unknown_field", "There is no such field.", attr=min(unknown))
    for name, value in values.items():
        setattr(row, name, value)


def _saved(row: Row) -> Row:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    row.save()
    row.refresh_from_db()
    return row


def _check_set(rule_set: RuleSet) -> None:
    if rule_set.partner and rule_set.team is None:
        raise Invalid("required", "Which team is the partner?", attr="team")
    owner = rule_set.fallback_owner
    if owner is not None and not owner.is_active:
        raise Invalid(
            "inactive_owner", f"{owner} is not active.", attr="fallback_owner"
        )
    if rule_set.partner and owner is not None:
        _check_inside(rule_set, [owner.pk], "fallback_owner")


def _rule_saved(
    rule_set: RuleSet, rule: AssignmentRule, values: dict[str, Any]
) -> AssignmentRule:
    _fill(rule, values, RULE_FIELDS)
    condition_query(rule.condition)
    _check_target(rule_set, rule)
    _check_partner(rule_set, rule)
    rule.problem = ""
    return _saved(rule)


def _check_target(rule_set: RuleSet, rule: AssignmentRule) -> None:
    """There is somebody to give to, and only what this way of giving reads is kept."""
    if rule.to == _Target.USER:
        rule.team, rule.people = None, []
        if rule.user is None or not rule.user.is_active:
            raise Invalid("required", "Choose an active person.", attr="user")
        return
    rule.user = None
    if rule.to == _Target.TEAM:
        rule.people = []
        if rule.team is None:
            raise Invalid("required", "Choose a team.", attr="team")
        if rule_set.team is not None and rule.team.pk == rule_set.team.pk:
            raise Invalid("itself", "These leads lie with this team.", attr="team")
        return
    rule.people = list(dict.fromkeys(rule.people))
    known = User.objects.filter(pk__in=rule.people, is_active=True).count()
    if known != len(rule.people):
        raise Invalid("does_not_exist", "Choose active people only.", attr="people")
    if not rule.people and rule.team is None:
        raise Invalid("required", "Choose people, or a team of theirs.", attr="people")


def _check_partner(rule_set: RuleSet, rule: AssignmentRule) -> None:
    """The leads of a partner stay with the partner."""
    if not rule_set.partner:
        return
    if rule.user_id:
        _check_inside(rule_set, [rule.user_id], "user")
    _check_inside(rule_set, rule.people, "people")
    inside = team_ids_below(rule_set.team_id)
    if rule.team_id and rule.team_id not in inside:
        raise Invalid("outside", "This team is not the partner's.", attr="team")


def _check_inside(rule_set: RuleSet, people: Sequence[int], attr: str) -> None:
    teams = team_ids_below(rule_set.team_id)
    inside = User.objects.filter(pk__in=people, team__in=teams).count()
    if inside != len(people):
        raise Invalid("outside", "Choose people of the partner's team.", attr=attr)
