"""Small SQL expressions of our own, each two-valued where it is a condition.

Django's `~Q` and `exclude` lose rows on JSON keys, expressions and NULLs in `IN`, and
`icontains` emits UPPER, which misses the index; so conditions are written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, F, Field, Func, QuerySet, Subquery, Value


class Sql(Func):
    """An expression by its SQL: each `{}` stands for the next expression.

    A percent sign in the text is doubled. Values are only ever bound parameters.
    """

    def __init__(
        self, template: str, *expressions: Any, output_field: Field | None = None
    ) -> None:
        super().__init__(*expressions, output_field=output_field or BooleanField())
        self.sql = template

    def as_sql(  # type: ignore[override] # the text is given, nothing to override
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        pieces = self.sql.split("{}")
        text, params = [pieces[0]], []
        for piece, source in zip(
            pieces[1:], self.get_source_expressions(), strict=True
        ):
            sql, values = compiler.compile(source)
            text += [sql, piece]
            params += values
        return "".join(text), params


class Param(Value):
    """A bound value, handed to the driver as it is."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self.value]


TRUE = Sql("TRUE")
FALSE = Sql("FALSE")


def every(conditions: Sequence[Any]) -> Any:
    """All of them; nothing to satisfy is true."""
    return _joined(conditions, " AND ", TRUE)


def some(conditions: Sequence[Any]) -> Any:
    """At least one of them; no alternative is false."""
    return _joined(conditions, " OR ", FALSE)


def _joined(conditions: Sequence[Any], word: str, empty: Sql) -> Any:
    if not conditions:
        return empty
    if len(conditions) == 1:
        return conditions[0]
    return Sql("(" + word.join(["{}"] * len(conditions)) + ")", *conditions)


def complement(condition: Any) -> Sql:
    """The exact complement: unknown counts as false."""
    return Sql("({} IS NOT TRUE)", condition)


def member(local: str, keys: QuerySet[Any, Any], *, negated: bool = False) -> Sql:
    """The column is (or is not) among the keys; NULLs on either side are not.

    EXISTS over a derived table: the planner makes it a semi-join, an anti-join or a
    hashed subplan, also where the keys are grouped, and it is never NULL.
    """
    exists = "EXISTS (SELECT 1 FROM {} AS g(k) WHERE g.k = {})"
    return Sql("NOT " + exists if negated else exists, Subquery(keys), F(local))


def among(local: str, ids: Sequence[int]) -> Sql:
    """The column is one of these numbers.

    They go over as one text: a list of thousands takes the parser longer than the rows.
    """
    numbers = "{" + ",".join(map(str, ids)) + "}"
    return Sql("({} = ANY({}::bigint[]))", F(local), Param(numbers))
