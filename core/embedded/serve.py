"""`run.py`: start everything, say where it is, keep it running, stop it in order."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from types import FrameType

from core.embedded import demo
from core.embedded.environment import base_environment
from core.embedded.install import already_running
from core.embedded.network import (
    HOST,
    answers,
    bind_patiently,
    explain_port,
    wanted_port,
)
from core.embedded.paths import ROOT, Folder, FolderError
from core.embedded.prepare import prepare
from core.embedded.processes import Service, StartError, stop_together, tail
from core.embedded.services import Services

RESTARTS_PER_MINUTE = 5
READY_SECONDS = 90.0


def serve() -> int:
    """Run the product until it is told to stop; return the exit status."""
    folder = Folder.from_environment()
    folder.prepare()
    take_folder(folder)
    try:
        crashed = bool(folder.read_state())
        port = wanted_port()
        try:
            listener = bind_patiently(port, 20.0 if crashed else 1.0)
        except OSError as error:
            raise StartError(explain_port(port, error)) from error
        with listener:
            return Stack(folder, listener).run()
    finally:
        folder.unlock()


def take_folder(folder: Folder) -> None:
    """Lock the folder; waits for a management command that still uses it."""
    if folder.lock():
        return
    state = folder.read_state()
    if state.get("kind") == "serve":
        raise FolderError(already_running(folder, state))
    print("Waiting for a management command to end ...", flush=True)
    if not folder.lock(30):
        raise FolderError(
            f"A management command (process {state.get('pid')}) still uses "
            f"{folder.root}."
        )


class Stack:
    """Everything that runs for one data folder, and its watchman."""

    def __init__(self, folder: Folder, listener: socket.socket) -> None:
        self.folder = folder
        self.listener = listener
        self.url = f"http://{HOST}:{listener.getsockname()[1]}/"
        self.services = Services(folder)
        self.programs: list[Service] = []
        self.stopping = threading.Event()

    def run(self) -> int:
        """Start, supervise, stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)
        environment = base_environment(self.folder)
        try:
            environment |= self.services.start()
            self._record(environment)
            with_demo = prepare(self.folder, environment, self.stopping)
            if self.stopping.is_set():
                return 0
            self._start_programs(environment)
            if not self._wait_until_ready():
                return 0
            self._announce(with_demo)
            return self._watch()
        finally:
            self._stop()

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():  # asked twice: hurry
            for service in self.programs:
                service.grace = 1.0
        self.stopping.set()

    def _record(self, environment: dict[str, str]) -> None:
        kept = ("DATABASE_URL", "REDIS_URL", "CACHE_URL")
        self.folder.write_state(
            kind="serve",
            pid=os.getpid(),
            url=self.url,
            environment={k: environment[k] for k in kept if k in environment},
        )

    def _start_programs(self, environment: dict[str, str]) -> None:
        shutil.rmtree(self.folder.metrics, ignore_errors=True)
        self.folder.metrics.mkdir(mode=0o700)
        metrics = {"PROMETHEUS_MULTIPROC_DIR": str(self.folder.metrics)}
        self.programs = programs(
            self.folder, {**environment, **metrics}, environment, self.listener
        )
        for program in self.programs:
            program.start()

    def _wait_until_ready(self) -> bool:
        """Whether /readyz answered 200; False when told to stop meanwhile."""
        end = time.monotonic() + READY_SECONDS
        while not answers(f"{self.url}readyz"):
            if self.stopping.wait(0.1):
                return False
            web = self.programs[0]
            if not web.alive() or time.monotonic() > end:
                raise StartError(
                    f"The web server is not ready. Its log ({web.log}) ends:\n"
                    f"{tail(web.log)}"
                )
        return True

    def _announce(self, with_demo: bool) -> None:
        print(f"Handoff is ready at {self.url}", flush=True)
        if with_demo:
            print("\n".join(demo.sign_in_lines()), flush=True)
        print("Ctrl-C stops everything.", flush=True)

    def _watch(self) -> int:
        """Restart what falls over, until told to stop or it falls too often."""
        while not self.stopping.wait(0.5):
            for service in [*self.services.running(), *self.programs]:
                if service.alive():
                    continue
                if self._falls_too_often(service):
                    print(
                        f"{service.name} keeps stopping; its log ({service.log}) ends:"
                        f"\n{tail(service.log)}",
                        file=sys.stderr,
                    )
                    return 1
                print(f"{service.name} stopped; starting it again.", flush=True)
                service.start()
        print("Stopping ...", flush=True)
        return 0

    def _falls_too_often(self, service: Service) -> bool:
        minute_ago = time.monotonic() - 60
        recent = [moment for moment in service.starts if moment > minute_ago]
        return len(recent) > RESTARTS_PER_MINUTE

    def _stop(self) -> None:
        """Beat first, then web and workers (running tasks end), the services last."""
        beat = [service for service in self.programs if service.name == "beat"]
        stop_together(beat)
        stop_together([s for s in self.programs if s not in beat])
        self.services.stop()


def programs(
    folder: Folder,
    web_environment: dict[str, str],
    environment: dict[str, str],
    listener: socket.socket,
) -> list[Service]:
    """Web server, the two workers and beat, not started yet (the web server first)."""
    python = [sys.executable, "-m"]
    handle = listener.fileno()
    web = [*python, "gunicorn", "-c", "config/gunicorn.py", "-b", f"fd://{handle}"]
    celery = [*python, "celery", "-A", "config", "-q"]
    bell = [*celery, "worker", "-Q", "bell", "-n", "bell@%h", "-c", "2"]
    jobs = [*celery, "worker", "-Q", "jobs", "-n", "jobs@%h", "-c", "2"]
    quiet = ["--without-gossip", "--without-mingle", "-l", "WARNING"]
    beat = [
        *celery,
        "beat",
        "-S",
        "celery.beat:Scheduler",
        "--pidfile=",
        "-l",
        "WARNING",
    ]
    commands = {
        "web": web,
        "bell": [*bell, *quiet],
        "jobs": [*jobs, *quiet],
        "beat": beat,
    }
    services = []
    for name, command in commands.items():
        chosen = web_environment if name == "web" else environment
        options = {"cwd": ROOT, "env": chosen}
        if name == "web":
            options["pass_fds"] = (handle,)
        cold = signal.SIGTERM if name in ("web", "beat") else signal.SIGQUIT
        log = folder.logs / f"{name}.log"
        services.append(Service(name, command, log, death_signal=cold, options=options))
    return services
