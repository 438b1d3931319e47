"""Small pieces of a screen: icons, initials, badges, dates, amounts.

Everything here returns safe HTML made by `format_html`; templates reach the same
functions through the `ui` tag library, so a piece looks alike wherever it stands.
"""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

EMPTY = mark_safe('<span class="mut" aria-label="empty">–</span>')
TONES = ("open", "ready", "good", "off", "bad", "mo", "plain")


def icon(name: str, css: str = "") -> SafeString:
    """One icon of the sprite; hidden from screen readers, so give the button a name."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        css,
        static("sprite.svg"),
        name,
    )


def initials(name: str) -> str:
    """At most two letters that stand for a person or a company."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    picked = [words[0], words[-1]] if len(words) > 1 else [words[0]]
    return "".join(word[0] for word in picked).upper()


def avatar(name: str, css: str = "") -> SafeString:
    """Initials in a colour that stays the same for a name."""
    tone = zlib.crc32(name.encode("utf-8", "replace")) % 8 + 1
    return format_html(
        '<span class="h-av a{} {}" aria-hidden="true">{}</span>',
        tone,
        css,
        initials(name),
    )


def badge(label: str, tone: str = "off") -> SafeString:
    """A small state mark; `tone` is one of TONES."""
    return format_html('<span class="h-badge {}">{}</span>', tone, label)


def who(name: str, second: str, href: str, css: str = "") -> SafeString:
    """A name with its second, muted line, and initials before it."""
    return format_html(
        '<span class="h-who">{}<span class="x"><a href="{}"><strong class="cut">{}'
        '</strong></a><small class="cut">{}</small></span></span>',
        avatar(name, css),
        href,
        name,
        second,
    )


def score(value: int | None, hot: bool = False) -> SafeString:
    """A score as a number with a thin bar."""
    if value is None:
        return EMPTY
    return format_html(
        '<span class="h-score num"><b>{}</b><span class="h-bar {}" style="--v:{}">'
        "<i></i></span></span>",
        value,
        "hot" if hot else "",
        max(0, min(100, value)),
    )


def amount(value: Decimal | int | None, currency: str = "") -> SafeString:
    """A sum of money, with its currency before it."""
    if value is None:
        return EMPTY
    places = 0 if value == int(value) else 2
    text = number_format(value, decimal_pos=places, force_grouping=True)
    return format_html('<span class="num nowrap">{} {}</span>', currency, text)


def number(value: int | Decimal | None) -> SafeString:
    if value is None:
        return EMPTY
    return format_html(
        '<span class="num">{}</span>', number_format(value, force_grouping=True)
    )


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    days = minutes // (24 * 60)
    return "1 day" if days == 1 else f"{days} days"


def relative(moment: datetime) -> str:
    """A moment as one would say it: "12 min ago", "yesterday", "3 Mar 2025"."""
    now = timezone.now()
    delta = now - moment
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    if timedelta(0) <= delta < timedelta(minutes=1):
        return "just now"
    days = (today - local.date()).days
    if days == 1:
        return "yesterday"
    if days == -1:
        return f"tomorrow, {local:%H:%M}"
    if timedelta(0) <= delta < timedelta(days=8):
        return f"{_span(delta.total_seconds())} ago"
    if timedelta(0) > delta > timedelta(days=-8):
        return f"in {_span(-delta.total_seconds())}"
    return date_format(local, "j M" if local.year == today.year else "j M Y")


def ago(moment: datetime | None) -> SafeString:
    """A relative date with the exact one on hover."""
    if moment is None:
        return EMPTY
    exact = date_format(timezone.localtime(moment), "j F Y, H:i")
    return format_html(
        '<time class="num nowrap" datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        exact,
        relative(moment),
    )


def day(value: date | None) -> SafeString:
    if value is None:
        return EMPTY
    return format_html(
        '<time class="num nowrap" datetime="{}">{}</time>',
        value.isoformat(),
        date_format(value, "j M Y"),
    )


def allow(forbidden: bool) -> SafeString:
    """A preference as marketers say it."""
    if forbidden:
        return format_html(
            '<span class="h-allow no">{}Do not allow</span>', icon("ban", "i-s")
        )
    return format_html('<span class="h-allow">{}Allow</span>', icon("check", "i-s"))


def chips(values: list[str]) -> SafeString:
    """A few words as plain badges."""
    return mark_safe(" ".join(badge(value, "plain") for value in values)) or EMPTY  # noqa: S308 - each badge is escaped


def plain(value: Any) -> SafeString | str:
    """Any simple value as it should be read."""
    if value is None or value in ("", [], {}):
        return EMPTY
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return ago(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int | Decimal):
        return number(value)
    if isinstance(value, list):
        return chips([str(item) for item in value])
    return str(value)
