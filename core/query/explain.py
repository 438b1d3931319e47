"""A query in one plain English sentence, which says where empty values count."""

from __future__ import annotations

from core.query.behaviour import flat
from core.query.operators import NEGATIVE
from core.query.registry import Relation
from core.query.tree import (
    And,
    Block,
    Clause,
    Combine,
    Cond,
    Not,
    Or,
    Query,
    Related,
    SegmentRef,
    Set,
)
from core.query.words import COUNT_PHRASES, PHRASES, listed, value_words

_JOINS = {"union": ", or ", "intersect": ", that are also ", "except": ", but not "}


def explain(query: Query) -> str:
    """The query in one sentence."""
    text = _set(query.root)
    start = len(text) - len(text.lstrip("("))
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :] + "."


def explain_condition(cond: Cond) -> str:
    """One condition in words, without a full stop."""
    return _cond(cond, negated=False, grouped=False)


def _set(item: Set) -> str:
    if isinstance(item, SegmentRef):
        return f'{item.end.plural.lower()} in the segment "{item.name}"'
    if isinstance(item, Combine):
        first, *rest = [_wrapped(inner) for inner in item.items]
        if not rest:
            return first
        if item.kind == "except":
            return f"{first}, but not {listed(rest, 'or')}"
        return _JOINS[item.kind].join([first, *rest])
    return _block(item)


def _wrapped(item: Set) -> str:
    """A set inside a set: combinations and conditions need brackets."""
    text = _set(item)
    plain = isinstance(item, SegmentRef) or (
        isinstance(item, Block) and item.where is None and item.then is None
    )
    return text if plain else f"({text})"


def _block(block: Block) -> str:
    plural = block.entity.plural.lower()
    text = f"all {plural}"
    if block.where is not None:
        text = f"{plural} where {explain_condition(block.where)}"
    if not block.steps:
        return text
    way = " and then ".join(f"by {_noun(step.relation)}" for step in block.steps)
    text = f"{block.end.plural.lower()} reached {way} from {text}"
    if block.then is not None:
        text = f"{text}, and of these those where {explain_condition(block.then)}"
    return text


def _noun(relation: Relation) -> str:
    return relation.label[:1].lower() + relation.label[1:]


def _cond(cond: Cond, *, negated: bool, grouped: bool) -> str:
    if isinstance(cond, Not):
        return _cond(cond.item, negated=not negated, grouped=grouped)
    if isinstance(cond, Clause):
        return _clause(cond, negated=negated, grouped=grouped)
    if isinstance(cond, Related):
        return _related(cond, negated=negated, grouped=grouped)
    both = isinstance(cond, And) != negated
    return _group(cond, both=both, negated=negated, grouped=grouped)


def _group(cond: And | Or, *, both: bool, negated: bool, grouped: bool) -> str:
    items = flat(cond, negated)
    if not items:
        return "anything" if both else "nothing"
    if len(items) == 1:
        item, sign = items[0]
        return _cond(item, negated=sign, grouped=grouped)
    parts = [_cond(item, negated=sign, grouped=True) for item, sign in items]
    text = (" and " if both else " or ").join(parts)
    return f"({text})" if grouped else text


def _clause(clause: Clause, *, negated: bool, grouped: bool) -> str:
    op = NEGATIVE.get(clause.op, clause.op)
    negative = negated != (op != clause.op)
    words = PHRASES[op][negative]
    value = value_words(clause.field, op, clause.value)
    if op in ("contains_any", "contains_all"):
        value = f"{'any' if op == 'contains_any' else 'all'} of {value}"
    label = clause.field.label[:1].lower() + clause.field.label[1:]
    text = f"{label} {words} {value}".rstrip()
    if not negative or op == "blank":
        return text
    # Nothing there satisfies every negative condition, and that surprises people.
    text = f"{text}, or is empty"
    return f"({text})" if grouped else text


def _related(cond: Related, *, negated: bool, grouped: bool) -> str:
    noun = _noun(cond.relation)
    text, none = f"has {_amount(cond, noun, negated)}", not cond.relation.many
    if cond.where is None:
        return text
    text = f"{text} where {explain_condition(cond.where)}"
    if none and negated and cond.count is None:
        text = f"{text}, or no {noun} at all"
    return f"({text})" if grouped else text


def _amount(cond: Related, noun: str, negated: bool) -> str:
    if cond.count is None or (cond.count.op, cond.count.value) == ("gte", 1):
        if negated:
            return f"no {noun}"
        if cond.relation.many:
            return noun
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    if (cond.count.op, cond.count.value) == ("eq", 0):
        return f"at least one of {noun}" if negated else f"no {noun}"
    value = cond.count.value
    number = (
        f"{value:,}"
        if isinstance(value, int)
        else listed(
            [f"{item:,}" for item in value],
            "and" if cond.count.op == "between" else "or",
        )
    )
    return f"{COUNT_PHRASES[cond.count.op][negated].format(number)} {noun}"
