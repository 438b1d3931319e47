"""Rows that come with the product: made after migrating, by every app that has some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_hooks: list[Callable[[], None]] = []


def register_shipped(func: Callable[[], None]) -> Callable[[], None]:
    """Run this after every migrate. It must be harmless to run twice.

    Hooks run in the order of registration, so lower apps come first. Also usable
    as a decorator.
    """
    if func not in _hooks:
        _hooks.append(func)
    return func


def ensure_shipped(**_signal: Any) -> None:
    """Make whatever shipped rows are missing."""
    for hook in _hooks:
        hook()
