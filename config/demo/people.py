"""Who works here, and what they work with: users, teams, products, campaigns, tags."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from config.demo.tables import (
    CAMPAIGNS,
    ORGANISATION,
    PEOPLE,
    PRODUCTS,
    TAGS,
    TEAMS,
)
from config.demo.world import World
from core.access.models import Role, Team, User
from core.base.models import Organisation
from core.embedded.demo import PASSWORD
from crm.models import Campaign, Product, Tag


def people(world: World) -> None:
    """Teams as a tree, and the users who may sign in."""
    for name, above in TEAMS.items():
        world.teams[name] = Team.objects.create(
            name=name, parent=world.teams.get(above)
        )
    # Hashed once: the password is known to everybody anyway.
    password = make_password(PASSWORD)
    roles = {role.key: role for role in Role.objects.all()}
    for username, (first, last, job, team, role) in PEOPLE.items():
        user = User.objects.create(
            username=username,
            first_name=first,
            last_name=last,
            job_title=job,
            email=f"{username.replace('_', '.')}@northlight.example",
            phone="+31 10 555 0100",
            team=world.teams[team],
            password=password,
            is_staff=True,
            is_superuser=username == "admin",
        )
        user.roles.add(roles[role])
        world.users[username] = user


def catalogue(world: World) -> None:
    """The organisation, and what it sells and does."""
    Organisation.current()
    Organisation.objects.filter(pk=1).update(
        name=ORGANISATION, time_zone="Europe/Amsterdam", currency="EUR"
    )
    world.products = Product.objects.bulk_create(
        Product(name=name, code=code, family=family, price=Decimal(price))
        for name, code, family, price in PRODUCTS
    )
    Tag.objects.bulk_create(Tag(name=name, colour=colour) for name, colour in TAGS)
    today = world.now.date()
    made = Campaign.objects.bulk_create(
        Campaign(
            name=name,
            code=code,
            kind=kind,
            status=status,
            starts_on=today + dt.timedelta(days=first),
            ends_on=today + dt.timedelta(days=last),
            budget=Decimal(budget),
            owner=world.users["marketer"],
            team=world.teams["Marketing"],
        )
        for name, code, kind, status, first, last, budget in CAMPAIGNS
    )
    world.campaigns = {campaign.name: campaign for campaign in made}
