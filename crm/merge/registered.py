"""What of this app follows a merged record, and who answers for old numbers."""

from __future__ import annotations

from functools import partial

from core.base.successors import register_successor
from crm.merge.registry import register_merge_reference
from crm.merge.services import survivor_of
from crm.models import Activity, Attachment, Note


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    for entity in ("contact", "account", "lead"):
        for model in (Activity, Note, Attachment):
            register_merge_reference(
                entity, model, "regarding_id", regarding_type=entity
            )
        register_successor(entity, partial(survivor_of, entity))
