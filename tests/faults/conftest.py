"""One cluster for all faults; each test breaks processes on a database of its own."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from django.db import connections

from core.api.services import token_create
from tests.factories import UserFactory
from tests.faults.stack import Cluster, Stack

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster():
    made = Cluster(Path(tempfile.mkdtemp(prefix="handoff-faults-")))
    yield made
    made.stop()


class Databases:
    """Which database of the cluster this process itself talks to."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.settings = connections.settings["default"]
        self.before = {k: self.settings[k] for k in ("NAME", "USER", "HOST", "PORT")}
        self.name = ""

    def use(self, name):
        connections["default"].close()
        self.settings.update(
            NAME=name, USER="handoff", HOST=str(self.cluster.postgres.sockets), PORT=""
        )
        self.name = name

    def new(self):
        """A fresh database, from now on the one that is used."""
        self.use(self.cluster.copy(f"fault_{next(_numbers)}"))

    def copied(self):
        """A copy of the one in use, which stays in use."""
        connections["default"].close()
        return self.cluster.copy(f"fault_{next(_numbers)}", template=self.name)

    def restore(self):
        connections["default"].close()
        self.settings.update(self.before)


@pytest.fixture
def databases(cluster, django_db_blocker):
    """The ORM of this process works on a fresh database of the cluster."""
    with django_db_blocker.unblock():
        found = Databases(cluster)
        found.new()
        yield found
        found.restore()


@pytest.fixture
def stack(cluster, databases, request):
    """The product's processes on the fresh database; none of them runs yet."""
    found = Stack(cluster, databases.name)
    failed = request.session.testsfailed
    yield found
    connections["default"].close()
    found.stop()
    if request.session.testsfailed > failed:
        print(found.logs())
    if not cluster.valkey.service.alive():
        cluster.redis_start()
    cluster.redis_flush()


@pytest.fixture
def admin(databases):
    return UserFactory(username="root", roles=["administrator"], is_superuser=False)


@pytest.fixture
def token(admin):
    """The header with which an administrator's calls are signed."""
    return {"Authorization": f"Token {token_create(user=admin)[1]}"}
