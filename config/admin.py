"""Every model is in the Django admin: those without an admin of their own to look at.

This app is the last one, so that each app has registered its own before.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.db.models import CompositePrimaryKey, Model

from core.access.administration import ReadOnlyAdmin
from core.access.entities import entity_for_model

OURS = {"core", "crm", "segments", "scoring", "workflows", "marketing", "sales"}


class OtherAdmin(ReadOnlyAdmin):
    """Rows that no role speaks of are shown to whoever sees the audit history."""

    ordering = ("-pk",)

    def entity_key(self) -> str:
        entity = entity_for_model(self.model)
        return entity.key if entity else "audit"


def wanted(model: type[Model]) -> bool:
    """Whether a model of ours still needs an admin.

    Rows that are only a pair of other rows (a membership, a score) have no name of
    one column, which the admin needs: views of the database give them one.
    """
    meta = model._meta
    ours = model.__module__.split(".")[0] in OURS
    single = not isinstance(meta.pk, CompositePrimaryKey)
    return ours and single and not meta.auto_created


for model in apps.get_models():
    if wanted(model) and not admin.site.is_registered(model):
        admin.site.register(model, OtherAdmin)
