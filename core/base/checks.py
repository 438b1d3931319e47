"""System checks: a database that would fold or sort text wrongly is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connections

OLDEST_POSTGRES = 150000


def database_fits(
    *,
    app_configs: Sequence[AppConfig] | None,
    databases: Iterable[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """PostgreSQL 15 or newer, UTF8, and a lower() that knows letters beyond ASCII.

    Runs with `migrate` and `check --database default`: two queries a database.
    """
    problems: list[CheckMessage] = []
    for alias in databases or ():
        problems += _database_problems(alias)
    return problems


def _database_problems(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, "
            "pg_encoding_to_char(encoding) FROM pg_database "
            "WHERE datname = current_database()"
        )
        version, encoding = cursor.fetchone()
        problems: list[CheckMessage] = []
        if version < OLDEST_POSTGRES:
            problems.append(Error("PostgreSQL 15 or newer is needed.", id="base.E001"))
        if encoding != "UTF8":
            problems.append(_wrong_locale(f"Its encoding is {encoding}.", "base.E002"))
            return problems
        cursor.execute("SELECT lower('Ä') = 'ä'")
        if not cursor.fetchone()[0]:
            problems.append(_wrong_locale("lower('Ä') is not 'ä'.", "base.E003"))
    return problems


def _wrong_locale(fault: str, name: str) -> Error:
    return Error(
        f"The database was not created for text in all languages. {fault}",
        hint="Create it with: createdb -T template0 -E UTF8 -l C.UTF-8 NAME",
        id=name,
    )
