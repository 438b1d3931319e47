"""Segments on the pages of contacts: the panel, the dialogs, the bulk actions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import View

from core.access.rights import rights_of
from core.base.errors import Denied
from core.base.text import whole_number
from core.ui.columns import BulkAction, register_bulk_action
from core.ui.doors import browser_door
from core.ui.parts import Panel, register_panel
from crm.models import Contact
from segments.models import Membership, Segment
from segments.pages.access import may_pick, pickable
from segments.pages.forms import PickForm
from segments.pages.origins import origin_words
from segments.pages.picking import felt_by, pick_line
from segments.services.membership import members_change
from segments.services.origins import origins_of

SHOWN, MOST = 8, 500


def panel(request: HttpRequest, contact: Any) -> dict[str, Any] | None:
    """The segments of a contact, since when, and the two buttons."""
    user = request.user
    if not rights_of(user).has("segment", "read") and not may_pick(user):
        return None
    seen = Segment.objects.visible_to(user).values("pk")
    rows = list(
        Membership.objects.filter(contact=contact, segment__in=seen)
        .select_related("segment")
        .order_by("-since")[:MOST]
    )
    origins = origins_of(contact.pk, [row.segment_id for row in rows])
    told = [(row, origin_words(origins.get(row.segment_id))) for row in rows]
    return {
        "rows": told[:SHOWN],
        "more": told[SHOWN:],
        "contact": contact,
        "may_pick": may_pick(user),
        "has_static": any(row.segment.kind == "static" for row in rows),
    }


class ContactPick(LoginRequiredMixin, View):
    """Add a contact to static segments, or remove it: a side panel and its answer.

    Who may fill static segments may do this without any other right on segments.
    """

    deed = "add"

    def segments(self, contact: Contact) -> QuerySet[Segment]:
        inside = Membership.objects.filter(contact=contact).values("segment")
        rows = pickable(self.request.user)
        if self.deed == "add":
            return rows.exclude(pk__in=inside)
        return rows.filter(pk__in=inside)

    def contact(self, pk: int) -> Contact:
        if not may_pick(self.request.user):
            raise PermissionDenied
        found: Contact = get_object_or_404(
            Contact.objects.visible_to(self.request.user), pk=pk
        )
        return found

    def show(
        self, contact: Contact, error: str = "", status: int = 200
    ) -> HttpResponse:
        rows = list(self.segments(contact).select_related("campaign"))
        felt = felt_by(rows, self.request.user)
        context = {
            "contact": contact,
            "segments": [(row, pick_line(row, felt.get(row.pk, ""))) for row in rows],
            "adding": self.deed == "add",
            "error": error,
        }
        return render(self.request, "segments/_pick.html", context, status=status)

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return self.show(self.contact(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        contact = self.contact(pk)
        wanted = [
            number
            for each in request.POST.getlist("segments")
            if (number := whole_number(each)) is not None
        ]
        chosen = list(self.segments(contact).filter(pk__in=wanted))
        if not chosen:
            return self.show(contact, "Choose at least one segment.", 422)
        user: Any = request.user
        with browser_door(user):
            for segment in chosen:
                ids = {"add" if self.deed == "add" else "remove": [contact.pk]}
                members_change(segment_id=segment.pk, user_id=user.pk, **ids)
        names = ", ".join(segment.name for segment in chosen)
        done = "added to" if self.deed == "add" else "removed from"
        messages.success(request, f"{contact} {done} {names}.")
        if not request.headers.get("HX-Request"):
            return redirect("contact", contact.pk)
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer


def _bulk(key: str, label: str, icon: str, done: str) -> BulkAction:
    def run(user: Any, rows: QuerySet, values: dict[str, Any]) -> str:
        allowed = set(pickable(user).values_list("pk", flat=True))
        segments = list(values["segments"])
        if any(segment.pk not in allowed for segment in segments):
            raise Denied("You may not change the members of this segment.")
        ids = list(rows.values_list("pk", flat=True))
        which = "add" if key == "segment_add" else "remove"
        moved = 0
        for segment in segments:
            change = members_change(
                segment_id=segment.pk, user_id=user.pk, **{which: ids}
            )
            moved += change.entered + change.left
        names = ", ".join(segment.name for segment in segments)
        return f"{moved:,} {done} {names}."

    return BulkAction(key, label, icon, run, "read", form=PickForm, may=may_pick)


def register() -> None:
    """Put segments on the pages and the list of contacts."""
    register_panel(
        "contact",
        Panel("segments", "Segments", "segments/_panel.html", panel, position=60),
    )
    register_bulk_action(
        "contact", _bulk("segment_add", "Add to segment", "chart-donut", "added to")
    )
    register_bulk_action(
        "contact",
        _bulk("segment_remove", "Remove from segment", "user-x", "removed from"),
    )
