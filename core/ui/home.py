"""The first page of an area: cards that apps register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from core.access.rights import rights_of


@dataclass(frozen=True)
class HomeCard:
    """A card of a home page.

    `context(request)` gives what `template` needs, or None where there is nothing
    worth a card (no chart without data); its `lede`, where given, is a sentence
    under the greeting. `span` counts of twelve columns; cards stand in the order of
    `position`. A card of the same key, registered later, takes the place of the
    first: an upper app may know more.
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


def figure(
    label: str,
    icon: str,
    value: Any,
    *,
    said: Any,
    url: str,
    button: tuple[str, str] | None = None,
    change: int | None = None,
    lede: str = "",
) -> dict[str, Any]:
    """The context of `ui/_home_figure.html`: one number that opens its rows.

    `button` is (label, address) of what can be done about it; `change` compares with
    the period before.
    """
    return {
        "kpi": True,
        "label": label,
        "icon": icon,
        "value": value,
        "said": said,
        "url": url,
        "button": button,
        "change": f"{change:+d}".replace("-", "\N{MINUS SIGN}") if change else "",
        "rising": bool(change and change > 0),
        "lede": lede,
    }


def address(name: str, *args: Any) -> str:
    """The address of a page, or '' where this installation has none such."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def monday(weeks_ago: int = 0) -> datetime:
    """The beginning of this week, or of an earlier one, in the present time zone."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)
