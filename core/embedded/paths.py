"""The data folder of one installation: what lies where, and who is using it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SOCKET_PATH_LIMIT = 100  # bytes; the system's limit is 104 on macOS, 108 on Linux


class FolderError(Exception):
    """The data folder cannot be used; the text says why."""


class Folder:
    """Where the embedded services of one installation keep everything."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.postgres = root / "postgres"
        self.valkey = root / "valkey"
        self.logs = root / "logs"
        self.media = root / "media"
        self.metrics = root / "metrics"
        self._state = root / "running.json"
        self._lock: int | None = None

    @classmethod
    def from_environment(cls) -> Folder:
        """The folder named by HANDOFF_DATA, else `.local` beside `run.py`."""
        named = os.environ.get("HANDOFF_DATA")
        return cls(Path(named).expanduser().resolve() if named else ROOT / ".local")

    def prepare(self) -> None:
        """Make the folder and its parts, closed to other users."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self.logs, self.valkey, self.media):
                part.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise FolderError(
                f"The data folder {self.root} cannot be used: {error.strerror}. "
                "Choose another one with HANDOFF_DATA."
            ) from error

    # Who is using it ------------------------------------------------------------

    def lock(self, seconds: float = 0.5) -> bool:
        """Become the one process that runs services here; False if another does.

        Tries for `seconds`, because asking `locked()` holds the lock for a moment.
        """
        handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + seconds
        while not _flock(handle):
            if time.monotonic() > end:
                os.close(handle)
                return False
            time.sleep(0.05)
        self._lock = handle
        return True

    def locked(self) -> bool:
        """Whether some process runs services here now."""
        try:
            handle = os.open(self.root / "lock", os.O_RDWR)
        except OSError:
            return False
        free = _flock(handle)
        os.close(handle)
        return not free

    def unlock(self) -> None:
        """Give the folder back, leaving no trace of a run."""
        self._state.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_state(self, **state: Any) -> None:
        """Record what runs here, for `manage` and for the next start."""
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps(state))
        draft.replace(self._state)

    def read_state(self) -> dict[str, Any]:
        """What was last recorded; empty if nothing, or nothing readable."""
        try:
            state = json.loads(self._state.read_text())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def running(self) -> dict[str, Any] | None:
        """The record of the process that runs services here now, if one does."""
        return self.read_state() if self.locked() else None

    def crashed(self) -> bool:
        """Whether the last run ended without tidying up."""
        return bool(self.read_state()) and not self.locked()

    # What is kept in it ---------------------------------------------------------

    def secret_key(self) -> str:
        """The installation's SECRET_KEY, made once and readable by its owner only."""
        path = self.root / "secret_key"
        if not path.exists():
            draft = self.root / f"secret_key.{os.getpid()}"
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(50))
            draft.replace(path)
        return path.read_text().strip()

    def note(self, name: str) -> str:
        """The text of a small stamp kept in the folder, or an empty text."""
        path = self.root / name
        return path.read_text() if path.exists() else ""

    def keep_note(self, name: str, text: str) -> None:
        """Write a stamp; an empty text removes it."""
        path = self.root / name
        if text:
            path.write_text(text)
        else:
            path.unlink(missing_ok=True)

    def sockets(self, owner: tuple[int, int] | None) -> Path:
        """The folder of the sockets, open to their owner only.

        It lies in the data folder, unless the path is too long for a socket or the
        user that PostgreSQL runs as (`owner`) could not get there.
        """
        inside = self.root / "run"
        if (
            owner is None
            and len(os.fsencode(inside)) + len("/.s.PGSQL.5432.lock")
            <= SOCKET_PATH_LIMIT
        ):
            return private_folder(inside, owner)
        key = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        name = f"handoff-{os.geteuid()}-{key}"
        return private_folder(Path(tempfile.gettempdir()) / name, owner)


def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def private_folder(path: Path, owner: tuple[int, int] | None) -> Path:
    """Make `path` a real folder of mode 0700 that belongs to `owner` (or to us).

    Raises FolderError when somebody else put something else there.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    wanted = {os.geteuid()} | ({owner[0]} if owner else set())
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in wanted:
        raise FolderError(f"{path} exists and belongs to somebody else; remove it.")
    path.chmod(0o700)
    if owner:
        os.chown(path, *owner)
    return path
