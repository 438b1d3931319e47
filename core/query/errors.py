"""What can go wrong with a query, in words and with the path of the bad node."""

from __future__ import annotations

from core.base.errors import DomainError, Invalid


class QueryError(Invalid):
    """The tree is broken: answered with 400 at `path` (`where.and[2].op`)."""

    def __init__(self, path: str, code: str, detail: str) -> None:
        super().__init__(code, detail, attr=path or None)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}" if self.path else self.detail


class QueryTimeout(DomainError):
    """The tree is sound but took longer than it may: answered with 422."""

    status = 422

    def __init__(self) -> None:
        super().__init__(
            "query_timeout",
            "This query takes too long. Narrow it, for example by a shorter window.",
        )
