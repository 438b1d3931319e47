"""The entities of this app, for the table of rights."""

from __future__ import annotations

from core.access.entities import Entity, register_entity
from marketing.models import Form, Page, Submission

PUBLISH = {"publish": "Go live and stop"}


def register_all() -> None:
    """Make forms, pages and submissions known as things that roles speak of."""
    for entity in (
        Entity(
            "form", "Marketing form", "Marketing forms", Form, extra_actions=PUBLISH
        ),
        Entity("page", "Landing page", "Landing pages", Page, extra_actions=PUBLISH),
        Entity(
            "submission",
            "Submission",
            "Submissions",
            Submission,
            "form__owner",
            "form__team",
            {"retry": "Retry"},
        ),
    ):
        register_entity(entity)
