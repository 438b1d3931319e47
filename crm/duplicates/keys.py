"""What two records must share to be compared at all. No database.

Comparing everybody with everybody would be a million times a million. Two records
are compared only where one of these keys is equal; a duplicate shares several, so
that a typing error in one place still leaves another.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from crm.duplicates.folding import Folded

STREET_LETTERS = 6


def keys_of(entity: str, record: Folded) -> set[int]:
    """The keys of a record, as signed 64-bit numbers."""
    found = _company(record) if entity == "account" else _person(record)
    return {_number(key) for key in found}


def _number(key: str) -> int:
    digest = blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _shared(r: Folded) -> Iterator[str]:
    if r.email:
        yield f"email {r.email}"
    for digits in r.phone:
        # The end of a number is the same with and without its country's prefix.
        yield f"phone {digits[-8:]}"
    if r.external_id:
        yield f"external {r.external_id}"


def _person(r: Folded) -> Iterator[str]:
    yield from _shared(r)
    first, last, born = r.first[:3], r.last[:3], r.birth_date
    if r.first and r.last:
        # One key for both orders: Anna Berg, Berg Anna.
        yield f"name {' '.join(sorted((r.first[:5], r.last[:5])))}"
    if r.company and r.last:
        yield f"company {r.company[:8]} {last}"
    if born:
        yield f"born {born}"
        for name in {first, last} - {""}:
            yield f"year {born[:4]} {name}"
            yield f"day {born[4:]} {name}"
    street = r.street.replace(" ", "")
    if r.postal_code:
        for name in {first[:2], last[:2]} - {""}:
            yield f"post {r.postal_code} {name}"
        if street:
            yield f"post {r.postal_code} {street[:STREET_LETTERS]}"
    if len(street) > STREET_LETTERS:
        yield f"street {street}"


def _company(r: Folded) -> Iterator[str]:
    yield from _shared(r)
    if r.company:
        yield f"company {r.company.replace(' ', '')[:7]}"
        yield f"words {' '.join(sorted(word[:4] for word in r.company.split()))}"
    if r.domain:
        yield f"domain {r.domain}"
    if r.postal_code and r.company:
        yield f"post {r.postal_code} {r.company[:3]}"
