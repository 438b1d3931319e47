"""The launcher as a person uses it: real processes, real services, real signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from core.embedded.paths import ROOT

pytestmark = pytest.mark.serial
OURS = ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "SECRET_KEY", "MEDIA_ROOT", "PORT")


def environment(data, **extra):
    kept = {k: v for k, v in os.environ.items() if k not in OURS}
    return {**kept, "HANDOFF_DATA": str(data), "HANDOFF_DEMO": "0", **extra}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def descendants(pid):
    """All processes below `pid`, as (pid, start time): numbers alone are reused."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(
            (int(stat.parent.name), fields[19])
        )
    found, below = [], [pid]
    while below:
        children = parents.get(below.pop(), [])
        found += children
        below += [child for child, _ in children]
    return found


def alive(process):
    pid, begun = process
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return False
    return fields[19] == begun and fields[0] != "Z"


def gone(processes, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(map(alive, processes)):
            return True
        time.sleep(0.1)
    return False


class Product:
    """One `run.py` (its second stage: the environment is the one of the tests)."""

    def __init__(self, data):
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.embedded", "serve"],
            cwd=ROOT,
            env=environment(self.data, PORT=str(self.port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_ready(self):
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Handoff is ready"):
                assert line.strip() == f"Handoff is ready at {self.url}"
                return
        raise AssertionError("".join(lines))

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.status, answer.read().decode()

    def end(self, number):
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.process.stdout.close()
        return status


def manage(data, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "core.embedded", "manage", *arguments],
        cwd=ROOT,
        env=environment(data),
        capture_output=True,
        text=True,
        check=False,
    )


COUNT = "from core.access.models import User; print(User.objects.count())"
MAKE = (
    "from core.access.models import User; User.objects.create_user(username='kept-one')"
)


def test_two_at_once_killed_and_stopped(tmp_path):
    one, two = Product(tmp_path / "one"), Product(tmp_path / "two")
    one.wait_until_ready()
    two.wait_until_ready()
    assert json.loads(one.get("readyz")[1])["ready"]
    assert json.loads(two.get("readyz")[1])["ready"]

    # A command reaches the running database, and only that of its folder.
    made = manage(one.data, "shell", "-v", "0", "-c", MAKE)
    assert made.returncode == 0, made.stderr
    assert manage(one.data, "shell", "-v", "0", "-c", COUNT).stdout.strip() == "1"
    assert manage(two.data, "shell", "-v", "0", "-c", COUNT).stdout.strip() == "0"

    # A second start on the folder is told so; nothing happens to the first.
    again = subprocess.run(
        [sys.executable, "run.py"],
        cwd=ROOT,
        env=environment(one.data, PORT=str(free_port())),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert "already running" in again.stderr
    assert one.url in again.stderr

    # Killed outright: nothing stays behind, and the next start finds everything.
    children = descendants(one.process.pid)
    assert len(children) > 6
    one.end(signal.SIGKILL)
    one.start()
    one.wait_until_ready()
    assert gone(children)
    assert manage(one.data, "shell", "-v", "0", "-c", COUNT).stdout.strip() == "1"

    # A worker that dies is started again.
    [bell] = [
        child
        for child in descendants(one.process.pid)
        if b"\0bell@%h\0" in Path(f"/proc/{child[0]}/cmdline").read_bytes()
        and Path(f"/proc/{child[0]}/stat").read_text().split(")")[1].split()[1]
        == str(one.process.pid)
    ]
    os.kill(bell[0], signal.SIGKILL)
    for line in one.process.stdout:
        if line.strip() == "bell stopped; starting it again.":
            break
    assert one.get("healthz") == (200, "ok")

    # Asked to stop: everything ends in order, the database cleanly.
    for product, number in ((one, signal.SIGINT), (two, signal.SIGTERM)):
        children = descendants(product.process.pid)
        assert product.end(number) == 0
        assert gone(children, 1)
        assert not (product.data / "running.json").exists()
        log = (product.data / "logs" / "postgres.log").read_text()
        assert log.rstrip().endswith("database system is shut down")

    # With nothing running, a command starts the services for itself.
    alone = manage(one.data, "shell", "-v", "0", "-c", COUNT)
    assert alone.stdout.strip() == "1", alone.stderr
    assert not (one.data / "running.json").exists()


def test_a_taken_port_is_said_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        started = subprocess.run(
            [sys.executable, "run.py"],
            cwd=ROOT,
            env=environment(tmp_path / "data", PORT=str(port)),
            capture_output=True,
            text=True,
            check=False,
        )
    assert started.returncode == 1
    assert f"Port {port} is already in use" in started.stderr
    assert "Traceback" not in started.stderr
    assert not (tmp_path / "data").exists()


def test_services_named_by_the_environment_are_used_and_nothing_is_started(tmp_path):
    given = {k: os.environ[k] for k in ("DATABASE_URL", "REDIS_URL")}
    shown = subprocess.run(
        [sys.executable, "-m", "core.embedded", "manage", "check"],
        cwd=ROOT,
        env=environment(tmp_path / "data", **given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert not (tmp_path / "data" / "postgres").exists()
    assert list((tmp_path / "data" / "valkey").iterdir()) == []


def test_an_unknown_command_is_explained():
    started = subprocess.run(
        [sys.executable, "run.py", "bogus"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 2
    assert "python3 run.py manage" in started.stderr
