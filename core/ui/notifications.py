"""The bell in the top bar, the page of notifications, and what one wants to be told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.base.errors import DomainError
from core.base.text import whole_number
from core.notifications.models import Digest, Notification
from core.notifications.services import (
    digest_of,
    notification_read,
    notifications_read_all,
    preferences_of,
    preferences_save,
)
from core.notifications.showing import shown
from core.ui.doors import browser_door

IN_BELL = 8
PAGE = 50
# Beyond this nobody reads the number.
MOST = 99


def bell_context(user: Any) -> dict[str, Any]:
    """The number on the bell; one statement that stops counting soon."""
    rows = Notification.objects.visible_to(user).unread().shown()
    number = rows.order_by()[: MOST + 1].count()
    return {"bell_number": number, "bell_most": MOST}


class Bell(LoginRequiredMixin, View):
    """The bell anew, or what is in it (`part=list`)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("part") == "list":
            return self.newest()
        return render(request, "ui/_bell.html", bell_context(request.user))

    def newest(self) -> HttpResponse:
        user: Any = self.request.user
        rows = Notification.objects.visible_to(user).shown().order_by("-pk")
        lines = shown(list(rows[:IN_BELL]), user)
        return render(self.request, "ui/_bell_list.html", {"lines": lines})


class Notifications(LoginRequiredMixin, View):
    """Everything one was told, newest first; POST marks all of it as read."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        rows = Notification.objects.visible_to(user).shown()
        unread = request.GET.get("show") == "unread"
        if unread:
            rows = rows.unread()
        before = whole_number(request.GET.get("before", ""))
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found = list(rows.order_by("-pk")[: PAGE + 1])
        context = {
            "lines": shown(found[:PAGE], user),
            "older": found[PAGE - 1].pk if len(found) > PAGE else None,
            "unread": unread,
            "newest": found[0].pk if found else "",
            **bell_context(user),
        }
        return render(request, "ui/notifications.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        upto = whole_number(request.POST.get("upto", ""))
        with browser_door(user):
            notifications_read_all(user=user, upto=upto)
        return redirect("notifications")


class OpenNotification(LoginRequiredMixin, View):
    """Mark one as read and go to what it is about."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        user: Any = request.user
        row = get_object_or_404(Notification.objects.visible_to(user), pk=pk)
        with browser_door(user):
            notification_read(notification=row)
        lines = shown([row], user)
        return redirect(lines[0].url if lines and lines[0].url else "notifications")


class NotificationPreferences(LoginRequiredMixin, View):
    """Which kinds one wants where, and how often a digest."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page()

    def page(self, problem: str = "", status: int = 200) -> HttpResponse:
        user: Any = self.request.user
        context = {
            "kinds": preferences_of(user),
            "frequency": digest_of(user).frequency,
            "frequencies": Digest.Frequency.choices,
            "problem": problem,
            "address": user.email,
        }
        template = "ui/notification_preferences.html"
        return render(self.request, template, context, status=status)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        kinds = {
            kind.key: {
                "in_app": f"app_{kind.key}" in request.POST,
                "in_digest": f"digest_{kind.key}" in request.POST,
            }
            for kind, _, _ in preferences_of(user)
        }
        try:
            with browser_door(user):
                preferences_save(
                    user=user, kinds=kinds, frequency=request.POST.get("frequency", "")
                )
        except DomainError as error:
            return self.page(error.detail, error.status)
        messages.success(request, "Saved.")
        return redirect(reverse("notification_preferences"))
