"""What load balancers and monitoring see."""

import pytest
from django.core.checks import run_checks
from django.db import OperationalError, connection

from config import health
from core.base.checks import database_fits

pytestmark = [pytest.mark.django_db, pytest.mark.smoke]


def test_healthz_answers_without_looking_at_anything(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.content == b"ok"


def test_readyz_is_ready_on_a_migrated_database(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    checks = answer.json()["checks"]
    assert set(checks) == {"database", "migrations", "redis", "journal"}
    assert all(check["ok"] for check in checks.values())
    assert checks["journal"]["lag_entries"] >= 0


def test_probes_ask_by_address_and_in_plain_http(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    for path in ("/healthz", "/readyz"):
        assert client.get(path, HTTP_HOST="10.1.2.3:8000").status_code == 200
    assert client.get("/login/", HTTP_HOST="10.1.2.3:8000").status_code == 400


def test_readyz_says_503_without_the_database_and_names_no_host(client, monkeypatch):
    def broken():
        raise OperationalError("connection to server at secret-host failed")

    monkeypatch.setattr(health, "_database", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["checks"]["database"]["problem"] == "OperationalError"
    assert b"secret-host" not in answer.content


def test_readyz_stays_ready_without_redis(client, settings, monkeypatch):
    def broken():
        raise ConnectionError("refused")

    monkeypatch.setattr(health, "_redis", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["redis"]["ok"] is False


def test_readyz_says_503_while_migrations_are_missing(client, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'crm'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "not applied" in answer.json()["checks"]["migrations"]["problem"]


@pytest.mark.parametrize("path", ["/metrics", "/status"])
def test_figures_are_for_this_machine_or_the_bearer_of_the_token(
    client, settings, path
):
    assert client.get(path).status_code == 200
    assert client.get(path, REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get(path, HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 403
    settings.METRICS_TOKEN = "long-and-random"
    far = {"REMOTE_ADDR": "192.0.2.7"}
    right = client.get(path, HTTP_AUTHORIZATION="Bearer long-and-random", **far)
    wrong = client.get(path, HTTP_AUTHORIZATION="Bearer other", **far)
    assert (right.status_code, wrong.status_code) == (200, 403)


def test_an_empty_token_opens_nothing(client, settings):
    settings.METRICS_TOKEN = ""
    answer = client.get(
        "/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer "
    )
    assert answer.status_code == 403


def test_status_counts_what_waits(client):
    status = client.get("/status").json()
    assert status["failed_events"] == 0
    assert set(status["queues"]) == {"bell", "jobs"}


def test_this_database_passes_the_system_check():
    assert database_fits(app_configs=None, databases=["default"]) == []
    assert not [m for m in run_checks(databases=["default"]) if m.is_serious()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.serial
def test_a_database_that_folds_only_ascii_is_refused():
    settings = connection.settings_dict
    mine = settings["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE DATABASE handoff_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' "
            "LOCALE 'C'"
        )
    connection.close()
    settings["NAME"] = "handoff_ascii"
    try:
        [problem] = database_fits(app_configs=None, databases=["default"])
        assert problem.id == "base.E002"
    finally:
        connection.close()
        settings["NAME"] = mine
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE handoff_ascii")
