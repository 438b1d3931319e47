"""Words in a file that name another record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model, Q, Value
from django.db.models.functions import Concat, Lower

from core.access.models import Team, User
from crm.imports.registry import Lookup
from crm.models import Account, Campaign, Contact, Product

Found = Mapping[str, Sequence[int]]


def find_by(model: type[Model], *columns: str, live: Q | None = None) -> Lookup:
    """A look-up by any of these columns, case aside, among what the user may see.

    One query a column. Where one column finds somebody the next is not asked.
    """

    def find(words: set[str], user: Any) -> Found:
        rows = model._default_manager.filter(live or Q())
        if user is not None and hasattr(rows, "visible_to"):
            rows = rows.visible_to(user)
        found: dict[str, list[int]] = defaultdict(list)
        for column in columns:
            wanted = {word.lower() for word in words} - set(found)
            keyed = rows.annotate(_words=Lower(column)).filter(_words__in=wanted)
            for word, pk in keyed.values_list("_words", "pk"):
                found[word].append(pk)
        return found

    return find


def find_user(words: set[str], user: Any) -> Found:
    """Active people by user name, email address or full name."""
    rows = User.objects.filter(is_active=True).annotate(
        _name=Concat("first_name", Value(" "), "last_name")
    )
    folded = {word.lower() for word in words}
    found: dict[str, list[int]] = defaultdict(list)
    for column in ("username", "email", "_name"):
        keyed = rows.annotate(_words=Lower(column))
        wanted = keyed.filter(_words__in=folded - set(found))
        for word, pk in wanted.values_list("_words", "pk"):
            found[word].append(pk)
    return found


_ACTIVE = Q(state="active")
LOOKUPS: Mapping[str, Lookup] = {
    "owner": find_user,
    "team": find_by(Team, "name"),
    "account": find_by(Account, "external_id", "name", live=_ACTIVE),
    "parent_account": find_by(Account, "external_id", "name", live=_ACTIVE),
    "parent": find_by(Account, "external_id", "name", live=_ACTIVE),
    "parent_contact": find_by(Contact, "external_id", "email_norm", live=_ACTIVE),
    "product": find_by(Product, "name", "code"),
    "campaign": find_by(Campaign, "name", "code"),
}
