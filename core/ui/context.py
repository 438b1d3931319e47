"""What base.html needs on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core.ui.jobs import tray_context
from core.ui.navigation import areas, current_area, quick_creates, shown_groups
from core.ui.notifications import bell_context

THEME_COOKIE = "handoff_theme"
SIDE_COOKIE = "handoff_side"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation, theme and menus; nothing for strangers and for fragments."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    base = {"theme": theme if theme in ("light", "dark") else ""}
    user = getattr(request, "user", None)
    fragment = getattr(request, "htmx", False) or request.path.startswith(
        (reverse("admin:index"), "/api/")
    )
    if user is None or not user.is_authenticated or fragment:
        return base
    area = current_area(request)
    return base | {
        "area": area,
        "areas": [each for each in areas() if each.switch],
        "nav_groups": shown_groups(request, area) if area else [],
        "quick_creates": quick_creates(user),
        **tray_context(user),
        **bell_context(user),
        "side_narrow": request.COOKIES.get(SIDE_COOKIE) == "narrow",
    }
