"""Which rows about records belong on a timeline."""

from __future__ import annotations

from django.db.models import Q

from core.ui.timeline import Scope


def about_scope(scope: Scope) -> Q:
    """Activities, notes and files about the record of a timeline and its people."""
    kind, pk = scope.subject
    about = Q(regarding_type=kind, regarding_id=pk)
    if kind == "account":
        about |= Q(account_id=pk)
    if kind == "lead":
        # What was carried over to an opportunity stays in the lead's own story.
        about |= Q(lead_id=pk)
    if scope.contact_ids:
        about |= Q(contact_id__in=scope.contact_ids)
    return about
