"""What happens to a lead between its arrival and its end, short of qualification.

Every service locks the lead's row, checks the caller's rights (None is the system,
which may do everything), refuses what the state does not allow (409), and journals
what happened. Open `acting(user, via)` around them, as every door does.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access.models import User
from core.access.rights import may
from core.base.errors import Denied, Invalid, Refused, Stale
from core.base.text import text_problem
from core.journal.models import Entry
from core.journal.services import record
from crm.lead_rules import RETURNED_TO_MARKETING
from crm.models import Lead, Note, ProcessState
from crm.services.lead_stage import AUTOMATED, accepted, entered, handed_over
from crm.services.status_reasons import Reasons, reason_in_state


def visible_lead(lead_id: int, user: User | None) -> Lead:
    """The lead, not locked; Lead.DoesNotExist where this user may not see it."""
    rows = Lead.objects.all() if user is None else Lead.objects.visible_to(user)
    return rows.get(pk=lead_id)


def lead_lock(
    *,
    lead_id: int,
    user: User | None,
    action: str = "update",
    expected_version: int | None = None,
) -> Lead:
    """Lock the lead's row and check that the user may act on it.

    Where a contact or an account is locked too, they come first: contact, account,
    lead is the order of every writer. Raises Lead.DoesNotExist, Denied, Stale.
    """
    rows = Lead.objects.all() if user is None else Lead.objects.visible_to(user)
    lead = rows.select_for_update(no_key=True, of=("self",)).get(pk=lead_id)
    if user is not None and not may(user, action, lead, "lead"):
        raise Denied
    if expected_version is not None and lead.version != expected_version:
        raise Stale("stale", "Somebody changed this lead since you read it.")
    return lead


def must_be_open(lead: Lead) -> None:
    """Refused (409) where the lead is closed."""
    if lead.is_closed:
        raise Refused(
            "lead_closed",
            f"This lead is {lead.get_state_display().lower()}. Reactivate it first.",
            extra={"state": lead.state, "status_reason": lead.status_reason},
        )


def lead_change(lead: Lead, changes: dict[str, Any]) -> None:
    """Write these columns of a locked lead; one UPDATE, journaled by its trigger."""
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.save(update_fields=list(changes))
    lead.refresh_from_db(fields=["version", "updated_at"])


def lead_tell(name: str, lead: Lead, data: dict[str, Any]) -> None:
    """Journal a fact about a lead, with the people behind it."""
    record(
        name,
        subject=("lead", lead.pk),
        contact_id=lead.parent_contact_id,
        lead_id=lead.pk,
        account_id=lead.parent_account_id,
        data=data,
    )


@transaction.atomic
def lead_disqualify(
    *,
    lead_id: int,
    user: User | None,
    status_reason: str | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> Lead:
    """Close an open lead that leads nowhere; no records are made.

    The reason defaults to "lost" and must be one of the disqualified ones (Invalid).
    Journals lead.disqualified.
    """
    reasons = Reasons("lead")
    reason = reasons.in_state("disqualified", status_reason)
    lead = lead_lock(
        lead_id=lead_id,
        user=user,
        action="disqualify",
        expected_version=expected_version,
    )
    must_be_open(lead)
    closed = {
        "state": Lead.State.DISQUALIFIED,
        "status_reason": reason,
        "closed_at": timezone.now(),
        "closed_by": user,
    }
    lead_change(lead, closed)
    _note(lead, user, note)
    told = {"status_reason": reason, "reason_label": reasons.labels[reason]}
    lead_tell("lead.disqualified", lead, told | {"note": note})
    return lead


@transaction.atomic
def lead_reactivate(
    *, lead_id: int, user: User | None, expected_version: int | None = None
) -> Lead:
    """Open a closed lead again, as new, with its links kept.

    Journals lead.reactivated. Refused where the lead is open.
    """
    lead = lead_lock(
        lead_id=lead_id,
        user=user,
        action="reactivate",
        expected_version=expected_version,
    )
    if not lead.is_closed:
        raise Refused("lead_open", "This lead is open already.")
    before = {"state": lead.state, "status_reason": lead.status_reason}
    opened = {
        "state": Lead.State.OPEN,
        "status_reason": reason_in_state("open", None),
        "closed_at": None,
        "closed_by": None,
        "process_state": ProcessState.ACTIVE,
        "process_ended_at": None,
    }
    lead_change(lead, opened)
    lead_tell("lead.reactivated", lead, before)
    return lead


@transaction.atomic
def lead_return_to_marketing(
    *,
    lead_id: int,
    user: User | None,
    reason: str = "",
    owner_id: int | None = None,
    expected_version: int | None = None,
) -> Lead:
    """Hand an open lead back for nurture, and hold it there.

    It is neither sales ready nor accepted any more and waits in automated marketing
    qualification; `returned_at` holds it until it crosses the threshold anew. It goes
    to `owner_id`, else to whoever had it before, else to nobody. The reason becomes a
    note. Journals lead.returned_to_marketing.
    """
    lead = lead_lock(
        lead_id=lead_id,
        user=user,
        action="return_to_marketing",
        expected_version=expected_version,
    )
    must_be_open(lead)
    old_owner = lead.owner_id
    owner = _chosen_owner(owner_id) or previous_owner(lead)
    changes = RETURNED_TO_MARKETING | {
        "status_reason": _open_reason(lead.status_reason),
        "owner": owner,
        "team_id": owner.team_id if owner else None,
        "returned_at": timezone.now(),
        **entered(lead, AUTOMATED),
    }
    lead_change(lead, changes)
    _note(lead, user, reason)
    told = {"reason": reason, "owner": [old_owner, lead.owner_id]}
    lead_tell("lead.returned_to_marketing", lead, told)
    return lead


@transaction.atomic
def lead_mark_sales_ready(
    *,
    lead_id: int,
    user: User | None,
    score: int | None = None,
    expected_version: int | None = None,
) -> Lead:
    """Hand an open lead to sales, by hand or because a score says so.

    It enters sales acceptance and the sales process (where it is in a process of
    sales already, it stays there); a hold from an earlier return ends. Journals
    lead.sales_ready. Refused where it is sales ready already.
    """
    lead = lead_lock(
        lead_id=lead_id,
        user=user,
        action="mark_sales_ready",
        expected_version=expected_version,
    )
    must_be_open(lead)
    if lead.sales_ready:
        raise Refused("already_sales_ready", "This lead is sales ready already.")
    changes = {
        "sales_ready": True,
        "sales_ready_at": timezone.now(),
        "sales_ready_score": score,
        "returned_at": None,
        **entered(lead, handed_over((lead.process, lead.stage))),
    }
    lead_change(lead, changes)
    lead_tell("lead.sales_ready", lead, {"score": score, "by_hand": user is not None})
    return lead


@transaction.atomic
def lead_take_over(
    *, lead_id: int, user: User, expected_version: int | None = None
) -> Lead:
    """Make an open lead one's own, before or after it is sales ready.

    Needs the right to take over, or to change the lead. Journals lead.taken_over.
    """
    lead = _lock_to_take(lead_id, user, expected_version)
    must_be_open(lead)
    if lead.owner_id == user.pk:
        raise Refused("already_yours", "This lead is yours already.")
    before = lead.owner_id
    mine = {"owner": user, "team_id": user.team_id, "sales_accepted": True}
    lead_change(lead, mine | entered(lead, accepted((lead.process, lead.stage))))
    lead_tell("lead.taken_over", lead, {"owner": [before, user.pk]})
    return lead


def _lock_to_take(lead_id: int, user: User, expected_version: int | None) -> Lead:
    lead = visible_lead(lead_id, user)
    action = "take_over" if may(user, "take_over", lead, "lead") else "update"
    return lead_lock(
        lead_id=lead_id, user=user, action=action, expected_version=expected_version
    )


def _open_reason(reason: str) -> str:
    """An open lead keeps its reason when it goes back to marketing."""
    reasons = Reasons("lead")
    known = {value for value, _ in reasons.choices("open")}
    return reason if reason in known else reasons.default("open")


def previous_owner(lead: Lead) -> User | None:
    """Who had the lead before its present owner, if that person still works here."""
    rows = Entry.objects.filter(
        subject_type="lead",
        subject_id=lead.pk,
        name="lead.updated",
        data__changes__has_key="owner",
    ).order_by("-id")
    data = rows.values_list("data", flat=True).first()
    before = data["changes"]["owner"][0] if data else None
    if before is None:
        return None
    return User.objects.filter(pk=before, is_active=True).first()


def _chosen_owner(owner_id: int | None) -> User | None:
    if owner_id is None:
        return None
    owner = User.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None:
        raise Invalid("does_not_exist", "There is no such active user.", attr="owner")
    return owner


def _note(lead: Lead, user: User | None, body: str) -> None:
    """Keep what was said as a note on the lead; nothing where nothing was said."""
    problem = text_problem(body, max_length=100_000)
    if problem:
        raise Invalid("invalid_text", problem, attr="note")
    if body.strip():
        Note.objects.create(
            regarding_type="lead",
            regarding_id=lead.pk,
            lead=lead,
            contact_id=lead.parent_contact_id,
            account_id=lead.parent_account_id,
            body=body.strip(),
            created_by=user,
        )
