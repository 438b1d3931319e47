"""Trees sent to hurt are refused with the reason, or answered, at every door."""

from __future__ import annotations

import json
import time

import pytest
from django.db import connection

from core.api import base
from core.query.errors import QueryError, QueryTimeout
from core.query.guard import evaluating
from core.query.language import validate
from segments.services import preview
from tests.factories import ContactFactory
from tests.query.hostile import HOSTILE

pytestmark = pytest.mark.django_db
PREVIEW = "/api/v1/segments/preview/"
COUNTS = "/api/v1/segments/counts/"
CONTACTS = "/api/v1/contacts/"
# What the doors refuse before a tree is read: nesting, length, size of the body.
AT_THE_DOOR = {(None, "parse_error"), ("query", "invalid"), (None, "too_large")}


@pytest.fixture
def short_of_time(monkeypatch):
    """Give a question half a second, so that what is given up costs little here."""
    monkeypatch.setattr(preview, "PREVIEW_MS", 500)
    monkeypatch.setattr(base, "QUERY_TIMEOUT_MS", 500)


def ask(client, tree):
    """The answers of the three doors that take a tree from anybody."""
    yield client.post(PREVIEW, {"definition": tree}, format="json")
    yield client.post(COUNTS, {"definition": tree}, format="json")
    yield client.get(CONTACTS, {"query": json.dumps(tree)})


@pytest.mark.parametrize("case", [case for case in HOSTILE if case.code], ids=str)
def test_a_hostile_tree_is_refused_with_the_reason(case, api, cast):
    with pytest.raises(QueryError) as caught:
        validate(case.tree, ends_on="contact")
    assert (caught.value.path, caught.value.code) == (case.path, case.code)
    for answer in ask(api(cast.ann), case.tree):
        assert answer.status_code in (400, 413), answer.content[:500]
        error = answer.json()["errors"][0]
        expected = {(case.path or None, case.code), *AT_THE_DOOR}
        assert (error["attr"], error["code"]) in expected
        assert error["detail"]


@pytest.mark.parametrize("case", [case for case in HOSTILE if not case.code], ids=str)
def test_a_dear_tree_is_answered_or_given_up(case, api, cast, short_of_time):
    ContactFactory(city="Rome")
    for answer in ask(api(cast.ann), case.tree):
        too_long = answer.status_code == 400 and b"at most 20,000" in answer.content
        assert answer.status_code in (200, 422) or too_long, answer.content[:500]


def test_text_that_is_no_tree_is_refused_at_the_door(api, cast):
    client = api(cast.ann)
    for text in ("[" * 100_000, "{" * 10, "x" * 100_000, '{"from": "contact"'):
        answer = client.get(CONTACTS, {"query": text})
        assert answer.status_code == 400, text[:10]


def test_the_time_is_for_all_statements_together(db):
    """Many questions inside one, each quick, end where one slow one would."""
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        _sleep_for_ever(300)
    assert time.monotonic() - started < 5, "a hundred sleeps take longer"


def _sleep_for_ever(milliseconds):
    with evaluating(milliseconds), connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT pg_sleep(0.05)")


def test_settings_are_put_back_for_what_follows(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
    with evaluating(2_000), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.15)")
        cursor.execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before
