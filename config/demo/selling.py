"""Leads qualified and dropped, opportunities won and lost: by the services."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from config.demo.clock import Times
from config.demo.tables import CALLS, TOPICS
from config.demo.world import World
from core.journal.services import acting
from crm.models import Account, Activity, Lead
from crm.services.lead_lifecycle import lead_disqualify
from sales.models import Competitor, Currency, ExchangeRate, Opportunity
from sales.services.lead_qualify import lead_qualify
from sales.services.money import currency_save, rate_save
from sales.services.opportunities import (
    opportunity_create,
    opportunity_lose,
    opportunity_update,
    opportunity_win,
)
from sales.services.parts import line_add, rival_add, stakeholder_add

REASONS = ["lost", "cannot_contact", "no_longer_interested", "canceled"]
COMPETITORS = ["Scanworks", "Lagertech", ""]
# What became of an opportunity that is old enough, in a hundred.
WON, LOST = 38, 22
STRAIGHT = 14
STAGES = [("qualify", 3), ("develop", 4), ("propose", 3), ("close", 2)]


def selling(world: World, times: Times) -> None:
    """Close the leads whose fate it is, and sell, in two currencies."""
    _dollars(world)
    for lead in world.leads:
        fate, lead.external_id = lead.external_id, ""
        if not fate:
            continue
        closed = _between(world, lead.sales_ready_at or lead.created_at)
        times.leads[lead.pk] = closed
        if fate == "drop":
            _drop(world, lead)
        else:
            _qualify(world, lead, closed, times)
    for account in world.rng.sample(_kept(world), STRAIGHT):
        _straight(world, account, times)


def _dollars(world: World) -> None:
    """US dollars with a rate a month."""
    rates = ("0.9180", "0.9245", "0.9310", "0.9120", "0.8985", "0.9040", "0.9095")
    with acting(world.users["admin"], "demo"):
        currency, _ = Currency.objects.get_or_create(
            code="USD", defaults={"name": "US dollar"}
        )
        currency_save(currency=currency, values={"active": True})
        for months, rate in enumerate(rates):
            day = (world.now - dt.timedelta(days=30 * months + 1)).date()
            values = {"currency": currency, "day": day, "rate": Decimal(rate)}
            rate_save(rate=ExchangeRate(), values=values)


def _between(world: World, start: dt.datetime) -> dt.datetime:
    span = min(world.now - start, dt.timedelta(days=20))
    return start + span * world.rng.uniform(0.1, 0.9)


def _drop(world: World, lead: Lead) -> None:
    with acting(lead.owner, "demo"):
        _forget_fate(lead)
        lead_disqualify(
            lead_id=lead.pk,
            user=lead.owner,
            status_reason=world.rng.choice(REASONS),
        )


def _forget_fate(lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(external_id="")


def _qualify(world: World, lead: Lead, closed: dt.datetime, times: Times) -> None:
    with_opportunity = world.rng.random() < 0.9
    value = lead.estimated_value or Decimal(9000)
    close = (world.now + dt.timedelta(days=world.rng.randrange(-4, 34))).date()
    with acting(lead.owner, "demo"):
        _forget_fate(lead)
        done = lead_qualify(
            lead_id=lead.pk,
            user=lead.owner,
            create_opportunity=with_opportunity,
            opportunity_values={"estimated_value": value, "estimated_close": close},
            ignore_duplicates=True,
        )
    if done.opportunity_record is not None:
        _sell(world, done.opportunity_record, closed, times)


def _sell(world: World, row: Opportunity, made: dt.datetime, times: Times) -> None:
    """Win it, lose it, or bring it to some stage."""
    luck = world.rng.randrange(100)
    old = (world.now - made).days > 12
    user = row.owner
    ended = made + (world.now - made) * world.rng.uniform(0.25, 0.95)
    times.opportunities[row.pk] = made
    with acting(user, "demo"):
        if old and luck < WON:
            opportunity_win(opportunity_id=row.pk, user=user, closed_at=ended)
        elif old and luck < WON + LOST:
            competitor = world.rng.choice(COMPETITORS)
            opportunity_lose(
                opportunity_id=row.pk,
                user=user,
                status_reason="out_sold" if competitor else "canceled",
                competitor=competitor,
                closed_at=ended,
            )
        elif (stage := world.one_of(STAGES)) != "qualify":
            opportunity_update(
                opportunity_id=row.pk, user=user, values={"stage": stage}
            )


def next_steps(world: World) -> None:
    """What is planned about most open opportunities."""
    subjects = list(CALLS)
    rows = []
    for number, row in enumerate(Opportunity.objects.open().order_by("pk")):
        if number % 4 == 3:
            continue
        subject, kind = subjects[number % len(subjects)]
        due = world.now + dt.timedelta(days=2 + number % 9)
        due = due.replace(hour=9 + number % 7, minute=0, second=0, microsecond=0)
        meeting = kind == Activity.Kind.APPOINTMENT
        rows.append(
            Activity(
                regarding_type="opportunity",
                regarding_id=row.pk,
                contact_id=row.contact_id,
                account_id=row.account_id,
                subject=subject,
                kind=kind,
                due_at=due,
                starts_at=due if meeting else None,
                ends_at=due + dt.timedelta(hours=1) if meeting else None,
                state="scheduled" if meeting else "open",
                owner_id=row.owner_id,
                team_id=row.team_id,
                created_by_id=row.owner_id,
                created_at=world.ago(1),
                updated_at=world.ago(1),
            )
        )
    with acting(world.users["sales_manager"], "demo"):
        Activity.objects.bulk_create(rows)


def _kept(world: World) -> list[Account]:
    return [account for account in world.accounts[1:] if account.owner_id]


def _straight(world: World, account: Account, times: Times) -> None:
    """An opportunity that began without a lead."""
    made = world.sometime(150, 2)
    product = world.rng.choice(world.products)
    currency = "USD" if world.rng.random() < 0.4 else "EUR"
    with acting(account.owner, "demo"):
        row = opportunity_create(
            user=account.owner,
            values={
                "name": world.rng.choice(TOPICS),
                "account": account,
                "contact": account.primary_contact,
                "product": product,
                "estimated_value": Decimal(world.rng.randrange(10, 120) * 500),
                "currency": currency,
                "estimated_close": world.now.date()
                + dt.timedelta(days=world.rng.randrange(1, 40)),
            },
        )
        _parts(world, row)
    _sell(world, row, made, times)


def _parts(world: World, row: Opportunity) -> None:
    """Lines, rivals and people on some."""
    luck = world.rng.random
    if luck() < 0.6:
        for product in world.rng.sample(world.products, world.rng.randrange(1, 4)):
            values = {
                "product": product,
                "quantity": Decimal(world.rng.randrange(1, 25)),
                "discount": Decimal(world.rng.choice([0, 0, 5, 10])),
            }
            line_add(opportunity_id=row.pk, user=row.owner, values=values)
    if luck() < 0.5:
        rival = world.rng.choice([name for name in COMPETITORS if name])
        known = Competitor.objects.filter(name=rival).first()
        known = known or Competitor.objects.create(name=rival)
        rival_add(opportunity_id=row.pk, user=row.owner, competitor=known)
    if row.contact_id and luck() < 0.6:
        values = {"contact": row.contact, "role": "Decision maker"}
        stakeholder_add(opportunity_id=row.pk, user=row.owner, values=values)
