"""Running a query within limits: time, memory, and no database error let out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import DataError, OperationalError, connection, transaction
from psycopg2.errorcodes import QUERY_CANCELED

from core.query.errors import QueryError, QueryTimeout

MATCH_CHUNK = 10_000
WORK_MEM = "64MB"
# Settings are renewed only for a statement that has markedly less time than that.
RENEW_BELOW = 0.95


@contextmanager
def evaluating(timeout_ms: int | None = None) -> Iterator[None]:
    """Evaluate what is inside within a time, and with memory for hashes.

    The time is for everything inside together: each statement gets what is left of
    it. Opens a transaction (or a savepoint in one). The settings are those of the
    transaction and are put back for what follows in it. Raises QueryTimeout where it
    took too long, QueryError where the database cannot compute a value.
    """
    try:
        with transaction.atomic():
            before = _settings()
            timeout = before[0] if timeout_ms is None else str(timeout_ms)
            _set(timeout, WORK_MEM)
            with _within(timeout_ms):
                yield
            _set(*before)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == QUERY_CANCELED:
            raise QueryTimeout from None
        raise
    except DataError as error:
        detail = "A value in this query cannot be computed."
        raise QueryError("", "cannot_evaluate", detail) from error


def _within(timeout_ms: int | None) -> Any:
    """What gives each statement the rest of the time; nothing without a limit."""
    if timeout_ms is None:
        return nullcontext()
    return connection.execute_wrapper(_Deadline(timeout_ms))


class _Deadline:
    """Hands the remaining time to each statement as its time-out."""

    def __init__(self, milliseconds: int) -> None:
        self.until = time.monotonic() + milliseconds / 1000
        self.given = milliseconds

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        left = int((self.until - time.monotonic()) * 1000)
        if left <= 0:
            raise QueryTimeout
        if left < self.given * RENEW_BELOW:
            self.given = left
            with context["connection"].connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [left])
        return execute(sql, params, many, context)


def _settings() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('work_mem')"
        )
        timeout, memory = cursor.fetchone()
        return str(timeout), str(memory)


def _set(timeout: str, memory: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), "
            "set_config('work_mem', %s, true)",
            [timeout, memory],
        )
