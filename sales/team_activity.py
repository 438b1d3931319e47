"""What each salesperson did in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from core.access.models import User
from core.access.rights import team_ids_below
from core.journal.models import Entry
from crm.models import Activity, Lead, Note
from sales.models import Opportunity

KINDS = [key for key in Activity.Kind.values if key not in Activity.BY_SYSTEM]
DEEDS = (*KINDS, "notes", "taken", "qualified", "won")


@dataclass
class Doing:
    """One person: completed activities of each kind, notes, leads and wins."""

    pk: int | None
    name: str
    number: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DEEDS, 0))


def team_activity(
    *,
    user: User,
    first: date | None = None,
    last: date | None = None,
    team_id: int | None = None,
    owner_id: int | None = None,
) -> list[Doing]:
    """A line for each person who did something in these days, by name.

    Activities count for their owner on the day they were completed, notes for their
    author, leads for whoever took them over or qualified them, won opportunities for
    their owner. Only what this user sees counts. `team_id` keeps the people of a team
    and those below. One grouped query a column group, and one for the people.
    """
    people = User.objects.all()
    if team_id is not None:
        people = people.filter(team_id__in=team_ids_below(team_id))
    if owner_id is not None:
        people = people.filter(pk=owner_id)
    known = {person.pk: str(person) for person in people}
    lines: dict[int, Doing] = {}
    for pk, deed, number in _deeds(user, first, last):
        if pk in known:
            line = lines.setdefault(pk, Doing(pk, known[pk]))
            line.number[deed] += number
    return sorted(lines.values(), key=lambda line: (line.name.lower(), line.pk or 0))


def everybody(lines: Iterable[Doing]) -> Doing:
    """All people together."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        for deed, number in line.number.items():
            sums[deed] += number
    return Doing(None, "All", {deed: sums[deed] for deed in DEEDS})


def _within(rows: Any, moment: str, first: date | None, last: date | None) -> Any:
    if first is not None:
        rows = rows.filter(**{f"{moment}__date__gte": first})
    if last is not None:
        rows = rows.filter(**{f"{moment}__date__lte": last})
    return rows.order_by()


def _by(rows: QuerySet, person: str, *, deed: str) -> list[tuple[int, str, int]]:
    counted = rows.values_list(person).annotate(Count("pk"))
    return [(pk, deed, number) for pk, number in counted if pk is not None]


def _deeds(
    user: User, first: date | None, last: date | None
) -> list[tuple[int, str, int]]:
    """(person, deed, number) of everything counted."""
    done = Activity.objects.visible_to(user).filter(state="completed", kind__in=KINDS)
    done = _within(done, "completed_at", first, last)
    kinds = done.values_list("owner_id", "kind").annotate(Count("pk"))
    notes = _within(Note.objects.visible_to(user), "created_at", first, last)
    qualified = Lead.objects.visible_to(user).filter(state="qualified")
    qualified = _within(qualified, "closed_at", first, last)
    won = _within(Opportunity.objects.visible_to(user).won(), "closed_at", first, last)
    return [
        *((pk, kind, number) for pk, kind, number in kinds if pk is not None),
        *_by(notes, "created_by_id", deed="notes"),
        *_taken(user, first, last),
        *_by(qualified, "closed_by_id", deed="qualified"),
        *_by(won, "owner_id", deed="won"),
    ]


def _taken(
    user: User, first: date | None, last: date | None
) -> list[tuple[int, str, int]]:
    """Leads that people took over; one taken twice by one person counts once."""
    seen = Lead.objects.visible_to(user).values("pk")
    entries = Entry.objects.filter(
        name="lead.taken_over", subject_type="lead", subject_id__in=seen
    )
    counted = (
        _within(entries, "occurred_at", first, last)
        .values_list("actor_id")
        .annotate(Count("subject_id", distinct=True))
    )
    return [(pk, "taken", number) for pk, number in counted if pk is not None]
