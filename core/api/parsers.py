"""JSON at the door: what cannot be stored or is out of proportion stops here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers

from core.api.errors import TooLarge
from core.base.text import json_problem

MAX_DEPTH = 40
MAX_BYTES = 1_000_000


class StrictJSONParser(parsers.JSONParser):
    """UTF-8 JSON without NUL, half surrogates, NaN, repeated keys or deep nesting."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Read the body; a ValidationError names the path of what is wrong."""
        view = (parser_context or {}).get("view")
        limit = getattr(view, "max_body", MAX_BYTES)
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit:,} bytes.")
        value = _loads(raw)
        _check_depth(value)
        found = json_problem(value)
        if found:
            path, problem = found
            raise exceptions.ValidationError({path or "body": [problem]})
        return value


def _loads(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode("utf-8"),
            parse_constant=_no_constant,
            object_pairs_hook=_no_repeats,
        )
    except UnicodeDecodeError as error:
        raise exceptions.ParseError("The body is not UTF-8.") from error
    except RecursionError as error:
        raise exceptions.ParseError("The body is nested too deeply.") from error
    except ValueError as error:
        raise exceptions.ParseError(f"The body is not JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice in one object")
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for entry in level:
            if isinstance(entry, dict):
                inner.extend(entry.values())
            elif isinstance(entry, list):
                inner.extend(entry)
        if not inner:
            return
        level = inner
    raise exceptions.ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
