"""What is refused of any JSON before it is read as a tree."""

from __future__ import annotations

from typing import Any

from core.base.text import NOT_FINITE, json_problem
from core.query.errors import QueryError

MAX_DEPTH = 10
MAX_NODES = 200
# Objects and lists in each other: more than any tree within the limits can have.
MAX_NESTING = 60


def check_shape(tree: Any) -> None:
    """Refuse nesting beyond any sense, and text that cannot be stored.

    Neither step recurses, so no tree is too deep for them.
    """
    _check_nesting(tree)
    _check_text(tree)


def _check_nesting(tree: Any) -> None:
    """Refuse what is nested beyond any sense before its paths are written out."""
    level, depth = [tree], 0
    while level:
        if depth > MAX_NESTING:
            raise QueryError(
                "", "too_deep", f"At most {MAX_DEPTH} levels may be nested."
            )
        found: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                found += item.values()
            elif isinstance(item, list):
                found += item
        level, depth = found, depth + 1


def _check_text(tree: Any) -> None:
    problem = json_problem(tree)
    if problem:
        path, detail = problem
        code = "bad_value" if detail == NOT_FINITE else "bad_text"
        raise QueryError(path[:200], code, detail)
