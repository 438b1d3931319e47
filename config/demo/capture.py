"""A landing page with its form, and what came in through it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from config.demo.tables import COMPANIES
from config.demo.world import World, plain
from core.journal.services import acting
from crm.models import Contact
from marketing.models import Form, Page, Submission
from marketing.services.forms import form_go_live, form_save, page_go_live, page_save
from marketing.services.matching import submission_match
from marketing.services.submissions import submission_store

NEW_PEOPLE, KNOWN_PEOPLE = 18, 12
# Answers that no list knows: the industry is spelled in words of the visitor's own.
ODD_INDUSTRIES = ("Cold storage", "Wholesale flowers")

_INDUSTRIES = ("Logistics", "Retail", "Food and beverage", "Manufacturing")


def _field(name: str, label: str, target: str = "", **more: Any) -> dict[str, Any]:
    target = target or name
    return {"name": name, "label": label, "contact": target, "lead": target, **more}


FIELDS: list[dict[str, Any]] = [
    _field("email", "Email", kind="email", required=True),
    _field("first_name", "First name", required=True),
    _field("last_name", "Last name", required=True),
    _field("company", "Company", "company_name"),
    _field("phone", "Phone", kind="phone"),
    {
        "name": "industry",
        "label": "Industry",
        "kind": "select",
        "lead": "industry",
        "options": [
            {"value": value, "label": value}
            for value in (*_INDUSTRIES, *ODD_INDUSTRIES)
        ],
    },
    {
        "name": "no_newsletter",
        "label": "Do not send me newsletters",
        "kind": "checkbox",
        "contact": "do_not_bulk_email",
        "lead": "do_not_bulk_email",
    },
]

CONTENT = """
<h1>Warehouse Day</h1>
<p>One day among real shelves: pick by light, ring scanners with gloves on, freezer
terminals at -28 degrees. Bring your picking lists; we count the errors together.</p>
<ul><li>Guided picking from ten o'clock</li><li>Questions to people who run three
shifts</li><li>Soup at noon</li></ul>
<div data-form></div>
<p>Rotterdam, gate 4. The day costs nothing.</p>
"""


def capture(world: World) -> None:
    """Publish form and page, and take in what people sent."""
    user = world.users["marketer"]
    own: dict[str, Any] = {"owner": user, "team": user.team}
    with acting(user, "demo"):
        form = form_save(
            Form(),
            name="Warehouse Day registration",
            fields=FIELDS,
            submit_label="Save me a place",
            success_text="Your place is saved. We write to you a week before.",
            **own,
        )
        form_go_live(form)
        page = page_save(
            Page(),
            title="Warehouse Day: try it before you buy it",
            slug="warehouse-day",
            content=CONTENT,
            description="Scanners and pick by light, in a warehouse that works.",
            form=form,
            topic="Warehouse Day",
            lead_source="Web",
            campaign=world.campaigns["Warehouse Day"],
            product=world.products[4],
            consent_level=4,
            **own,
        )
        page_go_live(page)
    for values, at in _answers(world):
        _send(form, page, values, at)


def _answers(world: World) -> list[tuple[dict[str, Any], dt.datetime]]:
    found = [(_new(world), world.sometime(40, 0)) for _ in range(NEW_PEOPLE)]
    reachable = [c for c in world.contacts if c.email and not c.is_child]
    known = world.rng.sample(reachable, KNOWN_PEOPLE)
    found += [(_known(contact), world.sometime(40, 0)) for contact in known]
    for number, industry in enumerate(ODD_INDUSTRIES):
        values = _new(world) | {"industry": industry}
        found.append((values, world.ago(1 + number, hours=3)))
    return sorted(found, key=lambda each: each[1])


def _new(world: World) -> dict[str, Any]:
    country = world.rng.choice(list(COMPANIES))
    person = world.person(country)
    company = world.rng.choice(COMPANIES[country].split("|")).split("/")[0]
    return {
        "email": person.email_at(f"{plain(company)}.example"),
        "first_name": person.first,
        "last_name": person.last,
        "company": company,
        "phone": person.phone,
        "industry": world.rng.choice(_INDUSTRIES),
    }


def _known(contact: Contact) -> dict[str, Any]:
    return {
        "email": contact.email.upper(),
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.company_name,
        "phone": contact.phone,
    }


def _send(form: Form, page: Page, values: dict[str, Any], at: dt.datetime) -> None:
    row = submission_store(
        form_id=form.pk,
        page_id=page.pk,
        values=values,
        referrer="https://news.example/logistics",
        utm={"utm_source": "newsletter"},
    )
    Submission.objects.filter(pk=row.pk).update(received_at=at)
    submission_match(submission_id=row.pk, wait=True)
    Submission.objects.filter(pk=row.pk).update(processed_at=at)
