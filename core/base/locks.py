"""Locks on values: who may look for a person, one writer at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from django.db import connection

BUCKETS = 1024
# Apart from every other advisory lock of the database ("HV": hold a value).
_CLASS = 0x4856


def buckets_of(values: Iterable[str]) -> list[int]:
    """The buckets of these values, in the order in which they are taken."""
    return sorted({zlib.crc32(value.encode()) % BUCKETS for value in values if value})


def lock_values(*values: str) -> None:
    """Hold these values until the transaction ends; empty ones are left out.

    Two writers that bring one value in common wait for each other, so that the
    second one finds what the first one made. The locks are taken in the order of
    their buckets: writers never wait in a circle, provided that each takes all its
    values in one call, before it locks any row. One query.
    """
    buckets = buckets_of(values)
    if not buckets:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, bucket) "
            "FROM unnest(%s::int[]) WITH ORDINALITY AS t(bucket, n)",
            [_CLASS, buckets],
        )
