"""The OpenAPI schema: valid, without warnings, and changed only on purpose.

After a wanted change: HANDOFF_SNAPSHOT=1 python -m pytest tests/api/test_schema.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.management import call_command

SNAPSHOT = Path(__file__).parent / "openapi.yml"


@pytest.mark.django_db
def test_schema_is_valid_and_as_it_was_agreed(tmp_path):
    made = tmp_path / "openapi.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    if os.environ.get("HANDOFF_SNAPSHOT"):
        SNAPSHOT.write_text(made.read_text())
    assert made.read_text() == SNAPSHOT.read_text(), (
        "The API changed. If that is meant: "
        "HANDOFF_SNAPSHOT=1 python -m pytest tests/api/test_schema.py"
    )


@pytest.mark.django_db
def test_docs_and_schema_are_served_to_whoever_may_call(api, cast, client):
    assert api(cast.ann).get("/api/docs/").status_code == 200
    assert api(cast.ann).get("/api/schema/").status_code == 200
    assert client.get("/api/schema/").status_code in (401, 403)
