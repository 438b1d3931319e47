"""Look-ups of matching: set-based, in the database, by the rules of `rules`.

Nothing here locks or writes. A writer first calls `hold` with everything it brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Lower

from core.base.locks import lock_values
from crm.matching.rules import (
    PHONES,
    company_domain,
    email_domain,
    identities_of,
    match_key,
    spelled,
)
from crm.models import Account, Contact, Lead, MatchingStrategy

_TABLES = {"contact": "crm_contact", "lead": "crm_lead", "account": "crm_account"}
_LIVE = {"contact": "active", "lead": "open", "account": "active"}


@dataclass(frozen=True)
class Candidate:
    """A record that matches, newest change first among several."""

    pk: int
    contact_id: int | None = None


def hold(*rows: Mapping[str, Any]) -> None:
    """Hold every identifying value of these rows until the transaction ends.

    Call it once, before the first look-up and before any row is locked.
    """
    lock_values(*identities_of(rows))


def find_many(
    target: str,
    attributes: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    foreign: bool = True,
) -> list[list[Candidate]]:
    """For each row the live records that match it, most recently updated first.

    One query. `foreign=False` leaves out records that bear an external id: they are
    somebody else's in the system the rows come from.
    """
    found: list[list[Candidate]] = [[] for _ in rows]
    wanted = [n for n, row in enumerate(rows) if match_key(attributes, row)]
    if not wanted:
        return found
    columns = [[spelled(name, rows[n][name]) for n in wanted] for name in attributes]
    with connection.cursor() as cursor:
        cursor.execute(
            _candidates_sql(target, tuple(attributes), foreign=foreign),
            [wanted, *columns],
        )
        for n, pk, contact_id in cursor.fetchall():
            found[n].append(Candidate(pk, contact_id))
    return found


def _candidates_sql(target: str, attributes: Sequence[str], *, foreign: bool) -> str:
    names = ", ".join(f"a{i}" for i in range(len(attributes)))
    arrays = ", ".join("%s::text[]" for _ in attributes)
    rest = f"r.state = '{_LIVE[target]}'"
    if not foreign:
        rest += " AND r.external_id = ''"
    branches = [_branch(target, attributes, rest)]
    if target == "lead" and "email" in attributes:
        branches.append(_parent_branch(attributes, rest))
    matches = " UNION ALL ".join(branches)
    # S608: the pieces are this module's own; every value is a parameter.
    return (
        f"WITH k AS MATERIALIZED (SELECT * FROM unnest(%s::int[], {arrays}) "  # noqa: S608
        f"AS k(n, {names})) SELECT n, id, contact_id FROM ({matches}) AS m "
        "ORDER BY n, updated_at DESC, id DESC"
    )


def _branch(target: str, attributes: Sequence[str], rest: str) -> str:
    contact = "r.parent_contact_id" if target == "lead" else "NULL::bigint"
    where = " AND ".join(_equal(name, f"k.a{i}") for i, name in enumerate(attributes))
    return (
        f"SELECT k.n, r.id, r.updated_at, {contact} AS contact_id "  # noqa: S608 - own pieces
        f"FROM k JOIN {_TABLES[target]} r ON {where} WHERE {rest}"
    )


def _parent_branch(attributes: Sequence[str], rest: str) -> str:
    """Leads without an address, by the address of their parent contact."""
    place = attributes.index("email")
    where = [
        _equal(name, f"k.a{i}") for i, name in enumerate(attributes) if name != "email"
    ]
    more = "".join(f" AND {part}" for part in where)
    email = _equal("email", f"k.a{place}").replace("r.", "p.")
    return (
        "SELECT k.n, r.id, r.updated_at, r.parent_contact_id AS contact_id "  # noqa: S608 - own pieces
        f"FROM k JOIN crm_contact p ON {email} "
        f"JOIN crm_lead r ON r.parent_contact_id = p.id AND r.email_norm = ''{more} "
        f"WHERE {rest}"
    )


def _equal(attribute: str, value: str) -> str:
    """The comparison of one attribute; the first three are served by an index."""
    if attribute == "email":
        return f"(r.email_norm = lower(btrim({value})) AND r.email_norm <> '')"
    if attribute == "external_id":
        return f"(r.external_id = {value} AND r.external_id <> '')"
    if attribute == "email_domain":
        return f"(r.email_domain = lower({value}) AND r.email_domain <> '')"
    if attribute == "name":
        return f"r.name_norm = lower(btrim({value}))"
    if attribute == "page":
        return f"(r.source_type = 'page' AND r.source_id = ({value})::bigint)"
    if attribute in PHONES:
        return f"regexp_replace(r.{attribute}, '[^0-9]', '', 'g') = {value}"
    words = f"lower(btrim(regexp_replace(r.{attribute}, '\\s+', ' ', 'g')))"
    return f"{words} = lower({value})"


def strategy_of(target: str, name: str) -> MatchingStrategy:
    """The strategy of this key or name; DoesNotExist where there is none."""
    rows = MatchingStrategy.objects.filter(target=target)
    found = rows.filter(key=name).first() or _by_name(rows, name)
    if found is None:
        raise MatchingStrategy.DoesNotExist(name)
    return found


def _by_name(rows: QuerySet[MatchingStrategy], name: str) -> MatchingStrategy | None:
    named = rows.annotate(folded=Lower("name"), wanted=Lower(Value(name)))
    return named.filter(folded=F("wanted")).first()


def match_contact(
    strategy: MatchingStrategy | Sequence[str],
    values: Mapping[str, Any],
    *,
    visitor_id: int | None = None,
) -> Contact | None:
    """The active contact that these values describe, or None.

    `visitor_id`, a contact recognised by cookie or personal link, decides only
    between contacts that match. Two queries.
    """
    found = find_many("contact", _attributes(strategy), [values])[0]
    chosen = next((c for c in found if c.pk == visitor_id), None) or _first(found)
    return Contact.objects.get(pk=chosen.pk) if chosen else None


def match_lead(
    strategy: MatchingStrategy | Sequence[str],
    values: Mapping[str, Any],
    *,
    contact_id: int | None = None,
) -> Lead | None:
    """The open lead that these values describe, or None.

    `values["page"]` is the number of the landing page for strategies that compare
    it. `contact_id`, the visitor's or the matched contact, decides only between
    leads that match. Two queries.
    """
    found = find_many("lead", _attributes(strategy), [values])[0]
    chosen = _first(found)
    if contact_id is not None:
        own = next((c for c in found if c.contact_id == contact_id), None)
        chosen = own or chosen
    return Lead.objects.get(pk=chosen.pk) if chosen else None


def match_account(values: Mapping[str, Any]) -> Account | None:
    """The active account by external id, else by name, else by email domain."""
    pk = accounts_for([values])[0]
    return Account.objects.get(pk=pk) if pk else None


def accounts_for(rows: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """For each row the account that `match_account` finds. At most four queries.

    Reads `account_external_id`, `name` or `company_name`, `email`, `website`.
    """
    result: list[int | None] = [None] * len(rows)
    for attribute, read in (
        ("external_id", _external),
        ("name", _company),
        ("email_domain", _mail_domain),
        ("email_domain", _web_domain),
    ):
        todo = [n for n, pk in enumerate(result) if pk is None]
        wanted = [{attribute: read(rows[n])} for n in todo]
        for n, found in zip(
            todo, find_many("account", [attribute], wanted), strict=True
        ):
            if found:
                result[n] = found[0].pk
    return result


def _external(row: Mapping[str, Any]) -> str:
    return str(row.get("account_external_id") or "")


def _company(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("company_name") or "")


def _mail_domain(row: Mapping[str, Any]) -> str:
    return email_domain(str(row.get("email") or ""))


def _web_domain(row: Mapping[str, Any]) -> str:
    return company_domain(str(row.get("website") or ""))


def _attributes(strategy: MatchingStrategy | Sequence[str]) -> Sequence[str]:
    if isinstance(strategy, MatchingStrategy):
        return strategy.attributes
    return strategy


def _first(found: Sequence[Candidate]) -> Candidate | None:
    return found[0] if found else None
