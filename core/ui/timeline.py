"""The timeline of a record: one line a happening, repeated ones folded.

It reads the journal for the people behind the record, and the sources that apps
register (activities, notes). Changes of fields stand apart, in the audit history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.access.entities import all_entities
from core.access.levels import Level
from core.access.rights import Gate, rights_of
from core.base.text import whole_number
from core.journal.interactions import interaction_kinds
from core.journal.models import Entry
from core.ui.sources import source_names, via_names

PAGE = 40
KINDS = {
    "all": "All",
    "web": "Web",
    "email": "Emails",
    "activity": "Activities",
    "milestone": "Milestones",
}


@dataclass(frozen=True)
class Scope:
    """Whose happenings: the record itself, and the people behind it."""

    subject: tuple[str, int]
    contact_ids: tuple[int, ...] = ()
    user: Any = None


JOURNAL = "journal"
Rows = TypeVar("Rows", bound=QuerySet)


@dataclass(frozen=True)
class Place:
    """Where a page of a timeline ends: the moment, the source and id of its last line.

    Lines are ordered by (moment, source, id), all downwards, over every source; so
    equal moments are neither missed nor shown twice.
    """

    when: datetime
    source: str
    pk: int

    def older(self, rows: Rows, source: str, moment: str) -> Rows:
        """The rows of a source that come after this place; `moment` is their column."""
        earlier = Q(**{f"{moment}__lt": self.when})
        if source > self.source:
            return rows.filter(earlier)
        same = Q(**{moment: self.when})
        if source == self.source:
            same &= Q(pk__lt=self.pk)
        return rows.filter(earlier | same)

    def __str__(self) -> str:
        return f"{self.when.isoformat()}~{self.source}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place of an address; None where somebody tampered with it."""
        moment, _, rest = text.partition("~")
        source, _, pk = rest.partition("~")
        try:
            when = parse_datetime(moment)
        except ValueError:
            return None
        number = whole_number(pk)
        if when is None or when.tzinfo is None or number is None:
            return None
        return cls(when, source, number)


@dataclass
class Happening:
    """One line: when, an icon, a sentence, perhaps what was said.

    `fold` names what may be folded with its neighbours ("page.visited"), `things`
    are what a folded line counts and names; `milestone` is "", "mile" or "mile won".
    `order` is the id of the row, `source` the key it was registered under.
    """

    when: datetime
    icon: str
    sentence: SafeString | str
    kind: str = "web"
    tone: str = ""
    milestone: str = ""
    said: str = ""
    fold: str = ""
    thing: str = ""
    count: int = 1
    order: int = 0
    source: str = JOURNAL
    extra: SafeString | str = ""


@dataclass(frozen=True)
class Told:
    """An entry with what a sentence needs: who did it, and what it came from.

    `user` reads the sentence: what it names further is read through `visible_to`.
    `via` names the record that did it, where one did (a workflow); else it is empty.
    """

    entry: Entry
    actor: str
    what: SafeString | str
    label: str
    data: dict[str, Any] = field(default_factory=dict)
    user: Any = None
    via: str = ""


@dataclass(frozen=True)
class Renderer:
    """How entries of one name are told; `tell(told)` gives the sentence."""

    name: str
    icon: str
    kind: str
    tell: Callable[[Told], SafeString | str]
    tone: str = ""
    milestone: str = ""
    folds: bool = False


Fetch = Callable[[Scope, Place | None, int, str], list[Happening]]
_renderers: dict[str, Renderer] = {}
_fetches: dict[str, Fetch] = {}


def register_timeline(
    name: str,
    icon: str,
    tell: Callable[[Told], SafeString | str],
    *,
    kind: str = "milestone",
    tone: str = "",
    milestone: str = "",
    folds: bool = False,
) -> None:
    """Show entries of this name on timelines; called from AppConfig.ready().

    `kind` is a key of KINDS; `milestone` "mile" or "mile won" makes it stand out.
    """
    _renderers[name] = Renderer(name, icon, kind, tell, tone, milestone, folds)


def register_timeline_source(key: str, fetch: Fetch) -> None:
    """Add happenings that are rows of their own.

    `fetch(scope, place, limit, kind)` gives at most `limit` happenings, newest first,
    read through `visible_to(scope.user)` and, where there is a place, through
    `place.older(rows, key, moment)`; ordered by that same moment and the id.
    """
    _fetches[key] = fetch


def renderers() -> dict[str, Renderer]:
    """Every renderer, with those of the registered interactions beneath."""
    found = {}
    for kind in interaction_kinds():
        group = "email" if kind.name.startswith(("email.", "list.")) else "web"
        found[kind.name] = Renderer(
            kind.name,
            kind.icon,
            group,
            _interaction(kind.sentence),
            tone="acc" if group == "email" or kind.name.endswith("submitted") else "",
            folds=kind.name.endswith(("visited", "opened", "clicked")),
        )
    return found | _renderers


def _interaction(sentence: str) -> Callable[[Told], SafeString]:
    bare = sentence.replace("{who} ", "", 1).replace("{who}", "this person")
    before, _, after = bare.partition("{what}")

    def tell(told: Told) -> SafeString:
        first = before[:1].upper() + before[1:]
        return format_html("{}<b>{}</b>{}", first, told.what, after)

    return tell


