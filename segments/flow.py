"""Compound segments: live segments joined from left to right. No database.

A compound segment's definition is an ordinary set of the query language that uses
nothing but segments and never brackets to the right; a flow is the same as a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.base.errors import Invalid

JOINS = {"union": "or also", "intersect": "but also in", "except": "but not"}
# More would be no flow that anybody can read, and deeper than a query may be.
MOST = 30


@dataclass(frozen=True)
class Part:
    """One segment of a flow, and how it joins what stands before it."""

    join: str
    segment: int


def flow_of(definition: Any) -> list[Part]:
    """The parts of a compound definition, from left to right.

    Raises Invalid at the place that is no segment, or stands in brackets of its own.
    """
    return list(_parts(definition, "definition", "union"))


def _parts(node: Any, path: str, join: str) -> Iterator[Part]:
    if not isinstance(node, dict) or len(node) != 1:
        raise _no_flow(path)
    (key, value), *_ = node.items()
    if key == "segment":
        yield Part(join, _segment_id(value, path))
    elif key in JOINS and isinstance(value, list) and value:
        # Only the first may be a set again: that is what "left to right" means.
        yield from _parts(value[0], f"{path}.{key}[0]", join)
        for number, item in enumerate(value[1:], start=1):
            yield from _last(item, f"{path}.{key}[{number}]", key)
    else:
        raise _no_flow(path)


def _last(node: Any, path: str, join: str) -> Iterator[Part]:
    if not isinstance(node, dict) or set(node) != {"segment"}:
        raise _no_flow(path)
    yield Part(join, _segment_id(node["segment"], path))


def _segment_id(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Invalid("unknown_segment", "Give the id of a segment.", attr=path)
    return value


def _no_flow(path: str) -> Invalid:
    return Invalid(
        "not_a_flow",
        "A compound segment joins segments from left to right and asks nothing else. "
        "Put conditions into a dynamic segment and add that one.",
        attr=path,
    )


def definition_of(parts: Sequence[Part]) -> dict[str, Any]:
    """The parts as a set of the query language; equal joins in a row share a list.

    Raises Invalid for an unknown join, or more parts than a flow may have.
    """
    if not parts:
        return {}
    if len(parts) > MOST:
        raise Invalid("too_many", f"Join at most {MOST} segments.", attr="flow")
    found: dict[str, Any] = {"segment": parts[0].segment}
    for part in parts[1:]:
        if part.join not in JOINS:
            words = ", ".join(JOINS)
            raise Invalid("unknown_join", f"Choose one of: {words}.", attr="flow")
        if part.join in found:
            found[part.join].append({"segment": part.segment})
        else:
            found = {part.join: [found, {"segment": part.segment}]}
    return found


def mentions(value: Any) -> set[int]:
    """The ids of the segments that any JSON refers to, at whatever depth.

    Reads definitions, also broken ones, conditions and settings of steps alike.
    """
    found: set[int] = set()
    todo = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            number = node.get("segment")
            if isinstance(number, int) and not isinstance(number, bool):
                found.add(number)
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return found
