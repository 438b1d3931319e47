"""The environment in which the product's processes run."""

from __future__ import annotations

import os

from core.embedded.paths import Folder


def base_environment(folder: Folder) -> dict[str, str]:
    """The caller's environment with what a local installation adds to it."""
    added = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HANDOFF_LOCAL": "1",
        "MEDIA_ROOT": str(folder.media),
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or folder.secret_key(),
    }
    return {**os.environ, **added}
