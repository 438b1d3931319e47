"""Rules in plain words."""

from __future__ import annotations

from core.journal.interactions import interaction_kind
from core.query.language import QueryError, explain, validate
from scoring.models import ScoringRule


def rule_sentence(rule: ScoringRule) -> str:
    """What a rule looks at, as one sentence without its points."""
    if rule.kind == ScoringRule.Kind.CONDITION:
        return _condition(rule, "lead")
    kinds = [interaction_kind(name) for name in rule.interactions]
    what = " or ".join(kind.label for kind in kinds if kind) or "Interaction"
    parts = [what, _often(rule)]
    if rule.window_days:
        parts.append(f"in the last {rule.window_days} days")
    if rule.condition:
        parts.append(f"({_condition(rule, 'interaction').rstrip('.')})")
    return " ".join(part for part in parts if part) + "."


def _often(rule: ScoringRule) -> str:
    if rule.frequency == ScoringRule.Frequency.EACH:
        return "each time"
    if rule.frequency == ScoringRule.Frequency.NONE:
        return "not once"
    return "at least once" if rule.times == 1 else f"at least {rule.times} times"


def _condition(rule: ScoringRule, entity: str) -> str:
    tree = {"from": entity, "where": rule.condition}
    try:
        return explain(validate(tree, starts_from=entity, ends_on=entity))
    except QueryError as error:
        return f"Broken: {error.detail}"
