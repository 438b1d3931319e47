"""Kinds of jobs: each is registered by the app that owns the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.jobs.models import Job


@dataclass(slots=True)
class JobRun:
    """A job as its chunk sees it. What it changes here is saved with the chunk.

    `cursor` says where the next chunk goes on; `result` is shown when all is done.
    """

    id: int
    kind: str
    params: dict[str, Any]
    cursor: dict[str, Any]
    result: dict[str, Any]
    user: Any
    total: int | None
    done: int
    problems: list[dict[str, Any]] = field(default_factory=list)

    def advance(self, n: int = 1) -> None:
        """Count this many rows as done."""
        self.done += n

    def add_problem(self, problem: dict[str, Any]) -> None:
        """Add a line to the report: `detail` and whatever finds the row again."""
        self.problems.append(problem)

    def count(self, key: str, n: int = 1) -> None:
        """Add to a figure of the result."""
        self.result[key] = self.result.get(key, 0) + n


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job.

    `run_chunk` does the next part (about a second of work) in the transaction it is
    called in, moves `run.cursor`, and gives True when nothing is left. `ended`, if
    given, is called in the transaction in which the job completes, is canceled or
    fails. The chunk acts as the job's creator, via the kind's key.
    """

    key: str
    label: str
    run_chunk: Callable[[JobRun], bool]
    ended: Callable[[Job], None] | None = None


_kinds: dict[str, JobKind] = {}


def register_job_kind(kind: JobKind) -> None:
    """Make a kind known. Called from `AppConfig.ready()`."""
    _kinds[kind.key] = kind


def job_kind(key: str) -> JobKind:
    """The kind of this key. Raises KeyError where no app registered it."""
    return _kinds[key]
