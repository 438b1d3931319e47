"""Who is in a segment: the list, picking by hand, and exceptions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, FilteredRelation, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from core.base.errors import DomainError
from core.ui import cells
from core.ui.columns import BulkAction, Column, ListView
from core.ui.doors import browser_door
from core.ui.lists import ListPage
from core.ui.paging import Page
from crm.filters import ContactFilter
from crm.models import Contact
from crm.pages.columns import contact_badge, mail_link, person_second
from segments.models import Segment, SegmentException
from segments.pages.access import pickable
from segments.pages.exports import members_hashed
from segments.pages.forms import ExceptionForm, MemberForm
from segments.pages.page import SegmentScreen
from segments.services.idle import export_note
from segments.services.membership import exception_set, members_change

EXCEPTIONS = 200


class SegmentMembers(ListPage, SegmentScreen):
    """The contacts in a segment that the user may see, and since when."""

    tab = "members"
    entity, model, noun, icon = "contact", Contact, "contact", "users"
    title, url_name, record_url_name = "Members", "contact_list", "contact"
    filterset_class = ContactFilter
    default_sort = "name"
    template_name = "segments/members.html"
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, person_second(row), row.href),
            sort="sort_name",
            text=lambda row: row.name,
            css="first",
            position=0,
        ),
        Column(
            "state",
            "State",
            contact_badge,
            sort="state",
            text=lambda row: "Marketing only" if row.marketing_only else row.state,
            css="keep",
            position=10,
        ),
        Column(
            "email",
            "Email",
            lambda row: mail_link(row.email),
            sort="email_norm",
            text=lambda row: row.email,
            css="under sub",
            position=20,
        ),
        Column("city", "City", lambda row: cells.plain(row.city), "city", css="sub"),
        Column(
            "since",
            "In since",
            lambda row: cells.ago(row.since),
            sort="since",
            text=lambda row: row.since,
            css="sub scr",
        ),
    )
    adder = Column(
        "added_by",
        "Added by",
        lambda row: cells.plain(row.added_by.strip() or None),
        text=lambda row: row.added_by.strip(),
        css="sub",
        position=100,
    )
    views = (ListView("all", "All", lambda rows, user: rows),)

    @property
    def empty(self) -> str:  # type: ignore[override]  # depends on the segment
        if self.segment.kind == Segment.Kind.STATIC:
            return "Add contacts above, from a contact's page or from a list."
        if self.segment.state == Segment.State.DRAFT:
            return "Contacts arrive when the segment goes live."
        return "No contact fits the conditions now."

    def base(self, action: str = "read") -> QuerySet:
        inside = FilteredRelation(
            "memberships", condition=Q(memberships__segment=self.segment.pk)
        )
        rows: QuerySet = super().base(action)
        rows = rows.annotate(
            inside=inside,
            since=F("inside__since"),
            added_by=Concat(
                Coalesce("inside__added_by__first_name", Value("")),
                Value(" "),
                Coalesce("inside__added_by__last_name", Value("")),
            ),
        )
        return rows.filter(inside__segment=self.segment.pk)

    @cached_property
    def all_columns(self) -> list[Column]:
        """Those of every list of members; of a static one also who added whom."""
        # Columns that others put on the list of contacts are not for this one.
        columns = sorted(self.columns, key=lambda column: column.position)
        return [*columns, self.adder] if not self.bearings["dynamic"] else columns

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("part") == "hashed":
            return members_hashed(self.segment, request.user, "browser")
        return super().get(request, *args, **kwargs)

    def export(self) -> HttpResponseBase:
        with browser_door(self.request.user):
            export_note(segment_id=self.segment.pk, rows="members")
        return super().export()

    def passed_on(self) -> str:
        """A record's neighbours belong to the list of contacts, not to this one."""
        return ""

    @cached_property
    def bearings(self) -> dict[str, Any]:
        return self.header()

    def allowed_bulk(self) -> list[BulkAction]:
        remove = BulkAction(
            "segment_out",
            "Remove from this segment",
            "user-x",
            self.take_out,
            "read",
            question="The selected contacts leave this segment.",
        )
        return [remove] if self.bearings["may_pick"] else []

    def take_out(self, user: Any, rows: QuerySet, values: dict[str, Any]) -> str:
        change = members_change(
            segment_id=self.segment.pk,
            remove=list(rows.values_list("pk", flat=True)),
            user_id=user.pk,
        )
        return f"{change.left:,} removed."

    def context(self, page: Page) -> dict[str, Any]:
        head = self.bearings
        exceptions = []
        if head["dynamic"]:
            seen = Contact.objects.visible_to(self.request.user)
            exceptions = list(
                SegmentException.objects.filter(
                    segment=self.segment, contact__in=seen.values("pk")
                ).select_related("contact", "created_by")[:EXCEPTIONS]
            )
        user = self.request.user
        return {
            **super().context(page),
            **head,
            "exceptions": exceptions,
            "member_form": MemberForm(user=user) if head["may_pick"] else None,
            "exception_form": ExceptionForm(user=user)
            if head["dynamic"] and head["may_edit"]
            else None,
        }


class MemberAdd(SegmentScreen):
    """Put one contact into a static segment."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        segment = self.segment
        if not pickable(request.user).filter(pk=segment.pk).exists():
            # Static ones only: what follows conditions is filled by nobody.
            raise PermissionDenied
        form = MemberForm(request.POST, user=request.user)
        back = reverse("segment_members", args=[segment.pk])
        if not form.is_valid():
            messages.error(request, "Choose a contact first.")
            return redirect(back)
        contact = form.cleaned_data["contact"]
        user: Any = request.user
        with browser_door(user):
            change = members_change(
                segment_id=segment.pk, add=[contact.pk], user_id=user.pk
            )
        said = f"{contact} added." if change.entered else f"{contact} is in already."
        messages.success(request, said)
        return redirect(back)


class ExceptionChange(SegmentScreen):
    """Always or never keep a contact, or lift that again (`lift`)."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        segment = self.segment
        if not self.may("update"):
            raise PermissionDenied
        back = reverse("segment_members", args=[segment.pk])
        form = ExceptionForm(
            request.POST
            if "mode" in request.POST
            else {**request.POST.dict(), "mode": "never"},
            user=request.user,
        )
        if not segment.is_computed or not form.is_valid():
            messages.error(request, "Choose a contact first.")
            return redirect(back)
        values, user = form.cleaned_data, request.user
        lift = "lift" in request.POST
        try:
            with browser_door(user):
                exception_set(
                    segment_id=segment.pk,
                    contact_id=values["contact"].pk,
                    mode=None if lift else values["mode"],
                    reason=values["reason"],
                    user=user,
                )
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect(back)
        done = "follows the conditions again" if lift else "is an exception now"
        messages.success(request, f"{values['contact']} {done}.")
        return redirect(back)
