"""Accounts for the companies that leads and contacts name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from crm.matching.find import accounts_for, hold
from crm.matching.rules import company_domain, text_normalise
from crm.models import Account, Contact, Lead


def contact_accounts_link(
    *, contact_ids: Iterable[int], create: bool, owner_id: int | None = None
) -> list[int]:
    """Link contacts without an account to the account of their company.

    Matched as `match_account` does; with `create` a company that matches none
    becomes a new account. Holds the companies' names. Answers the new accounts.
    """
    rows = Contact.objects.filter(pk__in=list(contact_ids), account=None)
    return _link(rows, "crm_contact", "account_id", create, owner_id)


def lead_accounts_link(
    *, lead_ids: Iterable[int], create: bool, owner_id: int | None = None
) -> list[int]:
    """Link open leads without an account, and their contacts without one, likewise."""
    ids = list(lead_ids)
    rows = Lead.objects.open().filter(pk__in=ids, parent_account=None)
    with transaction.atomic():
        made = _link(rows, "crm_lead", "parent_account_id", create, owner_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE crm_contact c SET account_id = l.parent_account_id "
                "FROM crm_lead l WHERE l.id = ANY(%s) AND c.id = l.parent_contact_id "
                "AND c.account_id IS NULL AND l.parent_account_id IS NOT NULL",
                [ids],
            )
    return made


@transaction.atomic
def _link(
    rows: Any, table: str, column: str, create: bool, owner_id: int | None
) -> list[int]:
    named = list(
        rows.exclude(company_name="")
        .order_by("pk")
        .values("pk", "company_name", "email", "website")
    )
    if not named:
        return []
    hold(*({"company_name": row["company_name"]} for row in named))
    found = accounts_for(named)
    new: dict[str, Account] = {}
    for row, pk in zip(named, found, strict=True):
        if pk is None and create:
            key = text_normalise(row["company_name"])
            new.setdefault(key, _account(row, owner_id))
    made = {
        text_normalise(account.name): account.pk
        for account in Account.objects.bulk_create(new.values())
    }
    links = [
        (row["pk"], pk or made.get(text_normalise(row["company_name"])))
        for row, pk in zip(named, found, strict=True)
    ]
    _write(table, column, [(pk, account) for pk, account in links if account])
    return sorted(made.values())


def _account(row: dict[str, Any], owner_id: int | None) -> Account:
    return Account(
        name=row["company_name"],
        website=row["website"],
        email_domain=company_domain(row["website"]),
        owner_id=owner_id,
    )


def _write(table: str, column: str, links: list[tuple[int, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET {column} = w.account "  # noqa: S608 - own names
            "FROM unnest(%s::bigint[], %s::bigint[]) AS w(id, account) "
            "WHERE t.id = w.id",
            [[pk for pk, _ in links], [account for _, account in links]],
        )
