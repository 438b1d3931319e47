"""Child processes that never outlive the launcher, started and stopped in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LOG_BYTES = 5_000_000


class StartError(Exception):
    """A service did not come up; the text names its log."""


def die_with_parent(number: int) -> Callable[[], None] | None:
    """What a child calls to get signal `number` when the launcher dies (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def arm() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return arm


@dataclass
class Service:
    """One process: how to start it, how to stop it, and its present incarnation."""

    name: str
    command: list[str]
    log: Path
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM
    grace: float = 20.0  # seconds between the stop signal and SIGKILL
    options: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches only the launcher."""
        _rotate(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death_signal),
                **self.options,
            )
        self.starts.append(time.monotonic())

    def alive(self) -> bool:
        """Whether its process is running."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal; `wait` then sees it through."""
        if self.process and self.alive():
            self.process.send_signal(self.stop_signal)

    def wait(self, end: float) -> None:
        """Wait until `end` (monotonic), then kill the whole group."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            kill_group(self.process.pid)
            self.process.wait()
        self.process = None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready`; raises StartError when it dies or takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return
            if not self.alive():
                break
            time.sleep(0.05)
        raise StartError(
            f"{self.name} did not start. Its log ({self.log}) ends:\n{tail(self.log)}"
        )


def kill_group(pid: int) -> None:
    """SIGKILL a child's whole session; it may be gone already."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _rotate(log: Path) -> None:
    """Keep one old log of at most a start's length, so that logs stay small."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    if not path.exists():
        return "(empty)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def stop_together(services: list[Service]) -> None:
    """Ask all of `services` to stop, then wait for each within its own grace."""
    begun = time.monotonic()
    for service in services:
        service.ask_to_stop()
    for service in services:
        service.wait(begun + service.grace)
