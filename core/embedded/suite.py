"""`run.py test`, on services of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.environment import base_environment
from core.embedded.paths import ROOT, Folder
from core.embedded.services import Services

NO_TESTS = 5  # pytest's exit status when nothing was selected


@contextmanager
def throw_away() -> Iterator[dict[str, str]]:
    """Services with fsync off in a temporary folder, gone afterwards."""
    folder = Folder(Path(tempfile.mkdtemp(prefix="handoff-test-")))
    folder.prepare()
    services = Services(folder, durable=False)
    try:
        yield base_environment(folder) | services.start()
    finally:
        services.stop()
        shutil.rmtree(folder.root, ignore_errors=True)


def run_tests(arguments: list[str]) -> int:
    """Run the suite: side by side first, then the `serial` tests on their own cluster.

    `arguments` go to pytest in both. Returns the first failing status.
    """
    marks, rest = split_marks(arguments)
    with throw_away() as environment:
        side_by_side = _pytest(
            environment, f"({marks}) and not serial", ["-n", "2", *rest]
        )
    with throw_away() as environment:
        serial = _pytest(environment, f"({marks}) and serial", rest)
    return verdict(side_by_side, serial, chosen=bool(arguments))


def verdict(side_by_side: int, serial: int, *, chosen: bool) -> int:
    """One exit status for both groups.

    A group may be empty when the caller chose tests, as long as the other is not. Of
    the whole suite only the serial group may be, and only if no test bears the mark.
    """
    for status in (side_by_side, serial):
        if status not in (0, NO_TESTS):
            return status
    if chosen:
        return NO_TESTS if side_by_side == serial == NO_TESTS else 0
    if side_by_side == NO_TESTS or (serial == NO_TESTS and serial_tests_exist()):
        return NO_TESTS
    return 0


def serial_tests_exist() -> bool:
    """Whether any test file uses the `serial` mark."""
    files = (ROOT / "tests").rglob("test_*.py")
    return any("mark.serial" in path.read_text() for path in files)


def split_marks(arguments: list[str]) -> tuple[str, list[str]]:
    """The caller's `-m` expression (everything if none) and the other arguments."""
    rest = list(arguments)
    marks = "serial or not serial"
    while "-m" in rest[:-1]:
        place = rest.index("-m")
        marks = rest[place + 1]
        del rest[place : place + 2]
    return marks, rest


def _pytest(environment: dict[str, str], marks: str, arguments: list[str]) -> int:
    environment = {
        k: v for k, v in environment.items() if k != "DJANGO_SETTINGS_MODULE"
    }
    command = [sys.executable, "-m", "pytest", "-m", marks, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
