"""Who is likely to be here already: look-ups on indexes, compared by the rules.

Nothing here locks, writes, or asks who may see what it finds: somebody known to
another person only is a duplicate too. Doors show those by name and owner.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from core.base.models import Organisation
from crm.duplicates.folding import FOLDED, READS, Folded
from crm.duplicates.rules import Likeness, Rule, compare, parts_of
from crm.models import Account, Contact, DuplicateRule, Lead

MODELS: dict[str, Any] = {"contact": Contact, "account": Account, "lead": Lead}
LIVE = {"contact": "active", "account": "active", "lead": "open"}
# How many rows one look-up by a name or a birthday may bring.
EACH = 200
PHONE_END = 8
NAME_BEGINS = 6


@dataclass(frozen=True)
class Likely:
    """A record that may be the same, how likely (0 to 1), and why in words."""

    record: Any
    likeness: Likeness

    @property
    def score(self) -> float:
        return self.likeness.score

    @property
    def reason(self) -> str:
        return self.likeness.reason

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.likeness.reasons

    @property
    def refused(self) -> bool:
        """So alike that the API refuses to write it unasked."""
        return self.likeness.refused


def detecting() -> bool:
    """Whether the organisation looks for duplicates at all."""
    return Organisation.current().detect_duplicates


def rules_of(entity: str) -> list[Rule]:
    """The active rules of an entity (one query)."""
    rows = DuplicateRule.objects.filter(entity=entity, active=True)
    return [
        Rule(row.key, parts_of(row.parts), row.threshold, row.refuse_from, row.pk)
        for row in rows.order_by("position", "pk")
    ]


def find_duplicates(
    entity: str,
    values: Mapping[str, Any],
    *,
    exclude: Collection[int] = (),
    limit: int = 5,
) -> list[Likely]:
    """Active contacts or accounts, or open leads, that resemble these values.

    The most alike first. `values` are named as the fields of the record (for a
    contact also `account_name`); `exclude` are ids to leave out, the record's own.
    Nothing where the organisation's switch is off. Five queries on indexes, one of
    them for the records found.
    """
    if not detecting():
        return []
    found = likenesses(entity, [values], rules_of(entity))[0]
    best = sorted(
        ((pk, each) for pk, each in found.items() if pk not in exclude),
        key=lambda item: (-item[1].score, -item[0]),
    )[:limit]
    rows = MODELS[entity]._default_manager.in_bulk([pk for pk, _ in best])
    return [Likely(rows[pk], each) for pk, each in best if pk in rows]


def likenesses(
    entity: str, rows: Sequence[Mapping[str, Any]], rules: Sequence[Rule]
) -> list[dict[int, Likeness]]:
    """For each row the ids of records alike, with how alike. Two queries for all."""
    found: list[dict[int, Likeness]] = [{} for _ in rows]
    if not rules or not rows:
        return found
    folded = [FOLDED[entity](row) for row in rows]
    near = _near(entity, rows, folded)
    known = folded_records(entity, {pk for ids in near for pk in ids})
    for n, ids in enumerate(near):
        for pk in ids & known.keys():
            alike = compare(entity, rules, folded[n], known[pk])
            if alike is not None:
                found[n][pk] = alike
    return found


def folded_records(entity: str, ids: Collection[int]) -> dict[int, Folded]:
    """Live records ready to be compared, by id (one query)."""
    if not ids:
        return {}
    fold = FOLDED[entity]
    rows = MODELS[entity]._default_manager.filter(pk__in=ids, state=LIVE[entity])
    return {row["id"]: fold(row) for row in read_values(entity, rows)}


def read_values(entity: str, rows: Any) -> Any:
    """The columns that are compared, as dictionaries."""
    names = ("id", *READS[entity])
    if entity == "contact":
        return (
            {**row, "account_name": row["account__name"]}
            for row in rows.values(*names, "account__name")
        )
    return rows.values(*names)


def _near(
    entity: str, rows: Sequence[Mapping[str, Any]], folded: Sequence[Folded]
) -> list[set[int]]:
    """For each row the ids that an index brings up: equal values, like names."""
    found: list[set[int]] = [set() for _ in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            _near_sql(entity),
            {
                "n": list(range(len(rows))),
                "email": [each.email for each in folded],
                "external": [each.external_id for each in folded],
                "born": [_date_of(each) for each in folded],
                "last": [_typed(row, "last_name") for row in rows],
                "first": [_typed(row, "first_name") for row in rows],
                "name": [_typed(row, "name") for row in rows],
                "domain": [each.domain for each in folded],
                "phone_n": [n for n, each in enumerate(folded) for _ in each.phone],
                "phone": [d[-PHONE_END:] for each in folded for d in each.phone],
                "each": EACH,
                "begins": NAME_BEGINS,
            },
        )
        for n, pk in cursor.fetchall():
            found[n].add(pk)
    return found


def _typed(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "").strip()


def _date_of(record: Folded) -> date | None:
    """The birthday as the database reads it; what is no date finds nobody."""
    try:
        return date.fromisoformat(record.birth_date)
    except ValueError:
        return None


_TABLES = {"contact": "crm_contact", "lead": "crm_lead", "account": "crm_account"}
_DIGITS = "right(regexp_replace(r.{0}, '[^0-9]', '', 'g'), 8)"


def _near_sql(entity: str) -> str:
    """One branch a look-up, each served by an index of the entity's table."""
    table, live = _TABLES[entity], f"r.state = '{LIVE[entity]}'"
    branches = [
        _joined(table, live, "r.external_id = v.external AND r.external_id <> ''")
    ]
    if entity == "account":
        name = "lower(immutable_unaccent(left(v.name, %(begins)s)))"
        branches += [
            _joined(table, live, "lower(btrim(r.email)) = v.email AND r.email <> ''"),
            _joined(table, live, "r.email_domain = v.domain AND r.email_domain <> ''"),
            _phones(table, live, "phone"),
            _range(table, live, name, "v.name <> ''"),
        ]
    else:
        branches += [
            _joined(table, live, "r.email_norm = v.email AND r.email_norm <> ''"),
            _phones(table, live, "phone"),
            _phones(table, live, "mobile_phone"),
        ]
        for one, other in (("last", "first"), ("first", "last")):
            name = f"lower(immutable_unaccent(v.{one} || ' ' || left(v.{other}, 1)))"
            branches.append(_range(table, live, name, f"v.{one} <> ''"))
    if entity == "contact":
        branches.append(_lateral(table, live, "r.birth_date = v.born", "v.n >= 0"))
    known = (
        "WITH v AS MATERIALIZED (SELECT * FROM unnest(%(n)s::int[], "
        "%(email)s::text[], %(external)s::text[], %(born)s::date[], "
        "%(last)s::text[], %(first)s::text[], %(name)s::text[], %(domain)s::text[]) "
        "AS v(n, email, external, born, last, first, name, domain)), "
        "p AS MATERIALIZED (SELECT * FROM unnest(%(phone_n)s::int[], "
        "%(phone)s::text[]) AS p(n, digits)) "
    )
    return known + " UNION ".join(branches)


# S608: the pieces are this module's own; every value is a parameter.
def _joined(table: str, live: str, equal: str) -> str:
    return f"SELECT v.n, r.id FROM v JOIN {table} r ON {equal} WHERE {live}"  # noqa: S608 - own pieces


def _phones(table: str, live: str, column: str) -> str:
    digits = _DIGITS.format(column)
    return (
        f"SELECT p.n, r.id FROM p JOIN {table} r "  # noqa: S608 - own pieces
        f"ON {digits} = p.digits AND r.{column} <> '' WHERE {live}"
    )


def _range(table: str, live: str, name: str, wanted: str) -> str:
    """Names that begin like this one: a range of the index on `sort_name`."""
    begins = f"r.sort_name >= {name} AND r.sort_name < {name} || chr(1114111)"
    return _lateral(table, live, begins, wanted, "r.sort_name")


def _lateral(
    table: str, live: str, where: str, wanted: str, order: str = "r.id"
) -> str:
    return (
        f"SELECT v.n, x.id FROM v CROSS JOIN LATERAL (SELECT r.id FROM {table} r "  # noqa: S608 - own pieces
        f"WHERE {where} AND {live} ORDER BY {order} LIMIT %(each)s) AS x "
        f"WHERE {wanted}"
    )
