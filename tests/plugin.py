"""Makes the environment of a test run, before pytest-django reads the settings."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only-" + "x" * 50)
os.environ.setdefault("HANDOFF_LOCAL", "1")
