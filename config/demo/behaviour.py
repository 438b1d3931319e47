"""What people did over the months, and what we did and noted."""

from __future__ import annotations

import datetime as dt
from typing import Any

from config.demo.tables import CALLS, EMAILS, NOTES, SITE, SITE_PAGES
from config.demo.world import World
from core.journal.services import NewEntry, acting, record_many
from crm.models import Activity, Contact, Lead, Note

# How warm somebody is: visits, and from how many days ago on.
WARMTH = [((0, 2, 150), 48), ((3, 6, 80), 30), ((8, 14, 26), 22)]


def behaviour(world: World) -> None:
    """Visits and emails of contacts, those with open leads the most."""
    interested = {lead.parent_contact_id for lead in world.leads}
    entries: list[NewEntry] = []
    for contact in world.contacts:
        if contact.pk in interested or world.rng.random() < 0.5:
            entries += _of(world, contact)
    with acting(None, "demo"):
        record_many(entries)


def _of(world: World, contact: Contact) -> list[NewEntry]:
    low, high, since = world.one_of(WARMTH)
    found = [
        visit(contact, *_page(world), at=world.sometime(since, 0))
        for _ in range(world.rng.randint(low, high))
    ]
    if contact.do_not_bulk_email or contact.do_not_email:
        return found
    for number, name in enumerate(EMAILS):
        sent = world.ago(100 - 38 * number, hours=world.rng.random() * 5)
        if sent > contact.created_at:
            found += _email(world, contact, name, sent)
    return found


def _page(world: World) -> tuple[str, str]:
    return world.one_of([((path, title), weight) for path, title, weight in SITE_PAGES])


def visit(contact: Contact, path: str, title: str, *, at: dt.datetime) -> NewEntry:
    """A visit to a page of our website."""
    return entry("website.visited", contact, at, {"title": title}, url=SITE + path)


def entry(
    name: str, contact: Contact, at: dt.datetime, data: dict[str, Any], url: str = ""
) -> NewEntry:
    """Something a contact did."""
    return NewEntry(
        name=name,
        subject=("contact", contact.pk),
        contact_id=contact.pk,
        account_id=contact.account_id,
        url=url,
        data=data,
        occurred_at=at,
    )


def _email(
    world: World, contact: Contact, name: str, sent: dt.datetime
) -> list[NewEntry]:
    found = [entry("email.sent", contact, sent, {"name": name})]
    later = sent + dt.timedelta(hours=world.rng.uniform(0.2, 40))
    if world.rng.random() < 0.45:
        found.append(entry("email.opened", contact, later, {"name": name}))
        if world.rng.random() < 0.35:
            click = later + dt.timedelta(minutes=2)
            found.append(entry("email.clicked", contact, click, {"name": name}, SITE))
    return found


def work(world: World) -> None:
    """Calls and visits done and to be done, and notes on leads."""
    with acting(world.users["sales_manager"], "demo"):
        rows = _done(world)
        for seller in ("seller1", "seller2"):
            rows += _to_do(world, seller)
        rows += _marketing(world)
        Activity.objects.bulk_create(rows)
        Note.objects.bulk_create(_notes(world))


def _about(lead: Lead) -> dict[str, Any]:
    return {
        "regarding_type": "lead",
        "regarding_id": lead.pk,
        "lead": lead,
        "contact_id": lead.parent_contact_id,
        "account_id": lead.parent_account_id,
    }


def _sold(world: World) -> list[Lead]:
    return [lead for lead in world.leads if lead.owner_id and lead.parent_contact_id]


def _done(world: World) -> list[Activity]:
    rows = []
    for lead in world.rng.sample(_sold(world), 90):
        subject, kind = world.rng.choice(CALLS)
        span = (world.now - lead.created_at) * world.rng.uniform(0.1, 0.7)
        at = lead.created_at + span
        row = _activity(lead, subject, kind, due=at, made=at)
        row.state, row.completed_at = "completed", at
        row.outcome = world.rng.choice(["Reached", "Left a message", "Done", ""])
        rows.append(row)
    return rows


def _to_do(world: World, username: str) -> list[Activity]:
    """Overdue, due today and next, for leads that are still open."""
    user = world.users[username]
    mine = [
        lead
        for lead in _sold(world)
        if lead.owner_id == user.pk and not lead.external_id
    ]
    rows = []
    for days in (-6, -2, -1, 0, 0, 1, 1, 2, 4, 7, 9, 14):
        subject, kind = world.rng.choice(CALLS)
        lead = world.rng.choice(mine)
        day = world.now + dt.timedelta(days=days)
        hour = world.rng.randrange(9, 17) if days else 21
        due = day.replace(hour=hour, minute=world.rng.choice((0, 30)), second=0)
        rows.append(_activity(lead, subject, kind, due=due, made=world.ago(7)))
    return rows


def _activity(
    lead: Lead, subject: str, kind: str, *, due: dt.datetime, made: dt.datetime
) -> Activity:
    meeting = kind == Activity.Kind.APPOINTMENT
    return Activity(
        **_about(lead),
        subject=subject,
        kind=kind,
        due_at=due,
        starts_at=due if meeting else None,
        ends_at=due + dt.timedelta(hours=1) if meeting else None,
        state="scheduled" if meeting else "open",
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        created_by_id=lead.owner_id,
        created_at=made,
        updated_at=made,
    )


def _marketing(world: World) -> list[Activity]:
    """What marketing has on its own list."""
    user = world.users["marketer"]
    orphans = [lead for lead in world.leads if lead.is_orphaned]
    subjects = [
        ("Check the cards from the stand", -1),
        ("Ask the partner for missing addresses", 0),
        ("Follow up guests of Warehouse Day", 2),
        ("Clean up company names of the import", 5),
    ]
    rows = []
    for (subject, days), lead in zip(subjects, orphans, strict=False):
        due = (world.now + dt.timedelta(days=days)).replace(hour=21, minute=0, second=0)
        row = _activity(lead, subject, "task", due=due, made=world.ago(5))
        row.owner, row.team, row.created_by = user, user.team, user
        rows.append(row)
    return rows


def _notes(world: World) -> list[Note]:
    rows = []
    for lead in world.rng.sample(_sold(world), 70):
        at = lead.created_at + (world.now - lead.created_at) * world.rng.random()
        rows.append(
            Note(
                **_about(lead),
                body=world.rng.choice(NOTES),
                created_by_id=lead.owner_id,
                created_at=at,
                updated_at=at,
            )
        )
    return rows