def happenings(
    scope: Scope, *, kind: str = "all", place: Place | None = None
) -> tuple[list[Happening], Place | None]:
    """One page of a timeline, and where the next page goes on (None: the end)."""
    found = _from_journal(scope, place, kind)
    for key, fetch in _fetches.items():
        for line in fetch(scope, place, PAGE + 1, kind):
            line.source = key
            found.append(line)
    found.sort(key=lambda each: (each.when, each.source, each.order), reverse=True)
    more = len(found) > PAGE
    page = found[:PAGE]
    last = page[-1] if more and page else None
    return folded(page), Place(last.when, last.source, last.order) if last else None


def _from_journal(scope: Scope, place: Place | None, kind: str) -> list[Happening]:
    told_by = renderers()
    names = [n for n, r in told_by.items() if kind in ("all", r.kind)]
    if not names:
        return []
    subject_type, subject_id = scope.subject
    about = Q(subject_type=subject_type, subject_id=subject_id)
    if scope.contact_ids:
        about |= Q(contact_id__in=scope.contact_ids)
    rows = _readable(Entry.objects.filter(about, name__in=names), scope.user)
    if place:
        rows = place.older(rows, JOURNAL, "occurred_at")
    entries = list(rows.order_by("-occurred_at", "-id")[: PAGE + 1])
    return [
        _happening(told, told_by[told.entry.name])
        for told in _dressed(entries, scope.user)
    ]


def _readable(rows: QuerySet[Entry], user: Any) -> QuerySet[Entry]:
    """Leave out what happened to records that this user does not see.

    A person may be everybody's while one of the leads is not: what became of that
    lead is told to those who see it.
    """
    if user is None:
        return rows
    for entity in all_entities():
        gate = entity.model._default_manager
        if Level.ALL in rights_of(user).levels(entity.key, "read"):
            continue
        if isinstance(gate, Gate):
            seen = gate.visible_to(user).filter(pk=OuterRef("subject_id"))
            rows = rows.filter(~Q(subject_type=entity.key) | Exists(seen))
    return rows


def _dressed(entries: list[Entry], user: Any) -> Iterable[Told]:
    """Names of actors and sources for many entries: one query a kind."""
    named = source_names((e.source_type, e.source_id) for e in entries)
    people = get_user_model()._default_manager.in_bulk(
        {e.actor_id for e in entries if e.actor_id}
    )
    doors = via_names(entry.via for entry in entries)
    for entry in entries:
        data = entry.data or {}
        label, url = named.get((entry.source_type, entry.source_id or 0), ("", ""))
        label = label or str(data.get("name") or data.get("title") or entry.url)
        label = label or entry.source_type.replace("_", " ") or "something"
        what: SafeString | str = label
        if url:
            what = format_html('<a class="h-plainlink" href="{}">{}</a>', url, label)
        actor = people.get(entry.actor_id) if entry.actor_id else None
        via = doors.get(entry.via, "")
        yield Told(entry, str(actor or ""), what, label, data, user, via)


def _happening(told: Told, renderer: Renderer) -> Happening:
    entry = told.entry
    sentence = renderer.tell(told)
    if entry.machine:
        sentence = format_html('{} <span class="mut">by a machine</span>', sentence)
    return Happening(
        entry.occurred_at,
        renderer.icon,
        sentence,
        renderer.kind,
        renderer.tone,
        renderer.milestone,
        fold=entry.name if renderer.folds and not entry.machine else "",
        thing=told.label,
        order=entry.pk,
    )


FOLDED = {
    "page.visited": ("Visited", "pages"),
    "website.visited": ("Visited", "pages"),
    "form.visited": ("Saw", "forms"),
    "email.opened": ("Opened", "emails"),
    "email.clicked": ("Clicked in", "emails"),
    "redirect.clicked": ("Followed", "links"),
    "website.clicked": ("Clicked", "links"),
}


def folded(page: list[Happening]) -> list[Happening]:
    """Neighbours of one kind on one day become one line."""
    result: list[Happening] = []
    for (fold, _), group in groupby(
        page, key=lambda each: (each.fold, timezone.localtime(each.when).date())
    ):
        run = list(group)
        if not fold or len(run) == 1:
            result += run
            continue
        first = run[0]
        first.count = len(run)
        first.sentence = _folded_sentence(fold, [each.thing for each in run])
        result.append(first)
    return result


def _folded_sentence(fold: str, things: list[str]) -> SafeString:
    distinct = list(dict.fromkeys(things))
    verb, noun = FOLDED.get(fold, ("Repeated", "times"))
    if len(distinct) == 1:
        return format_html("{} <b>{}</b> {} times", verb, distinct[0], len(things))
    named = " and ".join(distinct[:2])
    among = f", among them {named}" if len(distinct) > 2 else f": {named}"
    return format_html("{} <b>{} {}</b>{}", verb, len(things), noun, among)


def by_day(page: list[Happening]) -> list[tuple[str, list[Happening]]]:
    """Lines under headings: Today, Yesterday, This week, then months."""
    return [
        (label, list(group))
        for label, group in groupby(page, key=lambda each: _day_label(each.when))
    ]


def _day_label(when: datetime) -> str:
    today, day = timezone.localdate(), timezone.localtime(when).date()
    if day > today:
        return "Planned"
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day > today - timedelta(days=7):
        return "Last 7 days"
    return date_format(day, "F" if day.year == today.year else "F Y")
