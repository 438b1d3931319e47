"""Every address of the product with every role; an address nobody thought of fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.routes import ENTRIES, NUMBERED, POSTED, PUBLIC, SHELL

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
ABSENT = 10**15
PARTS = {
    "<int:pk>": str(ABSENT),
    "(?P<pk>[0-9]{1,18})": str(ABSENT),
    "<slug:entity>": "lead",
    "<slug:kind>": "note",
    "<slug:slug>": "nowhere",
    "<slug:key>": "nowhere",
    "<slug:page>": "nowhere",
    "<slug:deed>": "live",
    "<slug:action>": "live",
    "^": "",
    "$": "",
}


def routes(patterns=None, before="/") -> Iterator[tuple[str, str]]:
    """Name and address of every route; the admin proves its own (test_admin)."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        text = before + str(each.pattern)
        if isinstance(each, URLResolver) and text != "/admin/":
            yield from routes(each.url_patterns, text)
        elif isinstance(each, URLPattern):
            yield each.name or text, text


def address(text: str) -> str:
    """A route's address with a record in it that never was."""
    for part, value in PARTS.items():
        text = text.replace(part, value)
    for part in text.split("/"):
        if part.startswith("<int:"):
            text = text.replace(part, str(ABSENT))
        elif part.startswith("<"):
            text = text.replace(part, "nowhere")
    return text


KNOWN = set(ENTRIES) | NUMBERED | PUBLIC
ALL_ROUTES = dict(routes())


def signed_in(client, user):
    client.force_login(user, backend=BACKEND)
    return client


def test_every_route_has_an_expectation():
    """A new route needs a line in tests/access/routes.py."""
    assert set(ALL_ROUTES) - KNOWN == set()
    assert KNOWN - set(ALL_ROUTES) == set()


def test_each_role_enters_where_the_table_says(client, cast):
    entered = {name: set() for name in ENTRIES}
    for role, user in cast.by_role().items():
        browser = signed_in(client, user)
        for name in ENTRIES:
            ask = browser.post if name in POSTED else browser.get
            answer = ask(address(ALL_ROUTES[name]))
            assert answer.status_code in (200, 400, 403, 415, 422), (role, name)
            if answer.status_code != 403:
                entered[name].add(role)
    assert entered == ENTRIES


def test_nobody_enters_by_the_number_of_what_is_not_there(client, cast):
    for role, user in cast.by_role().items():
        browser = signed_in(client, user)
        for name in NUMBERED:
            url = address(ALL_ROUTES[name])
            for ask in (browser.get, browser.post):
                assert ask(url).status_code in (403, 404, 405), (role, name)


def test_strangers_enter_nowhere(client):
    for name in set(ALL_ROUTES) - PUBLIC:
        for ask in (client.get, client.post):
            answer = ask(address(ALL_ROUTES[name]))
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/login/"), name
            else:
                assert answer.status_code in (401, 403, 405), (name, answer)


def test_somebody_without_a_role_reads_nothing(client, cast):
    browser = signed_in(client, cast.nobody)
    for name in (set(ENTRIES) | NUMBERED) - SHELL:
        status = browser.get(address(ALL_ROUTES[name])).status_code
        assert status in (403, 404, 405), (name, status)
