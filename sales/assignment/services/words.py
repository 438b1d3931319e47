"""Rules and what they did, in plain words."""

from __future__ import annotations

from typing import Any

from core.access.models import User
from core.query.registry import query_entity
from sales.assignment.models import AssignmentRule, Given

_To = AssignmentRule.To
_HOLDERS = {"parent_contact": "contact", "parent_account": "account"}


def listed(words: list[str], last: str = "and") -> str:
    """Words with commas, and `last` before the last."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def people_named(ids: list[int]) -> list[str]:
    """The names of these people, in this order (one query)."""
    found = User.objects.in_bulk(ids)
    return [str(found[pk]) for pk in ids if pk in found]


def target_sentence(rule: AssignmentRule, names: dict[int, User] | None = None) -> str:
    """Who gets the leads of a rule: "To Ben and Carl in turn"."""
    if rule.to == _To.USER:
        return f"To {rule.user}" if rule.user else "To nobody: the person is gone"
    if rule.to == _To.TEAM:
        return f"To the team {rule.team}" if rule.team else "To a team that is gone"
    pool = _pool(rule, names)
    if rule.to == _To.LOAD:
        return f"To whoever has the fewest open leads: {pool}"
    return f"To {pool}, in turn"


def _pool(rule: AssignmentRule, names: dict[int, User] | None) -> str:
    if not rule.people:
        return f"the salespeople of {rule.team}" if rule.team else "nobody"
    if names is None:
        return listed(people_named(rule.people), "or")
    return listed([str(names[pk]) for pk in rule.people if pk in names], "or")


def limits_sentence(rule: AssignmentRule) -> str:
    """What else must hold of who gets them."""
    if rule.to == _To.TEAM:
        return ""
    parts = []
    if rule.available_within == 0:
        parts.append("only at work now")
    elif rule.available_within is not None:
        parts.append(f"only at work within {rule.available_within} hours")
    if rule.uses_capacity:
        parts.append("only with room for another lead")
    return ", ".join(parts).capitalize()


def fact_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What a condition read, as label and value: ("Country", "NL")."""
    return [(_label(name), _said(value)) for name, value in facts.items()]


def _label(name: str) -> str:
    holder, _, column = name.rpartition(".")
    entity = query_entity(_HOLDERS.get(holder, "lead"))
    known = entity.own_field(column) if entity else None
    label = known.label if known else column.replace("_", " ").capitalize()
    return f"{label} of the {_HOLDERS[holder]}" if holder else label


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {said}" for key, said in value.items())
    return str(value)


def how_chosen(given: Given) -> str:
    """Why this person among those of the rule."""
    facts, people = given.facts, given.facts.get("people")
    if "why" in facts or people is None:
        return ""
    load = facts.get("load", 0)
    leads = f"{load} open {'lead' if load == 1 else 'leads'}"
    room = f" of at most {facts['capacity']}" if "capacity" in facts else ""
    among = "the only one" if people == 1 else f"one of {people}"
    return f"{among.capitalize()} who could take it; had {leads}{room} before."
