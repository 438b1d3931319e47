"""A list narrowed by a query tree ends in time, and says so where it could not."""

import json

import pytest

from core.ui import lists
from core.ui.querying import Conditions
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("part", ["", "counts"])
def test_a_tree_that_takes_too_long_is_told_and_finds_nothing(
    client, cast, monkeypatch, part
):
    ContactFactory(last_name="Slowcoach")
    narrow = Conditions.narrow

    def slowly(self, rows, user):
        rows = narrow(self, rows, user)
        return rows.extra(where=["pg_sleep(0.3) IS NOT NULL"]) if self.query else rows

    monkeypatch.setattr(Conditions, "narrow", slowly)
    monkeypatch.setattr(lists, "QUERY_MS", 50)
    client.force_login(cast.admin)
    tree = {"field": "last_name", "op": "eq", "value": "Slowcoach"}
    query = {"query": json.dumps({"from": "contact", "where": tree}), "part": part}
    answer = client.get("/contacts/", query)
    assert answer.status_code == 200
    if not part:
        assert b"takes too long" in answer.content
        assert b"Slowcoach</" not in answer.content
