"""Errors of the domain, raised by services and turned into answers at the doors."""

from __future__ import annotations

from typing import Any, Self

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class DomainError(Exception):
    """Something the caller asked for cannot be done.

    `code` is stable and machine-readable, `detail` says what to do in plain words,
    `attr` names the field at fault (None for the request as a whole), `extra` is
    added to the answer (for example the candidates of a likely duplicate).
    """

    status = 400

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        attr: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.attr = attr
        self.extra = extra or {}


class Invalid(DomainError):
    """The input is wrong: answered with 400 at the field.

    Where several fields are wrong, `extra["errors"]` lists all of them; the error
    itself speaks of the first.
    """

    @classmethod
    def many(cls, problems: list[tuple[str | None, str, str]]) -> Self:
        """One error for several problems, each (attr, code, detail)."""
        attr, code, detail = problems[0]
        listed = [{"code": c, "detail": d, "attr": a} for a, c, d in problems]
        return cls(code, detail, attr=attr, extra={"errors": listed})

    @classmethod
    def of(cls, error: ValidationError) -> Self:
        """The same problems as Django's validation found them."""
        if not hasattr(error, "error_dict"):
            return cls.many([(None, "invalid", text) for text in error.messages])
        return cls.many(
            [
                (
                    None if field == NON_FIELD_ERRORS else field,
                    item.code or "invalid",
                    " ".join(item.messages),
                )
                for field, items in error.error_dict.items()
                for item in items
            ]
        )


class Refused(DomainError):
    """The state of the record does not allow it: answered with 409."""

    status = 409


class Denied(DomainError):
    """The caller may see the record but may not do this: answered with 403."""

    status = 403

    def __init__(self, detail: str = "Your role does not allow this.") -> None:
        super().__init__("permission_denied", detail)


class Stale(DomainError):
    """The record changed since the caller read it: answered with 412."""

    status = 412
