"""Which sets are better found each by itself and put together by UNION.

An OR of relations is evaluated row by row over the whole table, whatever indexes lead
to each of its parts; a UNION of their ids reads just those. Conditions on the row
itself stay together: one scan answers them all.
"""

from __future__ import annotations

from dataclasses import replace

from core.query.behaviour import flat, is_plain
from core.query.bounds import Bounds
from core.query.tree import Block, Combine, Cond, Not, Or, Related, Set


def alternatives(item: Set) -> list[Set]:
    """The sets of which this one is the union; itself alone where it is none."""
    if isinstance(item, Combine) and item.kind == "union":
        return _together(item)
    if isinstance(item, Block):
        return _branches(item)
    return [item]


def _together(union: Combine) -> list[Set]:
    """The sets of a union, those that read only the row itself as one."""
    plain = [part for part in union.items if _is_plain_block(part)]
    others = [part for part in union.items if not _is_plain_block(part)]
    if len(plain) < 2:
        return list(union.items)
    first = plain[0]
    assert isinstance(first, Block)
    wheres = tuple(part.where for part in plain if isinstance(part, Block))
    if None in wheres:
        return [replace(first, where=None)]
    conditions = tuple(where for where in wheres if where is not None)
    return [replace(first, where=Or(union.path, conditions)), *others]


def _is_plain_block(item: Set) -> bool:
    return isinstance(item, Block) and not item.steps and is_plain(item.where)


def _branches(block: Block) -> list[Set]:
    """The branches of an Or, where all that read other rows are led by keys."""
    if block.steps or not isinstance(block.where, Or):
        return [block]
    parts = flat(block.where, negated=False)
    related = [item for item, sign in parts if _is_led_by_keys(item, sign)]
    plain = [(item, sign) for item, sign in parts if is_plain(item)]
    if not related or len(related) + len(plain) < len(parts):
        return [block]
    branches: list[Set] = [replace(block, where=item) for item in related]
    if plain:
        conditions = tuple(_signed(item, sign) for item, sign in plain)
        branches.append(replace(block, where=Or(block.where.path, conditions)))
    return branches


def _is_led_by_keys(item: Cond, negated: bool) -> bool:
    """Whether the rows found are those that some keys name, not all but those."""
    if not isinstance(item, Related):
        return False
    bounds = Bounds(item.count, negated)
    return bounds.always is None and not bounds.zero and not negated


def _signed(item: Cond, negated: bool) -> Cond:
    return Not(item.path, item) if negated else item
