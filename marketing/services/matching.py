"""A submission becomes a contact and a lead: once, under lock, with its reason."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import OperationalError
from django.utils import timezone

from core.base.models import Organisation
from core.journal.relinking import Move, relink
from core.journal.services import NewEntry, acting, record_many
from crm.matching.find import hold, match_account, match_contact, match_lead
from crm.models import Account, Contact, Lead, MatchingStrategy
from marketing.models import Form, Submission, Visitor
from marketing.rules.fields import load_fields
from marketing.rules.targets import UTM
from marketing.services.answers import Answers, MatchFailed, answers_for
from marketing.services.changes import (
    apply_answers,
    sales_owns_contact,
    sales_owns_lead,
)
from marketing.services.forms import strategies_of

_Found = TypeVar("_Found", Contact, Lead)


def submission_match(*, submission_id: int, wait: bool = False) -> Submission | None:
    """Match one pending submission, in one transaction.

    Holds the submission's row and every identifying value it brings, so that two
    submissions never make the same person twice. Journals form.submitted, and
    lead.found for the owner of a lead that was there. One that is not pending any
    more is left as it is; without `wait` one that another worker holds gives None.
    A failure is stored with its reason; only a lost lock or connection is raised
    (OperationalError), and leaves the submission pending.
    """
    try:
        return _match(submission_id, wait)
    except MatchFailed as failure:
        return _fail(submission_id, failure.reason, failure.technical)
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - kept with its traceback, shown and retried
        return _fail(
            submission_id,
            "Something unexpected went wrong. Retry; if it fails again, show the "
            "technical detail to an administrator.",
            traceback.format_exc(limit=8),
        )


def _match(submission_id: int, wait: bool) -> Submission | None:
    with acting(None, via="form"):
        submission = _claim(submission_id, wait)
        if submission is None or submission.state != Submission.State.PENDING:
            return submission
        work = _Work(submission, submission.form)
        if submission.form.mode != Form.Mode.NONE:
            work.run()
        work.finish()
        return submission


def _claim(submission_id: int, wait: bool) -> Submission | None:
    rows = Submission.objects.select_for_update(of=("self",), skip_locked=not wait)
    related = "form__contact_strategy", "form__lead_strategy", "page"
    return rows.select_related(*related).filter(pk=submission_id).first()


def _fail(submission_id: int, reason: str, technical: str) -> Submission | None:
    with acting(None, via="form"):
        submission = _claim(submission_id, True)
        if submission is None or submission.state != Submission.State.PENDING:
            return submission
        submission.state = Submission.State.FAILED
        submission.reason = reason
        submission.technical = technical
        _stamp(submission)
        return submission


def _stamp(submission: Submission) -> None:
    submission.attempts += 1
    submission.processed_at = timezone.now()
    submission.save()


@dataclass
class _Work:
    """One submission on its way to a contact and a lead."""

    submission: Submission
    form: Form
    contact: Contact | None = None
    lead: Lead | None = None
    contact_new: bool = False
    lead_new: bool = False

    def run(self) -> None:
        """Match or create what the form's mode asks for."""
        specs = load_fields(self.form.fields)
        values = self.submission.values
        self.to_contact = answers_for("contact", specs, values)
        self.to_lead = answers_for("lead", specs, values)
        mode = self.form.mode
        by_contact, by_lead = strategies_of(self.form)
        with_contact = mode != Form.Mode.ONLY_LEADS
        with_lead = mode != Form.Mode.ONLY_CONTACTS
        if with_contact:
            _require(by_contact, self.to_contact.columns)
        if with_lead and not self.form.generate_without_matching:
            _require(by_lead, self._lead_key())
        hold(self.to_contact.columns, self.to_lead.columns)
        self.known = self._recognised()
        if with_contact:
            self._contact(by_contact)
        elif self.known:
            self.contact = Contact.objects.filter(pk=self.known).first()
        if with_lead:
            self._lead(by_lead)

    def _recognised(self) -> int | None:
        """The contact of the browser that sent it, where it is remembered."""
        if self.submission.visitor_id is None:
            return None
        rows = Visitor.objects.filter(pk=self.submission.visitor_id)
        return rows.values_list("contact_id", flat=True).first()

    def _lead_key(self) -> dict[str, Any]:
        """What a lead is looked for by: its own answers, else its contact's."""
        page = self.submission.page_id
        key = {**self.to_contact.columns, **self.to_lead.columns}
        # A form outside a page looks for the leads that came without one.
        return {**key, "page": page if page is not None else 0}

    def _contact(self, strategy: MatchingStrategy) -> None:
        for _ in range(3):
            found = match_contact(
                strategy, self.to_contact.columns, visitor_id=self.known
            )
            if found is None:
                self.contact, self.contact_new = self._contact_create(), True
                return
            # It may have been deactivated between the look and the lock.
            self.contact = _locked(Contact.objects.active(), found)
            if self.contact is not None:
                self._contact_update(self.contact)
                return
        raise OperationalError("The matching contact changed three times.")

    def _contact_create(self) -> Contact:
        page = self.submission.page
        contact = Contact(
            **self.to_contact.columns,
            custom=self.to_contact.custom,
            owner_id=self.form.owner_id,
            team_id=self.form.team_id,
            marketing_only=Organisation.current().marketing_only_for_automation,
            consent_level=page.consent_level if page else 0,
            prefill_forms=True,
            account=self._account(),
        )
        contact.source_type, contact.source_id = self._source()
        contact.save()
        return contact

    def _contact_update(self, contact: Contact) -> None:
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
        changed |= self._prefill_wish(contact)
        if contact.account_id is None and contact.marketing_only:
            contact.account = self._account()
            changed |= {"account"} if contact.account else set()
        if changed:
            contact.save(update_fields=changed)

    def _prefill_wish(self, contact: Contact) -> set[str]:
        """Remember me ticked allows prefilling; cleared by the person, forbids it."""
        wish = self.submission.remember
        own = self.submission.visitor_id is not None and self.known == contact.pk
        if wish is None or wish == contact.prefill_forms or not (wish or own):
            return set()
        contact.prefill_forms = wish
        return {"prefill_forms"}

    def _account(self) -> Account | None:
        """The account of the company that was given; made only by the switch."""
        columns = {**self.to_lead.columns, **self.to_contact.columns}
        company = str(columns.get("company_name") or "").strip()
        found = match_account(
            {k: columns.get(k) for k in ("company_name", "email", "website")}
        )
        if found or not company:
            return found
        if not Organisation.current().create_accounts_from_companies:
            return None
        return Account.objects.create(
            name=company, owner_id=self.form.owner_id, team_id=self.form.team_id
        )

    def _lead(self, strategy: MatchingStrategy) -> None:
        for _ in range(3):
            found = None
            if not self.form.generate_without_matching:
                found = match_lead(
                    strategy,
                    self._lead_key(),
                    contact_id=self.contact.pk if self.contact else None,
                )
            if found is None:
                self.lead, self.lead_new = self._lead_create(), True
                return
            # It may have been closed between the look and the lock.
            self.lead = _locked(Lead.objects.open(), found)
            if self.lead is not None:
                self._lead_update(self.lead)
                return
        raise OperationalError("The matching lead changed three times.")

    def _lead_create(self) -> Lead:
        page = self.submission.page
        given = {**self._context(), **self.to_lead.columns}
        lead = Lead(
            **given,
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
        lead.save()
        return lead

    def _lead_update(self, lead: Lead) -> None:
        context = {**self._context(), **self.to_lead.columns}
        changed = apply_answers(
            lead,
            Answers(context, self.to_lead.custom),
            self.submission,
            guarded=sales_owns_lead(lead, self.form),
        )
        if lead.parent_contact_id is None and self.contact is not None:
            lead.parent_contact = self.contact
            changed.add("parent_contact")
            # What this lead did before follows it to the person.
            relink(
                Move(
                    subject=("lead", lead.pk),
                    contact_id=self.contact.pk,
                    reason="submission",
                )
            )
        lead.last_activity_at = self.submission.received_at
        lead.save(update_fields=changed | {"last_activity_at"})

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

    def finish(self) -> None:
        """Journal what happened and close the submission."""
        submission = self.submission
        submission.state = Submission.State.SUCCESS
        submission.reason = submission.technical = ""
        submission.contact_id = self.contact.pk if self.contact else None
        submission.lead_id = self.lead.pk if self.lead else None
        submission.matched = self._explanation()
        if submission.visitor_id is not None and self.contact is not None:
            self._remember(submission.visitor_id, self.contact)
        record_many(self._entries())
        _stamp(submission)

    def _remember(self, visitor_id: int, contact: Contact) -> None:
        """The browser that asked to be remembered now belongs to this contact."""
        if self.submission.remember:
            Visitor.objects.filter(pk=visitor_id).update(contact=contact)

    def _explanation(self) -> str:
        by_contact, _ = strategies_of(self.form)
        parts = []
        if self.contact is not None and self.form.mode != Form.Mode.ONLY_LEADS:
            how = f"matched contact by {_words(by_contact)}"
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

    def _entries(self) -> list[NewEntry]:
        submission, lead = self.submission, self.lead
        page = submission.page
        contact_id = self.contact.pk if self.contact else None
        links: Mapping[str, Any] = {
            "contact_id": contact_id,
            "lead_id": lead.pk if lead else None,
            "account_id": self.contact.account_id if self.contact else None,
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
                source=("form", self.form.pk),
                url=page.get_absolute_url() if page else "",
                visitor_id=submission.visitor_id,
                occurred_at=submission.received_at,
                data=data,
                **links,
            )
        ]
        if lead is not None and not self.lead_new and lead.owner_id is not None:
            told = {"owner": lead.owner_id, **data}
            entries.append(
                NewEntry(
                    name="lead.found",
                    subject=("lead", lead.pk),
                    source=("form", self.form.pk),
                    data=told,
                    **links,
                )
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


def _locked(rows: Any, found: _Found) -> _Found | None:
    """The record under a row lock, if it still qualifies."""
    locked: _Found | None = (
        rows.select_for_update(of=("self",), no_key=True).filter(pk=found.pk).first()
    )
    return locked


def _words(strategy: MatchingStrategy) -> str:
    return " and ".join(a.replace("_", " ") for a in strategy.attributes)
