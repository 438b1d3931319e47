"""Makes the environment of a test run, before pytest-django reads the settings.

Where DATABASE_URL or REDIS_URL is not set, throw-away services are started, so that
plain `pytest` works. Workers of pytest-xdist inherit the environment and start nothing.
"""

import contextlib
import os

from core.embedded.suite import throw_away

os.environ.setdefault("SECRET_KEY", "tests-only-" + "x" * 50)
os.environ.setdefault("HANDOFF_LOCAL", "1")

_services = contextlib.ExitStack()
if not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
    os.environ.update(_services.enter_context(throw_away()))
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # pytest-django sets its own


def pytest_unconfigure():
    _services.close()
