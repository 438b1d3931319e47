"""Who can take leads: room, hours, days off of every salesperson."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from core.access.models import User
from core.base.errors import DomainError
from core.base.text import whole_number
from core.ui.doors import browser_door
from sales.assignment.forms import AvailabilityForm, DayOffForm
from sales.assignment.models import Availability, DayOff
from sales.assignment.pages.sets import AssignmentScreen
from sales.assignment.rules import DAYS, Seat, hours_read
from sales.assignment.services import people

MOST = 500


def hours_sentence(stored: Any) -> str:
    """The week in short: "Mon to Fri 09:00 to 17:00"."""
    hours = hours_read(stored)
    if not hours:
        return "Always"
    runs: list[tuple[int, int, str]] = []
    for number, found in enumerate(hours):
        said = f"{found[0]:%H:%M} to {found[1]:%H:%M}" if found else ""
        if runs and runs[-1][2] == said:
            runs[-1] = (runs[-1][0], number, said)
        else:
            runs.append((number, number, said))
    return ", ".join(f"{_days(a, b)} {said}" for a, b, said in runs if said) or "Never"


def _days(first: int, last: int) -> str:
    names = DAYS[first][:3], DAYS[last][:3]
    return names[0] if first == last else " to ".join(names)


class People(AssignmentScreen):
    """Every salesperson with the open leads, the room, and when that person works."""

    def get(self, request: HttpRequest) -> HttpResponse:
        seen = User.objects.visible_to(request.user)
        rows = seen.filter(pk__in=people.sellers().values("pk"))
        found = list(rows.select_related("team")[:MOST])
        ids = [person.pk for person in found]
        settings = {
            row.user_id: row for row in Availability.objects.filter(user__in=ids)
        }
        now = timezone.now()
        seats = people.seats_of(ids, now=now)
        off = _ahead(ids)
        lines = [
            {
                "person": person,
                "seat": seats[person.pk],
                "hours": hours_sentence(getattr(settings.get(person.pk), "hours", [])),
                "off": off.get(person.pk),
                "state": _state(seats[person.pk], now),
            }
            for person in found
        ]
        context = {"lines": lines, "may_edit": self.may("update")}
        return render(request, "assignment/people.html", context)


def _state(seat: Seat, now: Any) -> tuple[str, str]:
    """What stands in the way of a lead now, as text and tone of a badge."""
    if not seat.takes_leads:
        return "Takes no leads", "off"
    if seat.is_full:
        return "Full", "ready"
    return ("At work", "good") if seat.week.works_within(now, 0) else ("Away", "off")


def _ahead(ids: list[int]) -> dict[int, DayOff]:
    """The next days off of each person."""
    today = timezone.now().date()
    rows = DayOff.objects.filter(user__in=ids, last__gte=today).order_by("-first")
    return {row.user_id: row for row in rows}


class AvailabilityPage(AssignmentScreen):
    """Room, hours and days off of one person."""

    @cached_property
    def person(self) -> User:
        rows = User.objects.visible_to(self.request.user)
        found: User = get_object_or_404(
            rows.filter(is_active=True), pk=self.kwargs["pk"]
        )
        return found

    @cached_property
    def row(self) -> Availability:
        found = Availability.objects.filter(user=self.person).first()
        return found or Availability(user=self.person)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(AvailabilityForm(instance=self.row), DayOffForm())

    def show(
        self, form: AvailabilityForm, day_off: DayOffForm, status: int = 200
    ) -> HttpResponse:
        ahead = DayOff.objects.filter(user=self.person, last__gte=timezone.now().date())
        context = {
            "person": self.person,
            "form": form,
            "day_off": day_off,
            "ahead": ahead.order_by("first"),
            "version": self.row.version if self.row.pk else "",
            "may_edit": self.may("update"),
        }
        return render(
            self.request, "assignment/availability.html", context, status=status
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.require("update")
        form = AvailabilityForm(request.POST, instance=self.row)
        if not form.is_valid():
            return self.show(form, DayOffForm(), status=422)
        stored = Availability.objects.filter(user=self.person).first()
        try:
            with browser_door(request.user):
                people.availability_save(
                    user=self.person,
                    values=form.values(),
                    expected_version=whole_number(request.POST.get("version", ""))
                    if stored
                    else None,
                )
        except DomainError as error:
            known = error.attr if error.attr in form.fields else None
            form.add_error(known, error.detail)
            return self.show(form, DayOffForm(), status=error.status)
        messages.success(request, f"Availability of {self.person} saved.")
        return redirect("assignment_people")


class DaysOff(AvailabilityPage):
    """Add days off."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.require("update")
        form = DayOffForm(request.POST)
        plain = AvailabilityForm(instance=self.row)
        if not form.is_valid():
            return self.show(plain, form, status=422)
        try:
            with browser_door(request.user):
                people.day_off_add(user=self.person, **form.cleaned_data)
        except DomainError as error:
            form.add_error("last", error.detail)
            return self.show(plain, form, status=error.status)
        return redirect("assignment_availability", pk)


class DayOffRemove(AssignmentScreen):
    """The person works on these days after all."""

    http_method_names: tuple[str, ...] = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.require("update")
        row = get_object_or_404(DayOff.objects.visible_to(request.user), pk=pk)
        with browser_door(request.user):
            people.day_off_remove(day_off_id=row.pk)
        return redirect("assignment_availability", row.user_id)
