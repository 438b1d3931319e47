"""How one Redis address is written for Celery."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit


def broker_url(redis_url: str) -> str:
    """REDIS_URL as Celery writes it: it has its own form for a socket's path."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
