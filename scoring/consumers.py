"""Which leads a change makes due: the journal says what changed."""

from __future__ import annotations

from core.journal.consumers import Batch
from crm.models import Lead
from scoring.services.run import leads_mark_due, models_live


def handle(batch: Batch) -> None:
    """Mark the open leads due whose score these entries may change.

    Four small statements a batch; the computing is done outside by scoring.run_due.
    """
    if not models_live():
        return
    leads = {entry.lead_id for entry in batch.entries if entry.lead_id}
    contacts = {entry.contact_id for entry in batch.entries if entry.contact_id}
    accounts = {
        entry.subject_id for entry in batch.entries if entry.subject_type == "account"
    }
    due = _open(pk__in=leads) | _open(parent_contact__in=contacts)
    due |= _open(parent_account__in=accounts)
    due |= _open(parent_contact__account__in=accounts)
    # A lead without a contact is scored by all people of its account.
    due |= _open(parent_contact=None, parent_account__contacts__in=contacts)
    leads_mark_due(lead_ids=due)


def _open(**where: object) -> set[int]:
    if any(not value for key, value in where.items() if key.endswith("__in")):
        return set()
    return set(Lead.objects.open().filter(**where).values_list("pk", flat=True))
