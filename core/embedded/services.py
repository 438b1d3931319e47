"""The embedded PostgreSQL and Valkey of one data folder."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.embedded import binaries
from core.embedded.paths import Folder, FolderError, private_folder
from core.embedded.processes import Service, StartError, stop_together

DATABASE = USER = "handoff"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


def unprivileged(folder: Path) -> tuple[int, int] | None:
    """Who PostgreSQL runs as when we are root, which it refuses (None = as we are)."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:  # made by an earlier start
        return folder.stat().st_uid, folder.stat().st_gid
    account = pwd.getpwnam("nobody")
    return account.pw_uid, account.pw_gid


class Postgres:
    """One PostgreSQL cluster on a socket in a closed folder (so `trust` is safe)."""

    def __init__(self, folder: Folder, *, durable: bool = True) -> None:
        self.folder = folder
        self.data = folder.postgres
        self.owner = unprivileged(self.data)
        self.sockets = folder.sockets(self.owner)
        self.programs = binaries.postgres_folder()
        if self.owner:
            self.programs = binaries.reachable_copy(self.programs, self.owner)
        self.settings = SETTINGS | ({} if durable else THROW_AWAY)
        self.service = self._service()

    def url(self, database: str = DATABASE) -> str:
        """The DATABASE_URL of a database of this cluster."""
        return (
            f"postgres://{USER}@/{database}?host={quote(str(self.sockets), safe='/')}"
        )

    def start(self) -> None:
        """Start, creating cluster and database if missing; raises StartError."""
        private_folder(self.data, self.owner)
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self._check_version()
        self._wait_for_predecessor()
        self.service.start()
        self.service.wait_until(self.ready, 60)
        self.create_database(DATABASE)

    def create_database(self, name: str, *, anew: bool = False) -> None:
        """Make a database where it is missing; `anew`, in place of the one there is."""
        if anew:
            self._client("dropdb", "--if-exists", name, database=None)
        if self._client("psql", "-Atqc", "select 1", database=name).returncode:
            created = self._client("createdb", name, database=None)
            if created.returncode:
                raise StartError(created.stderr)

    def ready(self) -> bool:
        """Whether it takes connections."""
        return self._client("pg_isready", "-q", database="postgres").returncode == 0

    def _service(self) -> Service:
        settings = self.settings | {"unix_socket_directories": str(self.sockets)}
        flags = [f"--{name}={value}" for name, value in settings.items()]
        return Service(
            "postgres",
            [str(self.programs / "postgres"), "-D", self._data_argument(), *flags],
            self.folder.logs / "postgres.log",
            stop_signal=signal.SIGINT,  # fast shutdown: roll back, disconnect, stop
            death_signal=signal.SIGINT,
            grace=60,
            options=self._identity(),
        )

    def _data_argument(self) -> str:
        """How PostgreSQL finds its data.

        As root it runs as another user, who perhaps cannot walk the path to the data
        (below a home of mode 0700). It is started inside the folder instead.
        """
        if self.owner and sys.platform.startswith("linux"):
            return "/proc/self/cwd"
        return str(self.data)

    def _identity(self) -> dict[str, Any]:
        home = str(self.sockets)
        locale = "C.UTF-8" if sys.platform.startswith("linux") else "en_US.UTF-8"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        environment = {**kept, "HOME": home, "LC_ALL": locale}
        identity: dict[str, Any] = {"cwd": self.data, "env": environment}
        if self.owner:
            user, group = self.owner
            identity |= {"user": user, "group": group, "extra_groups": []}
        return identity

    def _initdb(self) -> None:
        locale = self._identity()["env"]["LC_ALL"]
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", f"--locale={locale}", "-N"]
        command = [str(self.programs / "initdb"), "-D", self._data_argument(), *options]
        made = self._run(command)
        if made.returncode:
            raise StartError(f"PostgreSQL could not create its data:\n{made.stderr}")

    def _check_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text().split(".")[0])
        found = binaries.major_version(self.programs)
        if made_by != found:
            raise FolderError(
                f"{self.data} was made by PostgreSQL {made_by}, but version {found} is "
                "installed. Dump and restore it with that version, or choose another "
                "HANDOFF_DATA."
            )

    def _wait_for_predecessor(self, seconds: float = 60) -> None:
        """Let a server whose launcher was killed finish its shutdown."""
        end = time.monotonic() + seconds
        while pid := self._predecessor():
            if not sys.platform.startswith("linux"):  # nothing else tells it to stop
                os.kill(pid, signal.SIGINT)
            if time.monotonic() > end:
                raise StartError(f"PostgreSQL (process {pid}) still uses {self.data}.")
            time.sleep(0.1)

    def _predecessor(self) -> int | None:
        """The process named by postmaster.pid, if it lives and is PostgreSQL."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        command = ["ps", "-o", "comm=", "-p", str(pid)]
        if Path(f"/proc/{pid}/comm").exists():
            return pid if "postgres" in Path(f"/proc/{pid}/comm").read_text() else None
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return pid if "postgres" in shown.stdout else None

    def _client(
        self, program: str, *arguments: str, database: str | None
    ) -> subprocess.CompletedProcess[str]:
        where = ["-h", str(self.sockets), "-U", USER]
        named = ["-d", database] if database else []
        return self._run([str(self.programs / program), *where, *named, *arguments])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, **self._identity()
        )


class Valkey:
    """One Valkey (or Redis) server on a socket, append-only and never evicting."""

    def __init__(self, folder: Folder, sockets: Path, *, durable: bool = True) -> None:
        self.socket = sockets / "valkey.sock"
        append = "yes" if durable else "no"
        flags = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": ".",
            "--save": "",
            "--appendonly": append,
            "--maxmemory-policy": "noeviction",
        }
        command = [str(binaries.redis_server())]
        for flag, value in flags.items():
            command += [flag, value]
        log = folder.logs / "valkey.log"
        where = {"cwd": folder.valkey}
        self.service = Service("valkey", command, log, grace=15, options=where)

    def url(self, database: int = 0) -> str:
        """The REDIS_URL of a numbered database of this server."""
        return f"unix://{self.socket}?db={database}"

    def start(self) -> None:
        """Start it and wait for its socket; raises StartError."""
        self.socket.unlink(missing_ok=True)
        self.service.start()
        self.service.wait_until(self.socket.exists, 30)


class Services:
    """The services one run needs: those the environment does not name."""

    def __init__(self, folder: Folder, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    def start(self) -> dict[str, str]:
        """Start what is needed; return the environment that points to it.

        Raises StartError, FolderError or MissingService; then nothing is left running.
        """
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> dict[str, str]:
        environment = {}
        if "DATABASE_URL" not in os.environ:
            self.postgres = Postgres(self.folder, durable=self.durable)
            self.postgres.start()
            environment["DATABASE_URL"] = self.postgres.url()
        if "REDIS_URL" not in os.environ:
            sockets = (
                self.postgres.sockets if self.postgres else self.folder.sockets(None)
            )
            self.valkey = Valkey(self.folder, sockets, durable=self.durable)
            self.valkey.start()
            environment["REDIS_URL"] = self.valkey.url()
            environment["CACHE_URL"] = self.valkey.url(1)
        return environment

    def running(self) -> list[Service]:
        """The services started here, in the order of their start."""
        return [part.service for part in (self.postgres, self.valkey) if part]

    def stop(self) -> None:
        """Stop them in the reverse order and remove their sockets' folder."""
        for service in reversed(self.running()):
            stop_together([service])
        for part in (self.valkey, self.postgres):
            if isinstance(part, Postgres):
                _remove_empty(part.sockets)
            elif part:
                part.socket.unlink(missing_ok=True)
                _remove_empty(part.socket.parent)
        self.postgres = self.valkey = None


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # the other service's socket is still in it
        return
