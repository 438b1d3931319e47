"""Somebody whom marketing knew becomes somebody sales works with."""

from __future__ import annotations

from django.db import transaction

from core.access.models import User
from core.access.rights import may
from core.base.errors import Denied, Refused
from core.journal.services import record
from crm.models import Contact
from crm.services.records import record_lock


@transaction.atomic
def contact_make_sales(
    *, contact: Contact, user: User, version: int | None = None
) -> Contact:
    """Clear the marketing-only mark; the contact becomes the user's, history and all.

    Locks the contact. Raises Denied without the right, Refused where sales knows the
    contact already, Stale where it moved on. Journals contact.made_sales.
    """
    locked = record_lock(record=contact, version=version)
    if not may(user, "make_sales", locked, "contact"):
        raise Denied
    if not locked.marketing_only:
        raise Refused("not_marketing_only", "Sales knows this person already.")
    locked.marketing_only = False
    locked.owner = user
    locked.team = user.team
    locked.save(update_fields=["marketing_only", "owner", "team"])
    locked.refresh_from_db(fields=["version", "updated_at"])
    record(
        "contact.made_sales",
        subject=("contact", locked.pk),
        contact_id=locked.pk,
        account_id=locked.account_id,
    )
    return locked
