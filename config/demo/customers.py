"""Accounts with their people, people whom only marketing knows, a child."""

from __future__ import annotations

from decimal import Decimal

from config.demo.tables import COMPANIES, COUNTRIES, JOBS
from config.demo.world import Person, World, plain
from core.journal.services import acting
from crm.models import Account, Contact

MARKETING_ONLY = 120


def customers(world: World) -> None:
    """Companies, and the people who work there."""
    rows = [
        _account(world, country, *line.split("/"))
        for country, lines in COMPANIES.items()
        for line in lines.split("|")
    ]
    with acting(world.users["sales_manager"], "demo"):
        world.accounts = Account.objects.bulk_create(rows)
        people = [_at(world, a) for a in world.accounts for _ in range(_staff(world))]
        world.contacts = Contact.objects.bulk_create(people)
        _primary(world)
    with acting(world.users["integration"], "demo"):
        known = [_known_to_marketing(world) for _ in range(MARKETING_ONLY)]
        world.contacts += Contact.objects.bulk_create(known)
    _family(world)


def _staff(world: World) -> int:
    return world.one_of([(1, 2), (2, 4), (3, 3), (4, 2)])


def _account(world: World, country: str, name: str, industry: str) -> Account:
    rng = world.rng
    prefix, _, _, cities = COUNTRIES[country]
    keeper = world.keeper(country)
    domain = f"{plain(name)}.example"
    employees = rng.choice([18, 35, 60, 90, 140, 220, 380, 650, 1200])
    return Account(
        name=name,
        industry=industry,
        relationship=rng.choice(["Customer", "Prospect", "Prospect"]),
        city=rng.choice(cities.split("|")),
        country=country,
        phone=f"{prefix} {rng.randrange(1000, 9999)}",
        website=f"https://{domain}",
        email=f"info@{domain}",
        email_domain=domain,
        number_of_employees=employees,
        annual_revenue=Decimal(employees * rng.randrange(90, 260) * 1000),
        tags=["Key account"] if employees > 600 else [],
        owner=keeper,
        team=keeper.team if keeper else world.teams["Europe"],
        created_by=world.users["sales_manager"],
        **_stamps(world, 500, 60),
    )


def _at(world: World, account: Account) -> Contact:
    person = world.person(account.country)
    return _contact(
        world,
        person,
        account.email_domain,
        account=account,
        company_name=account.name,
        owner=account.owner,
        team=account.team,
        relationship=account.relationship,
        created_by=account.owner,
        **_stamps(world, 400, 20),
    )


def _known_to_marketing(world: World) -> Contact:
    """Somebody who left an address: at a fair, for a guide, by a form."""
    country = world.rng.choice(list(COUNTRIES))
    person = world.person(country)
    line = world.rng.choice(COMPANIES[country].split("|")).split("/")[0]
    return _contact(
        world,
        person,
        world.rng.choice(["mail.example", "post.example", "inbox.example"]),
        company_name=line if world.rng.random() < 0.5 else "",
        marketing_only=True,
        source_type="import",
        owner=world.users["marketer"],
        team=world.teams["Marketing"],
        tags=["Visited the stand"] if world.rng.random() < 0.3 else [],
        **_stamps(world, 300, 3),
    )


def _contact(world: World, person: Person, domain: str, **values: object) -> Contact:
    job, role = world.rng.choice(JOBS)
    return Contact(
        first_name=person.first,
        last_name=person.last,
        email=person.email_at(domain),
        phone=person.phone,
        city=person.city,
        country=person.country,
        job_title=job,
        buying_role=role,
        consent_level=world.one_of([(0, 2), (3, 3), (4, 4), (5, 2)]),
        do_not_bulk_email=world.rng.random() < 0.07,
        do_not_email=world.rng.random() < 0.03,
        do_not_phone=world.rng.random() < 0.04,
        **values,
    )


def _stamps(world: World, first: float, last: float) -> dict[str, object]:
    at = world.sometime(first, last)
    return {"created_at": at, "updated_at": at}


def _primary(world: World) -> None:
    """Each account's first person is its primary contact."""
    first: dict[int | None, Contact] = {}
    for contact in world.contacts:
        first.setdefault(contact.account_id, contact)
    for account in world.accounts:
        account.primary_contact = first.get(account.pk)
    Account.objects.bulk_update(world.accounts, ["primary_contact"])


def _family(world: World) -> None:
    """A pupil who signed up for a guided tour, with the parent who allowed it."""
    parent = next(
        c for c in world.contacts if c.country == "Denmark" and not c.marketing_only
    )
    today = world.now.date()
    with acting(world.users["marketer"], "demo"):
        world.contacts.append(
            Contact.objects.create(
                first_name="Emil",
                last_name=parent.last_name,
                email=f"emil.{plain(parent.last_name)}@mail.example",
                city=parent.city,
                country=parent.country,
                is_child=True,
                guardian=parent,
                birth_date=today.replace(year=today.year - 14, month=5, day=3),
                marketing_only=True,
                consent_level=1,
                do_not_bulk_email=True,
                description="Guided tour for schools at Warehouse Day.",
                owner=world.users["marketer"],
                team=world.teams["Marketing"],
                **_stamps(world, 60, 30),
            )
        )
