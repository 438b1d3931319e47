"""Who can take leads: room, hours, days off; and changing these."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count

from core.access.models import User
from core.base.errors import Invalid, Stale
from core.base.models import Organisation
from crm.models import Lead
from sales.assignment.models import Availability, DayOff
from sales.assignment.rules import Seat, Week, hours_read

FIELDS = ("takes_leads", "capacity", "time_zone", "hours")


@transaction.atomic
def availability_save(
    *, user: User, values: dict[str, Any], expected_version: int | None = None
) -> Availability:
    """Say how many leads a person takes, and when that person works.

    Locks the row where there is one. Raises Stale, or Invalid at the field.
    """
    rows = Availability.objects.select_for_update(of=("self",))
    row = rows.filter(user=user).first() or Availability(user=user)
    if expected_version is not None and row.pk and row.version != expected_version:
        raise Stale("stale", "Somebody else changed this. Load it again.")
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    _check(row)
    row.save()
    row.refresh_from_db()
    return row


def _check(row: Availability) -> None:
    if row.time_zone and row.time_zone not in available_timezones():
        raise Invalid("unknown_time_zone", "No such time zone.", attr="time_zone")
    try:
        hours_read(row.hours)
    except ValueError as error:
        raise Invalid("invalid_hours", str(error), attr="hours") from error
    _clean(row)


def _clean(row: Any) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error


@transaction.atomic
def availability_remove(*, availability_id: int) -> None:
    """Forget what was said: the person takes any number of leads at any time."""
    Availability.objects.filter(pk=availability_id).delete()


@transaction.atomic
def day_off_add(
    *, user: User, first: dt.date, last: dt.date | None = None, note: str = ""
) -> DayOff:
    """Days on which a person takes no leads; one day where no last one is given."""
    row = DayOff(user=user, first=first, last=last or first, note=note)
    _clean(row)
    row.save()
    row.refresh_from_db()
    return row


@transaction.atomic
def day_off_update(
    *, day_off_id: int, values: dict[str, Any], expected_version: int | None = None
) -> DayOff:
    """Change days off; Stale, or Invalid at the field. Locks the row."""
    row = DayOff.objects.select_for_update(of=("self",)).get(pk=day_off_id)
    if expected_version is not None and row.version != expected_version:
        raise Stale("stale", "Somebody else changed this. Load it again.")
    for name, value in values.items():
        setattr(row, name, value)
    _clean(row)
    row.save()
    row.refresh_from_db()
    return row


@transaction.atomic
def day_off_remove(*, day_off_id: int) -> None:
    """The person works on these days after all."""
    DayOff.objects.filter(pk=day_off_id).delete()


def sellers() -> Any:
    """Active people with a role in sales."""
    return User.objects.filter(is_active=True, roles__area="sales").distinct()


def seats_of(user_ids: Iterable[int], *, now: dt.datetime) -> dict[int, Seat]:
    """The active ones of these people, as a run sees them; four statements."""
    ids = sorted(set(user_ids))
    people = User.objects.filter(pk__in=ids, is_active=True)
    loads = open_leads(ids)
    settings = {row.user_id: row for row in Availability.objects.filter(user__in=ids)}
    off = _days_off(ids, now)
    zone = Organisation.current().time_zone
    return {
        person.pk: _seat(
            person, settings.get(person.pk), loads.get(person.pk, 0), off, zone
        )
        for person in people
    }


def _seat(
    person: User,
    row: Availability | None,
    load: int,
    off: dict[int, list[tuple[dt.date, dt.date]]],
    zone: str,
) -> Seat:
    row = row or Availability()
    week = Week(
        _first_known(row.time_zone, person.time_zone, zone),
        hours_read(row.hours),
        off.get(person.pk, ()),
    )
    return Seat(person.pk, person.team_id, load, row.capacity, row.takes_leads, week)


def _first_known(*names: str) -> str:
    """The first that is a time zone; a person's own is text that nobody checked."""
    return next((name for name in names if name in available_timezones()), "UTC")


def _days_off(
    ids: list[int], now: dt.datetime
) -> dict[int, list[tuple[dt.date, dt.date]]]:
    found: dict[int, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    # A day of slack at both ends: the person's date may differ from ours.
    since = now.date() - dt.timedelta(days=2)
    rows = DayOff.objects.filter(user__in=ids, last__gte=since)
    for user_id, first, last in rows.values_list("user_id", "first", "last"):
        found[user_id].append((first, last))
    return found


def open_leads(user_ids: Iterable[int]) -> dict[int, int]:
    """How many open leads each of these people has; one statement."""
    rows = Lead.objects.open().filter(owner__in=list(user_ids)).order_by()
    return dict(rows.values_list("owner_id").annotate(number=Count("pk")))
