"""One contact with a life: two leads, one won and one open, for two products."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from config.demo.behaviour import entry, visit
from config.demo.clock import Times
from config.demo.tables import SITE
from config.demo.world import World
from core.journal.models import Entry
from core.journal.services import NewEntry, acting, record_many
from crm.models import Contact, Lead
from crm.services.activities import activity_log, note_add
from marketing.models import Form, Page
from marketing.services.matching import submission_match
from marketing.services.submissions import submission_store
from sales.services.lead_qualify import lead_qualify
from sales.services.opportunities import opportunity_win
from scoring.services.run import score_leads

FIRST, LAST = "Maartje", "van den Berg"


def begin(world: World, times: Times) -> Contact:
    """The contact, and the first lead: ring scanners, sold."""
    contact = _contact(world)
    seller = world.users["seller1"]
    lead = _lead(world, contact, "Ring scanners for the night shift", 1, 190)
    times.leads[lead.pk] = world.ago(176)
    with acting(None, "demo"):
        record_many(
            [
                visit(contact, "/products/ring-scanner/", "Ring scanner RX5",
                      at=world.ago(192)),
                visit(contact, "/pricing/", "Pricing", at=world.ago(191)),
                entry("email.opened", contact, world.ago(184),
                      {"name": "Spring launch"}),
            ]
        )  # fmt: skip
    with acting(seller, "demo"):
        done = lead_qualify(
            lead_id=lead.pk,
            user=seller,
            opportunity_values={
                "estimated_value": Decimal(16800),
                "estimated_close": world.ago(140).date(),
            },
            ignore_duplicates=True,
        )
        assert done.opportunity_record is not None, "qualified with an opportunity"
        opportunity_id = done.opportunity_record.pk
        times.opportunities[opportunity_id] = world.ago(176)
        opportunity_win(
            opportunity_id=opportunity_id,
            user=seller,
            actual_value=Decimal(15960),
            closed_at=world.ago(142),
            note="Forty pieces, delivered in two parts.",
        )
    return contact


def _contact(world: World) -> Contact:
    account, seller = world.accounts[0], world.users["seller1"]
    at = world.ago(210)
    with acting(seller, "demo"):
        contact = Contact.objects.create(
            first_name=FIRST,
            last_name=LAST,
            email="m.vandenberg@koopman-logistics.example",
            phone="+31 10 555 0142",
            mobile_phone="+31 6 5550 0142",
            job_title="Head of operations",
            buying_role="Decision maker",
            company_name=account.name,
            account=account,
            city=account.city,
            country=account.country,
            language="nl",
            relationship="Customer",
            consent_level=5,
            tags=["Key account"],
            owner=seller,
            team=seller.team,
            created_by=seller,
            created_at=at,
            updated_at=at,
        )
        account.primary_contact = contact
        account.relationship = "Customer"
        account.save(update_fields=["primary_contact", "relationship"])
    return contact


def _lead(
    world: World, contact: Contact, topic: str, product: int, days: float
) -> Lead:
    seller = world.users["seller1"]
    at = world.ago(days)
    with acting(world.users["integration"], "demo"):
        return Lead.objects.create(
            topic=topic,
            first_name=contact.first_name,
            last_name=contact.last_name,
            email=contact.email,
            phone=contact.phone,
            city=contact.city,
            country=contact.country,
            job_title=contact.job_title,
            buying_role=contact.buying_role,
            company_name=contact.company_name,
            industry="Logistics",
            lead_source="Web",
            parent_contact=contact,
            parent_account=contact.account,
            product=world.products[product],
            estimated_value=Decimal(37500),
            owner=seller,
            team=seller.team,
            created_at=at,
            updated_at=at,
        )


def go_on(world: World, times: Times, contact: Contact) -> None:
    """The second lead: pick by light, open; its score jumps as things happen."""
    lead = _lead(world, contact, "Pick by light for aisles 4 to 9", 4, 24)
    times.ready[lead.pk] = world.ago(1)
    _step(world, times, lead, 20, [
        visit(contact, "/products/pick-by-light/", "Pick by light", at=world.ago(20)),
        visit(contact, "/stories/nordhavn/", "How Nordhavn counts stock in an hour",
              at=world.ago(20)),
    ])  # fmt: skip
    _form(world, times, contact, 11)
    _step(world, times, lead, 11, [])
    _call(world, times, lead)
    _consent(world, times, contact)
    _step(world, times, lead, 1, [
        visit(contact, "/pricing/", "Pricing", at=world.ago(5)),
        visit(contact, "/pricing/", "Pricing", at=world.ago(2)),
        visit(contact, "/pricing/", "Pricing", at=world.ago(1)),
        entry("email.clicked", contact, world.ago(6),
              {"name": "Invitation to Warehouse Day"}, SITE),
    ])  # fmt: skip


def _step(
    world: World, times: Times, lead: Lead, days: float, found: list[NewEntry]
) -> None:
    """Something happens and the score follows: dated to when it happened."""
    before = _last_entry()
    with acting(None, "demo"):
        record_many(found)
        score_leads(lead_ids=[lead.pk])
    made = Entry.objects.filter(pk__gt=before, lead_id=lead.pk)
    for pk in made.exclude(name="lead.created").values_list("pk", flat=True):
        times.entries[pk] = world.ago(days)


def _last_entry() -> int:
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _form(world: World, times: Times, contact: Contact, days: float) -> None:
    page = Page.objects.select_related("form").get(slug="warehouse-day")
    form = page.form
    assert isinstance(form, Form), "the page went live with its form"
    before = _last_entry()
    row = submission_store(
        form_id=form.pk,
        page_id=page.pk,
        values={
            "email": contact.email,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
        },
    )
    type(row).objects.filter(pk=row.pk).update(received_at=world.ago(days))
    submission_match(submission_id=row.pk, wait=True)
    for pk in Entry.objects.filter(pk__gt=before).values_list("pk", flat=True):
        times.entries[pk] = world.ago(days)


def _call(world: World, times: Times, lead: Lead) -> None:
    seller = world.users["seller1"]
    with acting(seller, "demo"):
        done: Any = {"state": "completed", "outcome": "Reached"}
        call = activity_log(
            regarding_type="lead",
            regarding_id=lead.pk,
            user=seller,
            subject="Talked about aisles and labels",
            kind="phone_call",
            duration_minutes=14,
            **done,
        )
        note = note_add(
            regarding_type="lead",
            regarding_id=lead.pk,
            user=seller,
            body="Six aisles, 2,400 places. Wants figures from a site like theirs "
            "before the board meets.",
        )
        planned = activity_log(
            regarding_type="lead",
            regarding_id=lead.pk,
            user=seller,
            subject="Call Maartje: rent or purchase",
            kind="phone_call",
            due_at=(world.now + dt.timedelta(days=0)).replace(hour=20, minute=30),
        )
    at = world.ago(9, hours=4)
    times.rows += [
        ("crm_activity", call.pk, at),
        ("crm_activity", planned.pk, at),
        ("crm_note", note.pk, at),
    ]


def _consent(world: World, times: Times, contact: Contact) -> None:
    """No more bulk email, said on the phone."""
    before = _last_entry()
    contact.refresh_from_db()
    with acting(world.users["seller1"], "demo"):
        contact.do_not_bulk_email = True
        contact.save(update_fields=["do_not_bulk_email"])
    for pk in Entry.objects.filter(pk__gt=before).values_list("pk", flat=True):
        times.entries[pk] = world.ago(9, hours=3)
