"""One migrated database of which every test database is a copy.

Migrating takes many times longer than copying. The copy's origin is named after what
the migrations say, so that changed ones make a new one; older ones are dropped.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "handoff_template_"
LOCK = 7_260_113  # of whoever makes it; the others wait


def template_database() -> str:
    """The name of the migrated database, made by the first who asks for it."""
    name = PREFIX + _state()
    with closing(_maintenance()) as server, server.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database")
        there = {row[0] for row in cursor.fetchall()}
        if name not in there:
            _make(cursor, name, there)
    return name


def _state() -> str:
    """What the migrated database depends on, as a short text."""
    found = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes())
    for path in sorted(ROOT.glob("*/**/migrations/*.py")):
        found.update(f"\n{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _maintenance() -> Any:
    server = psycopg2.connect(
        **connection.get_connection_params() | {"dbname": "postgres"}
    )
    server.autocommit = True
    return server


def _make(cursor: Any, name: str, there: set[str]) -> None:
    draft = f"{name}_draft"
    for old in there:
        if old.startswith(PREFIX):
            cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{draft}"')
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{draft}")
    environment = os.environ | {
        "DATABASE_URL": address.geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The migrations fail:\n{done.stdout}{done.stderr}")
    cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
