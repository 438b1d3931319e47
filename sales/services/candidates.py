"""Who and what a lead may already be: contacts and accounts alike, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, prefetch_related_objects

from core.access.models import User
from crm.models import Account, Contact, Lead
from crm.services.duplicates import likely_duplicates
from sales.rules import Likeness, account_likeness, company_domain

READ_AT_MOST = 50
SHOW_AT_MOST = 5


@dataclass(frozen=True)
class Candidate:
    """A record that may be the one the lead speaks of."""

    entity: str
    id: int
    name: str
    owner: str
    detail: str
    likeness: Likeness
    marketing_only: bool = False
    visible: bool = True

    @classmethod
    def of_contact(cls, row: Contact, reason: str) -> Candidate:
        """A contact that is certain."""
        likeness = Likeness(100, (reason,), likely=True)
        owner = str(row.owner or "")
        return cls(
            "contact", row.pk, row.name, owner, row.email, likeness, row.marketing_only
        )

    @classmethod
    def of_account(cls, row: Account, reason: str) -> Candidate:
        """An account that is certain."""
        likeness = Likeness(100, (reason,), likely=True)
        place = ", ".join(part for part in (row.city, row.country) if part)
        return cls("account", row.pk, row.name, str(row.owner or ""), place, likeness)

    def as_data(self) -> dict[str, Any]:
        """For the API; one the caller may not see by name and owner only."""
        shown: dict[str, Any] = {"entity": self.entity, "name": self.name}
        shown["owner"] = self.owner
        if self.visible:
            shown |= {
                "id": self.id,
                "detail": self.detail,
                "similarity": self.likeness.percent,
                "reasons": list(self.likeness.reasons),
                "likely": self.likeness.likely,
                "marketing_only": self.marketing_only,
            }
        return shown


def contact_candidates(lead: Lead, user: User | None) -> list[Candidate]:
    """Active contacts alike to the lead, most alike first (four queries)."""
    found = likely_duplicates(vars(lead), limit=SHOW_AT_MOST)
    rows = [item.contact for item in found]
    prefetch_related_objects(rows, "owner", "account")
    seen = _seen(Contact, rows, user)
    return [
        Candidate(
            "contact",
            row.pk,
            row.name,
            str(row.owner or ""),
            row.email or (row.account.name if row.account else row.company_name),
            Likeness(item.similarity, (item.reason,), likely=True),
            row.marketing_only,
            row.pk in seen,
        )
        for item in found
        for row in [item.contact]
    ]


def account_candidates(lead: Lead, user: User | None) -> list[Candidate]:
    """Active accounts alike to the company of the lead, most alike first."""
    wanted = Q(pk__in=[])
    name = lead.company_name.strip().lower()
    if name:
        wanted |= Q(name_norm=name)
    words = [word for word in name.split() if len(word) >= 4]
    if words:
        wanted |= Q(search_text__contains=words[0])
    domain = company_domain(lead.email, lead.website)
    if domain:
        wanted |= Q(email_domain=domain) | Q(search_text__contains=domain)
    rows = Account.objects.active().filter(wanted).select_related("owner")
    found = list(rows.order_by("-updated_at", "-id")[:READ_AT_MOST])
    seen = _seen(Account, found, user)
    return _best(
        [
            Candidate(
                "account",
                row.pk,
                row.name,
                str(row.owner or ""),
                ", ".join(x for x in (row.city, row.country) if x),
                account_likeness(vars(lead), vars(row)),
                visible=row.pk in seen,
            )
            for row in found
        ]
    )


def _best(candidates: list[Candidate]) -> list[Candidate]:
    alike = [c for c in candidates if c.likeness.likely or c.likeness.percent >= 40]
    alike.sort(key=lambda c: (not c.likeness.likely, -c.likeness.percent, c.id))
    return alike[:SHOW_AT_MOST]


def _seen(model: Any, rows: list[Any], user: User | None) -> set[int]:
    """Which of these rows the user may see (no query for the system)."""
    ids = [row.pk for row in rows]
    if user is None or not ids:
        return set(ids)
    return set(
        model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)
    )
