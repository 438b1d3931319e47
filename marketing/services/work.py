"""One submission on its way to a contact and a lead: what it wants, field by field.

Nothing here looks anybody up or writes: `waves` does that for many at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.base.models import Organisation
from core.journal.services import NewEntry
from crm.models import Account, Contact, Lead, MatchingStrategy
from marketing.models import Form, Submission
from marketing.rules.fields import FieldSpec
from marketing.rules.targets import UTM
from marketing.services.answers import Answers, Lists, MatchFailed, answers_for
from marketing.services.changes import (
    apply_answers,
    sales_owns_contact,
    sales_owns_lead,
)


@dataclass(frozen=True)
class Plan:
    """How a form makes contacts and leads; worked out once for all its answers."""

    form: Form
    specs: tuple[FieldSpec, ...]
    by_contact: MatchingStrategy
    by_lead: MatchingStrategy

    @property
    def with_contact(self) -> bool:
        return self.form.mode in (
            Form.Mode.CONTACTS_AND_LEADS,
            Form.Mode.ONLY_CONTACTS,
        )

    @property
    def with_lead(self) -> bool:
        return self.form.mode in (Form.Mode.CONTACTS_AND_LEADS, Form.Mode.ONLY_LEADS)

    @property
    def looks_for_leads(self) -> bool:
        return self.with_lead and not self.form.generate_without_matching


@dataclass
class Work:
    """One submission, and what became of it so far."""

    submission: Submission
    plan: Plan
    organisation: Organisation
    to_contact: Answers = field(default_factory=Answers)
    to_lead: Answers = field(default_factory=Answers)
    # The contact of the browser that sent it, where it is remembered.
    known: int | None = None
    contact: Contact | None = None
    lead: Lead | None = None
    contact_new: bool = False
    lead_new: bool = False
    # Whether a found lead got its contact by this submission.
    joined: bool = False

    @property
    def form(self) -> Form:
        return self.plan.form

    def read(self, lists: Lists) -> None:
        """Turn the answers into columns.

        Raises MatchFailed where one does not fit, or one that is compared is missing.
        """
        if self.form.mode == Form.Mode.NONE:
            return
        values = self.submission.values
        self.to_contact = answers_for("contact", self.plan.specs, values, lists)
        self.to_lead = answers_for("lead", self.plan.specs, values, lists)
        if self.plan.with_contact:
            _require(self.plan.by_contact, self.to_contact.columns)
        if self.plan.looks_for_leads:
            _require(self.plan.by_lead, self.lead_key())

    def lead_key(self) -> dict[str, Any]:
        """What a lead is looked for by: its own answers, else its contact's."""
        page = self.submission.page_id
        key = {**self.to_contact.columns, **self.to_lead.columns}
        # A form outside a page looks for the leads that came without one.
        return {**key, "page": page if page is not None else 0}

    def company(self) -> dict[str, Any]:
        """What an account is looked for by."""
        columns = {**self.to_lead.columns, **self.to_contact.columns}
        return {k: columns.get(k) for k in ("company_name", "email", "website")}

    def new_account(self) -> Account | None:
        """The account to make for a company that nobody knows; only by the switch."""
        name = str(self.company()["company_name"] or "").strip()
        if not name or not self.organisation.create_accounts_from_companies:
            return None
        return Account(
            name=name, owner_id=self.form.owner_id, team_id=self.form.team_id
        )

    def new_contact(self) -> Contact:
        """The contact to make, without its account."""
        page = self.submission.page
        contact = Contact(
            **self.to_contact.columns,
            custom=self.to_contact.custom,
            owner_id=self.form.owner_id,
            team_id=self.form.team_id,
            marketing_only=self.organisation.marketing_only_for_automation,
            consent_level=page.consent_level if page else 0,
            prefill_forms=True,
        )
        contact.source_type, contact.source_id = self._source()
        return contact

    def change_contact(self, contact: Contact) -> set[str]:
        """Set on a found contact what may be set; give the names of the columns."""
        changed = apply_answers(
            contact,
            self.to_contact,
            self.submission,
            guarded=sales_owns_contact(contact),
        )
        page = self.submission.page
        if page and page.consent_level > contact.consent_level:
            contact.consent_level = page.consent_level
            changed.add("consent_level")
        return changed | self._prefill_wish(contact)

    def _prefill_wish(self, contact: Contact) -> set[str]:
        """Remember me ticked allows prefilling; cleared by the person, forbids it."""
        wish = self.submission.remember
        own = self.submission.visitor_id is not None and self.known == contact.pk
        if wish is None or wish == contact.prefill_forms or not (wish or own):
            return set()
        contact.prefill_forms = wish
        return {"prefill_forms"}

    def new_lead(self) -> Lead:
        """The lead to make; its contact is in the database already."""
        page = self.submission.page
        lead = Lead(
            **{**self._context(), **self.to_lead.columns},
            custom=self.to_lead.custom,
            owner_id=self.form.owner_id,
            team_id=self.form.team_id,
            parent_contact=self.contact,
            parent_account_id=self.contact.account_id if self.contact else None,
            stage_since=self.submission.received_at,
            last_activity_at=self.submission.received_at,
        )
        lead.topic = lead.topic or (page.topic or page.title if page else "")
        lead.topic = lead.topic or self.form.name
        lead.source_type, lead.source_id = self._source()
        return lead

    def change_lead(self, lead: Lead) -> set[str]:
        """Set on a found lead what may be set; give the names of the columns."""
        changed = apply_answers(
            lead,
            Answers({**self._context(), **self.to_lead.columns}, self.to_lead.custom),
            self.submission,
            guarded=sales_owns_lead(lead, self.form),
        )
        if lead.parent_contact_id is None and self.contact is not None:
            lead.parent_contact = self.contact
            changed.add("parent_contact")
            self.joined = True
        lead.last_activity_at = self.submission.received_at
        return changed | {"last_activity_at"}

    def _context(self) -> dict[str, Any]:
        """What the visit says about a lead besides the answers; blanks left out."""
        page, utm = self.submission.page, self.submission.utm
        context: dict[str, Any] = {name: utm.get(name) for name in UTM}
        context["referrer"] = self.submission.referrer
        if page is not None:
            context["lead_source"] = page.lead_source
            context["campaign"] = page.campaign
            context["product"] = page.product
        return {name: value for name, value in context.items() if value}

    def _source(self) -> tuple[str, int]:
        """Where a new record comes from: the page, else the form."""
        if self.submission.page_id is not None:
            return "page", self.submission.page_id
        return "form", self.form.pk

    def conclude(self) -> None:
        """Say on the submission what became of it."""
        submission = self.submission
        submission.state = Submission.State.SUCCESS
        submission.reason = submission.technical = ""
        submission.contact_id = self.contact.pk if self.contact else None
        submission.lead_id = self.lead.pk if self.lead else None
        submission.matched = self._explanation()

    def _explanation(self) -> str:
        parts = []
        if self.contact is not None and self.plan.with_contact:
            how = f"matched contact by {_words(self.plan.by_contact)}"
            parts.append("created contact" if self.contact_new else how)
        if self.lead is not None:
            day = f"{self.lead.created_at:%-d %B}" if not self.lead_new else ""
            parts.append("created lead" if self.lead_new else f"found lead of {day}")
        if not parts:
            return "Stored the answers only"
        text = ", ".join(parts)
        return text[0].upper() + text[1:]

    def _subject(self) -> tuple[str, int]:
        """Whom it is about: the lead, so that it follows the lead to a contact."""
        if self.lead is not None:
            return "lead", self.lead.pk
        if self.contact is not None:
            return "contact", self.contact.pk
        return "submission", self.submission.pk

    def entries(self) -> list[NewEntry]:
        """What the journal is told: form.submitted, and lead.found for its owner."""
        submission, lead, page = self.submission, self.lead, self.submission.page
        links: Mapping[str, Any] = {
            "contact_id": self.contact.pk if self.contact else None,
            "lead_id": lead.pk if lead else None,
            "account_id": self.contact.account_id if self.contact else None,
            "source": ("form", self.form.pk),
        }
        data = {
            "submission": submission.pk,
            "form": self.form.name,
            "page": page.pk if page else None,
            "page_title": page.title if page else "",
            "matched": submission.matched,
        }
        entries = [
            NewEntry(
                name="form.submitted",
                subject=self._subject(),
                url=page.get_absolute_url() if page else "",
                visitor_id=submission.visitor_id,
                occurred_at=submission.received_at,
                data=data,
                **links,
            )
        ]
        if lead is not None and not self.lead_new and lead.owner_id is not None:
            told = {"owner": lead.owner_id, **data}
            about = ("lead", lead.pk)
            entries.append(
                NewEntry(name="lead.found", subject=about, data=told, **links)
            )
        return entries


def _require(strategy: MatchingStrategy, columns: Mapping[str, Any]) -> None:
    """Fail where the submission lacks what the strategy compares."""
    for attribute in strategy.attributes:
        if columns.get(attribute) in (None, ""):
            raise MatchFailed(
                f"The submission has no {attribute.replace('_', ' ')}, which the "
                f'strategy "{strategy.name}" compares.',
                f"missing attribute {attribute} of strategy {strategy.key}",
            )


def _words(strategy: MatchingStrategy) -> str:
    return " and ".join(a.replace("_", " ") for a in strategy.attributes)
