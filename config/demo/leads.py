"""Leads of many sources: from people we know, and orphaned ones."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from config.demo.tables import COUNTRIES, JOBS, SOURCES, TOPICS
from config.demo.world import World
from core.journal.services import NewEntry, acting, record_many
from crm.models import Contact, Lead

KNOWN, CONFERENCE, ORPHANED = 236, 26, 38
# Of the leads that are old enough: how many in a hundred were qualified or dropped.
QUALIFIED, DROPPED, OLD_ENOUGH = 25, 20, 16
CONFERENCE_TOPIC = "Contoso Ltd Conference"


def leads(world: World) -> None:
    """Every lead, open as yet; those that will be qualified are sales ready."""
    adults = [contact for contact in world.contacts if not contact.is_child]
    people = world.rng.sample(adults, KNOWN + CONFERENCE)
    rows = [_of_contact(world, contact) for contact in people[:KNOWN]]
    rows += [_conference(world, contact) for contact in people[KNOWN:]]
    rows += [_orphaned(world) for _ in range(ORPHANED)]
    with acting(world.users["integration"], "demo"):
        world.leads = Lead.objects.bulk_create(rows)
        record_many([_handed(lead) for lead in world.leads if lead.sales_ready])


def _handed(lead: Lead) -> NewEntry:
    return NewEntry(
        name="lead.sales_ready",
        subject=("lead", lead.pk),
        contact_id=lead.parent_contact_id,
        lead_id=lead.pk,
        account_id=lead.parent_account_id,
        data={"score": lead.sales_ready_score, "by_hand": False},
        occurred_at=lead.sales_ready_at,
    )


def _of_contact(world: World, contact: Contact, **values: Any) -> Lead:
    rng = world.rng
    at = values.pop("at", None) or world.sometime(165, 0)
    product = rng.choice(world.products)
    source = values.pop("lead_source", None) or world.one_of(SOURCES)
    return Lead(
        **{"topic": rng.choice(TOPICS), **values},
        **_person(contact),
        **_fate(world, at, contact),
        lead_source=source,
        industry=contact.account.industry if contact.account else "",
        number_of_employees=(
            contact.account.number_of_employees if contact.account else None
        ),
        parent_contact=contact,
        parent_account=contact.account,
        product=product,
        campaign=_campaign(world, source),
        estimated_value=_value(world),
        rating=rng.choice(["", "", "warm", "hot", "cold"]),
        purchase_timeframe=rng.choice(["", "This quarter", "Next quarter", "Unknown"]),
        utm_source=source.lower() if source in ("Google", "Email") else "",
        created_at=at,
        updated_at=at,
    )


def _person(contact: Contact) -> dict[str, Any]:
    names = (
        "first_name",
        "last_name",
        "email",
        "phone",
        "city",
        "country",
        "job_title",
        "buying_role",
        "company_name",
        "do_not_email",
        "do_not_bulk_email",
        "do_not_phone",
    )
    return {name: getattr(contact, name) for name in names}


def _fate(world: World, at: dt.datetime, contact: Contact) -> dict[str, Any]:
    """Who has it, and how far it will come; kept in `external_id` until it did."""
    age = (world.now - at).days
    keeper = world.keeper(contact.country)
    luck = world.rng.randrange(100)
    if age < OLD_ENOUGH or luck >= QUALIFIED + DROPPED:
        owner = keeper if world.rng.random() < 0.75 else None
        return {"owner": owner, "team": owner.team if owner else None}
    owner = keeper or world.users["sales_manager"]
    held = {"owner": owner, "team": owner.team}
    if luck >= QUALIFIED:
        return {**held, "external_id": "drop"}
    ready = at + dt.timedelta(days=world.rng.uniform(1, 9))
    return {
        **held,
        "external_id": "qualify",
        "sales_ready": True,
        "sales_ready_at": ready,
        "sales_ready_score": world.rng.randrange(60, 95),
        "sales_accepted": True,
        "process": Lead.Process.SALES,
        "stage": Lead.Stage.QUALIFY,
        "stage_since": ready,
    }


def _campaign(world: World, source: str) -> Any:
    by_source = {
        "Trade show": "Warehouse Day",
        "Email": "Cold chain guide",
        "Google": "Ring scanners on trial",
        "LinkedIn Sponsored Content": "Ring scanners on trial",
    }
    return world.campaigns.get(by_source.get(source, ""))


def _value(world: World) -> Decimal:
    return Decimal(world.rng.randrange(8, 130) * 500)


def _conference(world: World, contact: Contact) -> Lead:
    lead = _of_contact(
        world,
        contact,
        at=world.ago(world.rng.uniform(69, 74)),
        topic=CONFERENCE_TOPIC,
        lead_source="Event",
    )
    lead.campaign = world.campaigns["Contoso Ltd Conference"]
    return lead


def _orphaned(world: World) -> Lead:
    """A card from a fair or a row of a file: somebody without a contact yet."""
    person = world.person(world.rng.choice(list(COUNTRIES)))
    job, role = world.rng.choice(JOBS)
    at = world.sometime(70, 0)
    return Lead(
        topic=world.rng.choice(TOPICS),
        first_name=person.first,
        last_name=person.last,
        email=person.email_at("mail.example") if world.rng.random() < 0.85 else "",
        phone=person.phone,
        city=person.city,
        country=person.country,
        job_title=job,
        buying_role=role,
        lead_source=world.rng.choice(["Trade show", "Partner", "Web"]),
        product=world.rng.choice(world.products),
        do_not_email=world.rng.random() < 0.1,
        created_at=at,
        updated_at=at,
    )
