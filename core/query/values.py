"""Where the value of a field stands: a column, an array or a key of a JSON object.

A value of the wrong type in a JSON object (a text in a number field) counts as no
value of that type: it compares false and never raises, but is not blank.
"""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    JSONField,
    TextField,
)
from django.db.models import Field as DjangoField

from core.query.registry import Field
from core.query.sql import Param, Sql

# Only days that exist, so that the cast behind it never raises.
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
_PLAIN = (
    "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    "|[0-9]{4}-(0[13-9]|1[0-2])-(29|30)"
    "|[0-9]{4}-(0[13578]|1[02])-31"
)
_DAY = f"(?!0000)({_PLAIN}|{_LEAP})"
_TIME = "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?"
DAY = f"^{_DAY}$"
LOCAL_MOMENT = f"^{_DAY}({_TIME})?$"
MOMENT = f"^{_DAY}{_TIME}(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])$"

_JSON_TYPES: dict[str, tuple[str, str, DjangoField]] = {
    "text": ("string", "", TextField()),
    "code": ("string", "", TextField()),
    "choice": ("string", "", TextField()),
    "number": ("number", "::numeric", DecimalField()),
    "lookup": ("number", "::numeric", DecimalField()),
    "boolean": ("boolean", "::boolean", BooleanField()),
}


def _key(field: Field, *, text: bool) -> Sql:
    arrow = "->>" if text else "->"
    output = TextField() if text else JSONField()
    return Sql(
        f"({{}} {arrow} {{}})",
        field.expression(),
        Param(field.json),
        output_field=output,
    )


def typed(field: Field) -> Any:
    """The value as its type, NULL where there is none of that type.

    Lists come as lower-case arrays, for comparison without regard to case.
    """
    if field.json is None:
        column = field.expression()
        if field.kind != "multi":
            return column
        return Sql("lower({}::text)::text[]", column, output_field=TextField())
    item, text = _key(field, text=False), _key(field, text=True)
    if field.kind == "multi":
        return Sql(
            "lower((CASE jsonb_typeof({}) WHEN 'array' THEN {} END)::text)::jsonb",
            item,
            item,
            output_field=JSONField(),
        )
    if field.kind == "date":
        return _cast(item, text, [(DAY, "{}::date")], DateField())
    if field.kind == "datetime":
        ways = [
            (MOMENT, "{}::timestamptz"),
            (LOCAL_MOMENT, "({}::timestamp AT TIME ZONE 'UTC')"),
        ]
        return _cast(item, text, ways, DateTimeField())
    name, cast, output = _JSON_TYPES[field.kind]
    return Sql(
        f"(CASE jsonb_typeof({{}}) WHEN '{name}' THEN {{}}{cast} END)",
        item,
        text,
        output_field=output,
    )


def _cast(item: Sql, text: Sql, ways: list[tuple[str, str]], output: Any) -> Sql:
    sql = "(CASE WHEN jsonb_typeof({}) <> 'string' THEN NULL"
    parts: list[Any] = [item]
    for pattern, cast in ways:
        sql += f" WHEN {{}} ~ {{}} THEN {cast}"
        parts += [text, Param(pattern), text]
    return Sql(sql + " END)", *parts, output_field=output)


def blank(field: Field) -> Sql:
    """Nothing is there: NULL, '', JSON null, a missing key, an empty list."""
    if field.json is not None:
        item = _key(field, text=False)
        return Sql(
            "({} IS NULL OR {} IN ('null'::jsonb, '\"\"'::jsonb, '[]'::jsonb))",
            item,
            item,
        )
    column = field.expression()
    if field.kind in ("text", "code", "choice"):
        return Sql("({} IS NULL OR {} = '')", column, column)
    if field.kind == "multi":
        return Sql("({} IS NULL OR cardinality({}) = 0)", column, column)
    return Sql("({} IS NULL)", column)
