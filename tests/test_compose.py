"""The image and the services of production, read and held against the product.

No container engine runs here, so what can be wrong without one is checked: services,
commands, settings that nobody reads, durability of Redis, health checks.
"""

import re
import shlex
import socket
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from core.embedded.paths import Folder
from core.embedded.serve import programs

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "bell", "jobs", "beat")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SOURCES = "\n".join(path.read_text() for path in (ROOT / "config").glob("*.py"))
# Read by programs that are not ours.
OTHERS = {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_INITDB_ARGS"}


def command(name):
    return shlex.split(SERVICES[name]["command"])


def test_everything_that_runs_is_there():
    assert set(SERVICES) == {*OURS, "postgres", "redis"}
    assert {SERVICES[name]["image"] for name in OURS} == {"handoff"}


@pytest.mark.parametrize("name", [n for n in OURS if n != "migrate"])
def test_commands_are_those_of_the_launcher(name, tmp_path):
    """What runs in production is what runs on every developer's machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        local = {
            p.name: p.command for p in programs(Folder(tmp_path), {}, {}, listener)
        }
    ours = _comparable(command(name))
    theirs = _comparable(local[name][2:])  # without `python -m`
    assert ours == theirs


def _comparable(words):
    """Without what differs for a reason: log level, address, quietness."""
    text = " ".join(words)
    return re.sub(r" (-l \w+|-b \S+|-q)\b", "", text)


@pytest.mark.parametrize("name", ["bell", "jobs"])
def test_each_queue_has_its_worker(name):
    words = command(name)
    assert words[words.index("-Q") + 1] == name
    assert SERVICES[name]["environment"]["WORKER"] == name
    routes = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routes | {settings.CELERY_TASK_DEFAULT_QUEUE} == {"bell", "jobs"}


def test_every_variable_is_read_by_the_settings():
    named = set(re.findall(r"(?m)^([A-Z_]+)=", EXAMPLE))
    for name in OURS:
        named |= set(SERVICES[name].get("environment", {}))
    named |= set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    unread = {n for n in named - OTHERS - {"WORKER"} if f'"{n}"' not in SOURCES}
    assert not unread


def test_what_has_no_default_is_in_the_example():
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"):
        assert re.search(rf"(?m)^{name}=", EXAMPLE)


def test_redis_keeps_and_never_evicts():
    words = command("redis")
    assert words[words.index("--appendonly") + 1] == "yes"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert "redis:/data" in SERVICES["redis"]["volumes"]


def test_the_database_knows_all_letters():
    given = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert "--encoding=UTF8" in given
    assert "--locale=C.UTF-8" in given
    assert int(SERVICES["postgres"]["image"].split(":")[1]) >= 15


def test_nothing_starts_before_what_it_needs():
    for name in set(OURS) - {"migrate"}:
        needs = SERVICES[name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["postgres"]["condition"] == "service_healthy"
        assert needs["redis"]["condition"] == "service_healthy"
    for name in ("web", "bell", "jobs", "postgres", "redis"):
        assert SERVICES[name]["healthcheck"]["test"]


def test_every_volume_is_declared():
    used = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])


def test_only_the_web_server_is_reachable_and_only_from_this_machine():
    open_ports = {name: s["ports"] for name, s in SERVICES.items() if "ports" in s}
    assert open_ports == {"web": ["127.0.0.1:8000:8000"]}


def test_the_image_installs_the_lock_and_runs_as_nobody_special():
    assert "--require-hashes" in DOCKERFILE
    assert "requirements/runtime.txt" in DOCKERFILE
    assert re.search(r"(?m)^USER handoff$", DOCKERFILE)
    copied = re.findall(r"(?m)^COPY (?!--from)(?:--\S+ )?(\S+) ", DOCKERFILE)
    assert all((ROOT / source).exists() for source in copied)


def test_secrets_and_data_stay_out_of_the_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", ".local", "media"} <= set(ignored)
