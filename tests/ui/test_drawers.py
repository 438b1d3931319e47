"""A side panel opened by its own address comes with the shell."""

from __future__ import annotations

import pytest

from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(client, cast):
    client.force_login(cast.admin, backend="django.contrib.auth.backends.ModelBackend")
    lead = LeadFactory()
    return f"/leads/{lead.pk}/qualify/"


def test_panel_by_itself_is_a_page(client, address):
    page = client.get(address).content.decode()
    assert page.lower().count("<!doctype html>") == 1
    assert page.count("data-drawer-close") >= 1
    assert 'id="drawer"' in page


def test_panel_for_htmx_stays_a_fragment(client, address):
    page = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<!doctype" not in page.lower()
    assert "data-drawer-close" in page
