"""What must be true before the web server starts: tables, static files, first data."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from core.embedded.install import exclusive
from core.embedded.paths import ROOT, Folder
from core.embedded.processes import StartError, die_with_parent

APPS = (
    "config",
    "core",
    "crm",
    "segments",
    "scoring",
    "workflows",
    "marketing",
    "sales",
)
MIGRATED = "migrated"
DEMO = "demo"


def prepare(
    folder: Folder, environment: dict[str, str], stopping: threading.Event
) -> bool:
    """Migrate, collect static files, load demonstration data; skip what is done.

    Returns whether the demonstration data is there. Raises StartError.
    """
    collect_static(environment)
    new = not folder.note(MIGRATED)
    if "DATABASE_URL" in os.environ or folder.note(MIGRATED) != code_hash():
        print("Preparing the database ...", flush=True)
        folder.keep_note(MIGRATED, "")
        run_command(["migrate", "-v", "0"], environment)
        folder.keep_note(MIGRATED, code_hash())
    if stopping.is_set():
        return False
    if new and wants_demo():
        print("Loading demonstration data ...", flush=True)
        run_command(["demo"], environment)
        folder.keep_note(DEMO, "loaded")
    return bool(folder.note(DEMO))


def wants_demo() -> bool:
    """Whether a first start loads demonstration data."""
    shipped = ROOT / "config" / "management" / "commands" / "demo.py"
    return os.environ.get("HANDOFF_DEMO", "1") != "0" and shipped.exists()


def run_command(arguments: list[str], environment: dict[str, str]) -> None:
    """Run one management command to its end; raises StartError with its output."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    if result.returncode:
        end = "\n".join(result.stdout.splitlines()[-25:])
        raise StartError(f"manage.py {arguments[0]} failed:\n{end}")


def collect_static(environment: dict[str, str]) -> None:
    """Collect static files once for each state of the sources."""
    with exclusive(ROOT):
        stamp = ROOT / "staticfiles" / ".stamp"
        wanted = tree_hash([ROOT / "static", ROOT / "requirements"])
        if stamp.exists() and stamp.read_text() == wanted:
            return
        print("Collecting static files ...", flush=True)
        run_command(["collectstatic", "--noinput", "--clear", "-v", "0"], environment)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted)


def code_hash() -> str:
    """A hash of all our code: shipped rows change with code, not only migrations."""
    return tree_hash([ROOT / "requirements", *(ROOT / app for app in APPS)], ".py")


def tree_hash(folders: list[Path], suffix: str = "") -> str:
    """A hash over the names and contents of all files below `folders`."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob(f"*{suffix}")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(str(path.relative_to(ROOT)).encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
