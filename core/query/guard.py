"""Running a query within limits: time, memory, and no database error let out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DataError, OperationalError, connection, transaction
from psycopg2.errorcodes import QUERY_CANCELED

from core.query.errors import QueryError, QueryTimeout

MATCH_CHUNK = 10_000
WORK_MEM = "64MB"


@contextmanager
def evaluating(timeout_ms: int | None = None) -> Iterator[None]:
    """Evaluate what is inside under a statement timeout and with memory for hashes.

    Opens a transaction (or a savepoint in one). The settings are those of the
    transaction and are put back for what follows in it. Raises QueryTimeout where a
    statement took too long, QueryError where the database cannot compute a value.
    """
    try:
        with transaction.atomic():
            before = _settings()
            timeout = before[0] if timeout_ms is None else str(timeout_ms)
            _set(timeout, WORK_MEM)
            yield
            _set(*before)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == QUERY_CANCELED:
            raise QueryTimeout from None
        raise
    except DataError as error:
        detail = "A value in this query cannot be computed."
        raise QueryError("", "cannot_evaluate", detail) from error


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
