"""Who and what a lead may already be, by the organisation's rules for duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.access.models import User
from crm.duplicates.find import Likely, find_duplicates
from crm.duplicates.folding import READS
from crm.duplicates.showing import shown_to
from crm.models import Account, Contact, Lead
from sales.rules import Likeness, company_domain

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
    """Active contacts that the rules take for the person of the lead, most alike
    first; hidden ones too, for doors show those by name and owner."""
    return _candidates("contact", _person(lead), user)


def account_candidates(lead: Lead, user: User | None) -> list[Candidate]:
    """Active accounts that the rules take for the company of the lead."""
    return _candidates("account", _company(lead), user)


def _person(lead: Lead) -> dict[str, Any]:
    """A lead's external id numbers the lead, not the person."""
    values = {name: getattr(lead, name, "") for name in READS["contact"]}
    return values | {"external_id": ""}


def _company(lead: Lead) -> dict[str, Any]:
    """What a lead tells of its company; its address may be that of the company too."""
    values = {name: getattr(lead, name, "") for name in READS["account"]}
    return values | {
        "name": lead.company_name.strip(),
        "email_domain": company_domain(lead.email, lead.website),
        "external_id": "",
    }


def _candidates(
    entity: str, values: dict[str, Any], user: User | None
) -> list[Candidate]:
    found = find_duplicates(entity, values, limit=SHOW_AT_MOST)
    return [
        Candidate(
            entity,
            each.record.pk,
            each.name,
            str(each.record.owner or ""),
            _detail(each.record),
            _likeness(each.likely),
            each.marketing_only,
            each.visible,
        )
        for each in shown_to(user, entity, found)
    ]


def _likeness(found: Likely) -> Likeness:
    """What a rule of the organisation found is likely the same."""
    return Likeness(round(100 * found.score), found.reasons, likely=True)


def _detail(row: Any) -> str:
    """What tells it from others of its name."""
    if isinstance(row, Account):
        return ", ".join(part for part in (row.city, row.country) if part)
    return str(row.email or row.company_name or "")
