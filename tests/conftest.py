"""What every test may use: a database, and the cast."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import connection
from rest_framework.test import APIClient

from core.access.models import Team, User
from tests.factories import TeamFactory, UserFactory
from tests.template import template_database

ROOMS = {"core", "crm", "segments", "scoring", "workflows", "marketing", "sales"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Every test database begins as a copy of a migrated one."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template_database()


@dataclass
class Cast:
    """A small fixed company.

    Europe has the teams Benelux (ben, and below it Antwerp) and Nordics (carl). The
    sales manager leads Europe, ann and the marketing manager are in Marketing.
    """

    admin: User
    ann: User
    marketing_manager: User
    sales_manager: User
    ben: User
    carl: User
    integration: User
    reader: User
    nobody: User
    europe: Team
    benelux: Team
    nordics: Team
    marketing: Team

    def by_role(self) -> dict[str, User]:
        """One user a role, by the key of the role."""
        return {
            "administrator": self.admin,
            "marketing_manager": self.marketing_manager,
            "marketer": self.ann,
            "sales_manager": self.sales_manager,
            "salesperson": self.ben,
            "integration": self.integration,
            "read_only": self.reader,
        }


@pytest.fixture
def cast(db) -> Cast:
    europe = TeamFactory(name="Europe")
    benelux = TeamFactory(name="Benelux", parent=europe)
    nordics = TeamFactory(name="Nordics", parent=europe)
    marketing = TeamFactory(name="Marketing")
    people = {
        "admin": ("administrator", None),
        "ann": ("marketer", marketing),
        "marketing_manager": ("marketing_manager", marketing),
        "sales_manager": ("sales_manager", europe),
        "ben": ("salesperson", benelux),
        "carl": ("salesperson", nordics),
        "integration": ("integration", None),
        "reader": ("read_only", None),
    }
    users = {
        name: UserFactory(username=name, team=team, roles=[role])
        for name, (role, team) in people.items()
    }
    return Cast(
        **users,
        nobody=UserFactory(username="nobody"),
        europe=europe,
        benelux=benelux,
        nordics=nordics,
        marketing=marketing,
    )


@pytest.fixture
def api(cast):
    """`api(user)` is a client of the API signed in as this user."""

    def client(user: User) -> APIClient:
        signed_in = APIClient()
        signed_in.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return signed_in

    return client
