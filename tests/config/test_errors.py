"""What an address that is not there and a fault of ours answer, and what is logged."""

from __future__ import annotations

import logging

import pytest
from django.conf import settings

from crm.api.views import LeadViewSet

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["leads/abc/", "imports//", "nothing/", "leads/1/nothing/"]
)
def test_the_api_says_not_found_in_its_own_shape(api, cast, path):
    answer = api(cast.admin).get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "client_error",
        "errors": [{"code": "not_found", "detail": "Not found.", "attr": None}],
    }


def test_a_page_that_is_not_there_is_a_page(client, cast):
    client.force_login(cast.ann)
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_a_fault_of_ours_is_told_and_logged(api, cast, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise RuntimeError("a bug")

    monkeypatch.setattr(LeadViewSet, "list", fail)
    client = api(cast.admin)
    client.raise_request_exception = False
    answer = client.get("/api/v1/leads/")
    assert answer.status_code == 500
    assert answer.json()["type"] == "server_error"
    assert "a bug" not in answer.content.decode()
    assert "RuntimeError: a bug" in caplog.text


def test_the_log_goes_to_standard_error_also_in_production():
    root = settings.LOGGING["root"]
    assert root["handlers"] == ["stderr"]
    assert settings.LOGGING["handlers"]["stderr"]["class"] == "logging.StreamHandler"
    assert logging.getLogger("django.request").isEnabledFor(logging.ERROR)
