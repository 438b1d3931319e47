"""Marketing-only contacts that nothing leads to any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from core.access.models import User
from core.base.errors import Denied
from core.journal.interactions import interaction_names
from core.journal.models import Entry
from crm.models import Contact, Lead
from crm.services.bin_many import records_discard
from crm.services.holds import free_of, grouped, holds_on

CHUNK = 1_000


@dataclass
class CleanUp:
    """How many contacts went to the bin, and why each of the others stays."""

    gone: int = 0
    kept: list[tuple[Contact, str]] = field(default_factory=list)


def left_over(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Those that only marketing knows and that have neither a lead nor an interaction.

    Their lead was deleted, merged or taken back with its import. What machines did
    (a scanner opening an email) is no interaction here.
    """
    leads = Lead.objects.filter(parent_contact=OuterRef("pk"))
    active = Entry.objects.filter(
        contact_id=OuterRef("pk"), name__in=interaction_names(), machine=False
    )
    return rows.filter(~Exists(leads), ~Exists(active), marketing_only=True)


def contacts_clean_up(*, ids: Iterable[int], user: User | None) -> CleanUp:
    """Put the left-over ones of these contacts into the bin.

    Whatever somebody built on (a note, an opportunity, a role) stays, with the
    reason. One transaction for 1,000 contacts: their rows are locked by their ids
    and looked at again. Contacts that the user may not delete do not exist for it;
    raises Denied where the user may delete none at all.
    """
    report = CleanUp()
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        _clean(wanted[start : start + CHUNK], user, report)
    return report


@transaction.atomic
def _clean(ids: list[int], user: User | None, report: CleanUp) -> None:
    reached = Contact.objects.all()
    if user is not None:
        reached = Contact.objects.visible_to(user, "delete")
    rows = reached.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    locked = {contact.pk: contact for contact in rows}
    if ids and not locked and user is not None and not reached.exists():
        raise Denied
    alone = set(
        left_over(Contact.objects.filter(pk__in=locked)).values_list("pk", flat=True)
    )
    holds = holds_on("contact", Contact, alone)
    free = free_of(holds, alone, Contact)
    report.gone += records_discard(key="contact", model=Contact, ids=free, user=user)
    by_contact = grouped(holds)
    for pk in sorted(set(locked) - free):
        names = sorted({hold.what for hold in by_contact.get(pk, ())})
        report.kept.append((locked[pk], _why(locked[pk], names)))


def _why(contact: Contact, names: list[str]) -> str:
    if names:
        return f"Somebody built on it: {', '.join(names)}."
    if not contact.marketing_only:
        return "Sales works with this contact."
    return "It has a lead or was active."
