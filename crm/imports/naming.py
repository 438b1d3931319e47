"""Imports as the door through which records came and went."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from core.ui.sources import Named, register_source
from crm.models import Import


def _named(words: str) -> Callable[[set[int]], Named]:
    def names(ids: set[int]) -> Named:
        rows = Import.objects.filter(pk__in=ids).values_list("pk", "file_name")
        return {
            pk: (words.format(name), reverse("import_show", args=[pk]))
            for pk, name in rows
        }

    return names


def register_sources() -> None:
    """Name imports and their undoing in histories and timelines."""
    register_source("import", _named("the import of {}"))
    register_source("import_undo", _named("the undo of the import of {}"))
