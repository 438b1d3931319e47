"""One clause as a condition on a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.query.context import Context
from core.query.dates import Span, anniversary_days, span
from core.query.operators import NEGATIVE
from core.query.sql import FALSE, Param, Sql, complement, every
from core.query.tree import Clause
from core.query.values import blank, typed

_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_WILD = {"*": "%", "?": "_"}


def clause_condition(clause: Clause, context: Context, negated: bool = False) -> Any:
    """The clause as a condition; negated, its exact complement."""
    op = NEGATIVE.get(clause.op, clause.op)
    condition = _positive(clause, op, context)
    return complement(condition) if negated != (op != clause.op) else condition


def like_escape(text: str) -> str:
    """The text as part of a LIKE pattern in which every character is ordinary."""
    return text.translate(_LIKE)


def like_pattern(text: str) -> str:
    """The text with `*` for any characters and `?` for one, as a LIKE pattern."""
    return "".join(_WILD.get(char) or like_escape(char) for char in text)


def _positive(clause: Clause, op: str, context: Context) -> Any:
    if op == "blank":
        return blank(clause.field)
    kind = clause.field.kind
    value = typed(clause.field)
    if kind in ("text", "code", "choice"):
        return _text(value, op, clause.value, folded=kind == "code")
    if kind in ("date", "datetime"):
        return _date(value, op, clause, context)
    if kind == "multi":
        return _multi(value, op, clause.value, json=clause.field.json is not None)
    return _plain(value, op, clause.value)


def _text(column: Any, op: str, value: Any, *, folded: bool) -> Sql:
    """Compared by lower() on both sides; a folded column is lower case already."""
    left = "{}" if folded else "lower({})"
    if op == "eq":
        return Sql(f"({left} = lower({{}}))", column, Param(value))
    if op == "in":
        return _one_of(left, column, value)
    if op == "matches":
        # A pattern of stars alone would match empty text, which is blank.
        return Sql(
            f"({{}} <> '' AND {left} LIKE lower({{}}))",
            column,
            column,
            Param(like_pattern(value)),
        )
    return Sql(f"({left} LIKE lower({{}}))", column, Param(_LIKES[op](value)))


def _one_of(left: str, column: Any, values: tuple[str, ...]) -> Sql:
    """One of many texts, as one array where Python is sure to fold as lower() does.

    A constant array is hashed once; a thousand calls of lower() would be planned.
    """
    plain = [value.lower() for value in values if value.isascii()]
    others = [value for value in values if not value.isascii()]
    ways, params = [], []
    if plain:
        ways.append(f"{left} = ANY({{}})")
        params += [column, Param(plain)]
    if others:
        marks = ", ".join(["lower({})"] * len(others))
        ways.append(f"{left} IN ({marks})")
        params += [column, *map(Param, others)]
    return Sql(f"({' OR '.join(ways)})", *params)


_LIKES: dict[str, Callable[[str], str]] = {
    "contains": lambda text: f"%{like_escape(text)}%",
    "starts_with": lambda text: f"{like_escape(text)}%",
    "ends_with": lambda text: f"%{like_escape(text)}",
}
_SIGNS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _plain(column: Any, op: str, value: Any) -> Sql:
    if op == "in":
        return Sql("({} = ANY({}))", column, Param(list(value)))
    if op == "between":
        low, high = map(Param, value)
        return Sql("({} >= {} AND {} <= {})", column, low, column, high)
    return Sql(f"({{}} {_SIGNS[op]} {{}})", column, Param(value))


def _date(column: Any, op: str, clause: Clause, context: Context) -> Any:
    kind = clause.field.kind
    if op == "anniversary":
        return _anniversary(column, kind, clause.value, context)
    if op == "in":
        spans = [span("eq", item, kind, context) for item in clause.value]
        return Sql(
            "(" + " OR ".join(["{}"] * len(spans)) + ")",
            *(span_condition(column, item) for item in spans),
        )
    return span_condition(column, span(op, clause.value, kind, context))


def span_condition(column: Any, span: Span) -> Any:
    """The column lies in the span."""
    parts = []
    if span.low is not None:
        sign = ">=" if span.low_in else ">"
        parts.append(Sql(f"({{}} {sign} {{}})", column, Param(span.low)))
    if span.high is not None:
        sign = "<=" if span.high_in else "<"
        parts.append(Sql(f"({{}} {sign} {{}})", column, Param(span.high)))
    return every(parts) if parts else FALSE


def _anniversary(column: Any, kind: str, days: int, context: Context) -> Sql:
    found = anniversary_days(days, context)
    if kind == "datetime":
        column = Sql("({} AT TIME ZONE {})", column, Param(context.time_zone))
    return Sql(
        "(EXTRACT(MONTH FROM {}) * 100 + EXTRACT(DAY FROM {}) = ANY({}))",
        column,
        column,
        Param(found),
    )


_MULTI_SIGNS = {
    ("contains_any", False): "&&",
    ("contains_any", True): "?|",
    ("contains_all", False): "@>",
    ("contains_all", True): "?&",
}


def _multi(column: Any, op: str, values: tuple[str, ...], *, json: bool) -> Sql:
    if op == "in":
        same = [_multi(column, "eq", (item,), json=json) for item in values]
        return Sql("(" + " OR ".join(["{}"] * len(same)) + ")", *same)
    array = "ARRAY[" + ", ".join(["lower({})"] * len(values)) + "]::text[]"
    params = list(map(Param, values))
    if op == "eq":
        other = f"to_jsonb({array})" if json else array
        sql = f"({{}} @> {other} AND {{}} <@ {other})"
        return Sql(sql, column, *params, column, *params)
    sign = _MULTI_SIGNS[op, json]
    return Sql(f"({{}} {sign} {array})", column, *params)
