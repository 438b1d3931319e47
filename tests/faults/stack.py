"""The product's own processes on a cluster and a Redis of their own, to be broken."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from core.embedded.environment import base_environment
from core.embedded.network import answers
from core.embedded.paths import ROOT, Folder
from core.embedded.prepare import collect_static, run_command
from core.embedded.processes import kill_group, stop_together
from core.embedded.serve import programs
from core.embedded.services import Postgres, Valkey

ALL = ("web", "bell", "jobs", "beat")


class Cluster:
    """PostgreSQL and Redis with a migrated database to copy from."""

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root)
        self.folder.prepare()
        self.postgres = Postgres(self.folder, durable=False)
        self.postgres.start()
        self.valkey = Valkey(self.folder, self.postgres.sockets, durable=True)
        self.valkey.start()
        environment = self.environment("handoff")
        collect_static(environment)
        run_command(["migrate", "-v", "0"], environment)

    def environment(self, database: str) -> dict[str, str]:
        return {
            **base_environment(self.folder),
            "DATABASE_URL": self.postgres.url(database),
            "REDIS_URL": self.valkey.url(),
            "CACHE_URL": self.valkey.url(1),
        }

    def copy(self, name: str, template: str = "handoff") -> str:
        """A new database with everything that is in the template."""
        copied = self.postgres._client("createdb", "-T", template, name, database=None)
        assert copied.returncode == 0, copied.stderr
        return name

    def stop(self) -> None:
        stop_together([self.valkey.service])
        stop_together([self.postgres.service])
        shutil.rmtree(self.folder.root, ignore_errors=True)

    # Faults of Redis ---------------------------------------------------------------

    def redis_flush(self) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.valkey.socket))
            line.sendall(b"FLUSHALL\r\n")
            assert line.recv(100).startswith(b"+OK")

    def redis_kill(self) -> None:
        process = self.valkey.service.process
        kill_group(process.pid)
        process.wait(10)

    def redis_start(self) -> None:
        self.valkey.start()


class Stack:
    """The processes of `run.py` on one database, each started and killed by name."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self.cluster = cluster
        self.environment = cluster.environment(database)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        started = programs(
            cluster.folder, self.environment, self.environment, self.listener
        )
        self.programs = {program.name: program for program in started}

    def start(self, *names: str) -> None:
        for name in names:
            self.programs[name].start()
        if "web" in names:
            eventually(lambda: answers(f"{self.url}healthz"), "the web server is up")

    def kill(self, name: str) -> None:
        """SIGKILL the process and its children: nothing is tidied up."""
        process = self.programs[name].process
        kill_group(process.pid)
        process.wait(10)

    def revive(self) -> list[str]:
        """Start again what fell over, as the launcher and Docker do; its names."""
        fallen = [p for p in self.programs.values() if p.process and not p.alive()]
        for program in fallen:
            program.start()
        return [program.name for program in fallen]

    def stop(self) -> None:
        for program in self.programs.values():
            program.grace = 5.0
            if program.name in ("bell", "jobs"):
                program.stop_signal = signal.SIGQUIT
        stop_together(list(self.programs.values()))
        self.listener.close()

    def logs(self) -> str:
        return "\n".join(
            f"== {name}\n{program.log.read_text()[-2000:]}"
            for name, program in self.programs.items()
            if program.log.exists()
        )

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def http(self, method, path, body=None, headers=None):
        """One request; the status and the text of the answer, whatever it is."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(
            self.url + path.lstrip("/"),
            data,
            {**kind, **(headers or {})},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def eventually(holds, what: str, seconds: float = 30.0) -> float:
    """Wait until something holds; gives the seconds it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - begun
