"""`run.py bench`: benchmarks on a durable cluster of their own, kept between runs.

What lies in `benchmarks/` runs on a database that is empty but for its tables, made
anew each time; what lies in `benchmarks/big/` on the big data set, one database a
size, loaded by the first that needs it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.environment import base_environment
from core.embedded.paths import ROOT, Folder
from core.embedded.prepare import collect_static, run_command
from core.embedded.services import Services

SIZES = "1m"  # HANDOFF_BENCH_SIZE: one, or several with commas between
EMPTY = "handoff_empty"


def bench(names: list[str]) -> int:
    """Run the benchmarks (all, or those named); return the worst status."""
    found = benchmarks()
    unknown = set(names) - {path.stem for path in found}
    if unknown:
        have = ", ".join(path.stem for path in found)
        print(
            f"There is no benchmark {', '.join(sorted(unknown))}. There are: {have}.",
            file=sys.stderr,
        )
        return 1
    chosen = [path for path in found if not names or path.stem in names]
    with _services() as (services, environment):
        if services is None:
            return 1
        return max(
            _run(path, size, _on(services, environment, path, size))
            for path in chosen
            for size in _sizes(path)
        )


def benchmarks() -> list[Path]:
    """Every benchmark, the small ones first."""
    folder = ROOT / "benchmarks"
    paths = [*sorted(folder.glob("*.py")), *sorted((folder / "big").glob("*.py"))]
    return [path for path in paths if path.stem != "__init__"]


def _is_big(path: Path) -> bool:
    return path.parent.name == "big"


def _sizes(path: Path) -> list[str]:
    """The sizes a benchmark runs at; the small ones have none."""
    if not _is_big(path):
        return [""]
    return os.environ.get("HANDOFF_BENCH_SIZE", SIZES).split(",")


@contextmanager
def _services() -> Iterator[tuple[Services | None, dict[str, str]]]:
    folder = Folder.from_environment()
    folder.prepare()
    folder = Folder(folder.root / "bench")
    folder.prepare()
    if not folder.lock():
        print(f"Benchmarks already run on {folder.root}.", file=sys.stderr)
        yield None, {}
        return
    services = Services(folder)
    try:
        environment = base_environment(folder) | services.start()
        collect_static(environment)  # pages are asked for too
        yield services, environment
    finally:
        services.stop()
        folder.unlock()


def _on(
    services: Services, environment: dict[str, str], path: Path, size: str
) -> dict[str, str]:
    """The environment of a benchmark, with its database migrated.

    A DATABASE_URL given from outside is used as it is, for all.
    """
    environment = {**environment, "PYTHONPATH": os.fspath(ROOT)}
    if size:
        environment["HANDOFF_BENCH_SIZE"] = size
    if services.postgres is not None:
        name = f"handoff_{size}" if size else EMPTY
        services.postgres.create_database(name, anew=not size)
        environment["DATABASE_URL"] = services.postgres.url(name)
    run_command(["migrate", "-v", "0"], environment)
    return environment


def _run(path: Path, size: str, environment: dict[str, str]) -> int:
    print(f"== {path.stem}{f' ({size})' if size else ''}", flush=True)
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env=environment, check=False
    ).returncode
