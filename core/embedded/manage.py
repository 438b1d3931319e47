"""`run.py manage`: one management command against the folder's database."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys

from core.embedded.environment import base_environment
from core.embedded.paths import ROOT, Folder
from core.embedded.prepare import MIGRATED
from core.embedded.services import Services

UNDOES_MIGRATION = {"migrate", "flush", "reset_db", "sqlflush"}


def manage(arguments: list[str]) -> int:
    """Run `manage.py ARGUMENTS`; return its exit status.

    Where the folder's services run already (the product, or another command), they are
    used; else they run for as long as this command and any others that joined it.
    """
    folder = Folder.from_environment()
    folder.prepare()
    guests = os.open(folder.root / "guests", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(guests, fcntl.LOCK_SH)
    environment = base_environment(folder)
    if arguments[:1] and arguments[0] in UNDOES_MIGRATION:
        folder.keep_note(MIGRATED, "")
    try:
        if not folder.lock():
            environment |= folder.read_state().get("environment", {})
            return _run(arguments, environment)
        return _host(folder, guests, arguments, environment)
    finally:
        os.close(guests)


def _host(
    folder: Folder, guests: int, arguments: list[str], environment: dict[str, str]
) -> int:
    services = Services(folder)
    try:
        started = services.start()
        folder.write_state(kind="manage", pid=os.getpid(), environment=started)
        status = _run(arguments, environment | started)
        fcntl.flock(guests, fcntl.LOCK_EX)  # wait for the commands that joined
        return status
    finally:
        services.stop()
        folder.unlock()


def _run(arguments: list[str], environment: dict[str, str]) -> int:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    child = subprocess.Popen(command, env=environment)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too; let it end by itself
            continue
