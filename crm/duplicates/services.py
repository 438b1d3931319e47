"""Writes on duplicate rules and on the pairs to review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from core.access.models import User
from core.access.rights import may
from core.base.errors import Denied, Invalid, Refused
from core.base.text import text_problem
from core.journal.services import record
from crm.duplicates.find import MODELS
from crm.duplicates.rules import Likeness, parts_problem
from crm.models import DuplicatePair, DuplicateRule

Found = Mapping[tuple[int, int], Likeness]
DECISIONS = ("open", "later", "dismissed")


@transaction.atomic
def duplicate_rule_save(
    *, rule: DuplicateRule, values: Mapping[str, Any]
) -> DuplicateRule:
    """Make or change a rule. Raises Invalid by field; the entity stays once set."""
    if rule.pk is not None and values.get("entity", rule.entity) != rule.entity:
        raise Refused("fixed", "Make a rule of its own for it.", attr="entity")
    for name, value in values.items():
        if isinstance(value, str) and (problem := text_problem(value)):
            raise Invalid("invalid", problem, attr=name)
        setattr(rule, name, value)
    problem = parts_problem(rule.entity, rule.parts)
    if problem:
        raise Invalid("invalid", problem, attr="parts")
    try:
        rule.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    rule.save()
    return rule


@transaction.atomic
def duplicate_rule_delete(*, rule: DuplicateRule) -> None:
    """Delete a rule; Refused for a shipped one, which is switched off instead."""
    if rule.shipped:
        raise Refused("shipped", "This rule is shipped. Switch it off instead.")
    rule.delete()


@transaction.atomic
def pairs_store(*, entity: str, found: Found) -> int:
    """Put pairs into the review queue; give how many are new.

    A pair that somebody decided about keeps its decision. Ids in any order. One
    statement for a thousand pairs.
    """
    rows = [
        (entity, min(pair), max(pair), each.score, each.reason[:300], each.rule.id)
        for pair, each in found.items()
    ]
    return sum(_upsert(rows[at : at + 1000]) for at in range(0, len(rows), 1000))


def _upsert(rows: list[tuple[Any, ...]]) -> int:
    entity, first, second, score, reason, rule = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_duplicatepair "
            "(entity, first_id, second_id, score, reason, rule_id, state) "
            "SELECT *, 'open' FROM unnest(%s::text[], %s::bigint[], %s::bigint[], "
            "%s::float[], %s::text[], %s::bigint[]) "
            "ON CONFLICT (entity, first_id, second_id) DO UPDATE SET "
            "score = excluded.score, reason = excluded.reason, "
            "rule_id = excluded.rule_id "
            "WHERE (crm_duplicatepair.score, crm_duplicatepair.reason) IS DISTINCT "
            "FROM (excluded.score, excluded.reason) RETURNING (xmax = 0)",
            [list(each) for each in (entity, first, second, score, reason, rule)],
        )
        return sum(new for (new,) in cursor.fetchall())


@transaction.atomic
def pair_decide(*, pair: DuplicatePair, user: User, state: str) -> DuplicatePair:
    """Say that a pair is no duplicate, is for later, or is to be looked at again.

    Locks the pair. Raises Denied where the user may change neither record, Refused
    for a pair that was merged. Journals duplicate.decided.
    """
    if state not in DECISIONS:
        raise Invalid("invalid", f"Choose one of: {', '.join(DECISIONS)}.")
    locked = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
    if locked.state == DuplicatePair.State.MERGED:
        raise Refused("merged", "These two were merged already.")
    if not _may_decide(locked, user):
        raise Denied
    if locked.state == state:
        return locked
    before, locked.state = locked.state, state
    locked.decided_at = None if state == "open" else timezone.now()
    locked.decided_by = None if state == "open" else user
    locked.save(update_fields=["state", "decided_at", "decided_by"])
    record(
        "duplicate.decided",
        subject=(locked.entity, locked.first_id),
        data={"other": locked.second_id, "was": before, "is": state},
    )
    return locked


def _may_decide(pair: DuplicatePair, user: User) -> bool:
    rows = MODELS[pair.entity]._default_manager
    both: Iterable[Any] = rows.filter(pk__in=[pair.first_id, pair.second_id])
    return any(may(user, "update", each, pair.entity) for each in both)
