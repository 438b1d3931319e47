"""Every model is in the Django admin: those without an admin of their own to look at.

This app is the last one, so that each app has registered its own before.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin

from core.access.administration import ReadOnlyAdmin
from core.access.entities import entity_for_model

OURS = {"core", "crm", "segments", "scoring", "workflows", "marketing", "sales"}


class OtherAdmin(ReadOnlyAdmin):
    """Rows that no role speaks of are shown to whoever sees the audit history."""

    ordering = ("-pk",)

    def entity_key(self) -> str:
        entity = entity_for_model(self.model)
        return entity.key if entity else "audit"


for model in apps.get_models():
    ours = model.__module__.split(".")[0] in OURS
    if ours and not model._meta.auto_created and not admin.site.is_registered(model):
        admin.site.register(model, OtherAdmin)
