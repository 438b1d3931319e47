"""The shell's own pages: home, search, area switch, password, errors."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeDoneView,
    PasswordChangeView,
)
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import TemplateView

from core.base.text import text_problem
from core.ui.home import home_cards
from core.ui.navigation import AREA_COOKIE, areas, current_area
from core.ui.search import search_all

YEAR = 365 * 24 * 3600


class Home(LoginRequiredMixin, TemplateView):
    """What somebody sees first."""

    template_name = "ui/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        area = current_area(self.request)
        hour = timezone.localtime().hour
        part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
        cards = home_cards(self.request, area.key if area else "")
        return super().get_context_data(**kwargs) | {
            "part_of_day": part,
            "cards": cards,
            "ledes": [card["lede"] for card in cards if card.get("lede")],
        }


class SignIn(LoginView):
    template_name = "registration/login.html"
    redirect_authenticated_user = True


class ChangePassword(PasswordChangeView):
    template_name = "registration/password_change.html"


class PasswordChanged(PasswordChangeDoneView):
    template_name = "registration/password_changed.html"


class Palette(LoginRequiredMixin, TemplateView):
    """What the search finds, as a list for the palette or as a page."""

    template_name = "ui/search.html"

    def get_template_names(self) -> list[str]:
        return ["ui/_hits.html" if self.request.htmx else self.template_name]  # type: ignore[attr-defined]  # set by django-htmx

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "").strip()[:200]
        found = []
        if text and text_problem(text) is None:
            found = search_all(self.request.user, text)
        return super().get_context_data(**kwargs) | {"q": text, "found": found}


def switch_area(request: HttpRequest, key: str) -> HttpResponseBase:
    """Go to the home of another area, and stay there next time."""
    if key not in {area.key for area in areas()}:
        raise Http404
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/"
    answer = redirect(target)
    answer.set_cookie(AREA_COOKIE, key, max_age=YEAR, samesite="Lax", httponly=True)
    return answer


def locked_out(
    request: HttpRequest, credentials: Any = None, **kwargs: Any
) -> HttpResponse:
    """Answer to somebody who tried too many passwords (AXES_LOCKOUT_CALLABLE)."""
    return render(request, "registration/locked_out.html", status=429)
