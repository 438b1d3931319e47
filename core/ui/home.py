"""The first page of an area: cards that apps register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from core.access.rights import rights_of


@dataclass(frozen=True)
class HomeCard:
    """A card of a home page.

    `context(request)` gives what `template` needs, or None where there is nothing
    worth a card (no chart without data). `span` counts of twelve columns; cards
    stand in the order of `position`.
    """

    key: str
    areas: tuple[str, ...]
    template: str
    context: Callable[[HttpRequest], dict[str, Any] | None]
    span: int = 4
    position: int = 100
    entity: str | None = None


_cards: dict[str, HomeCard] = {}


def register_home_card(card: HomeCard) -> None:
    """Add a card to the homes of its areas; called from AppConfig.ready()."""
    _cards[card.key] = card


def home_cards(request: HttpRequest, area: str) -> list[dict[str, Any]]:
    """The cards of this area for this user, each with its context."""
    shown = []
    for card in sorted(_cards.values(), key=lambda each: each.position):
        if area not in card.areas:
            continue
        if card.entity and not rights_of(request.user).has(card.entity, "read"):
            continue
        context = card.context(request)
        if context is not None:
            shown.append({"card": card, **context})
    return shown
