"""Made-up people with known duplicates, in the shape of the FEBRL sets.

The same columns, the same kinds of error (typing errors, swapped fields, values left
out, words moved), so that the search can be judged without those files.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

ONSETS = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
)
VOWELS = ("a", "e", "i", "o", "u", "ay", "ee", "ou")
CODAS = ("", "n", "r", "s", "l", "nd", "rt", "ck", "m", "th")
FIRST_ENDS = ("a", "ie", "en", "us", "el", "ina", "on", "y", "ette", "o")
LAST_ENDS = ("son", "man", "ton", "ley", "ic", "well", "er", "stein", "field", "ski")
STREET_ENDS = ("ton", "bury", "gate", "more", "ford", "ham")
KINDS = ("street", "place", "crescent", "circuit", "court", "avenue", "close")
PLACE_KINDS = ("village", "farm", "heights", "terraces")
SUBURB_ENDS = ("wood", "vale", "leigh", "brook", "dale", "haven")
SUBURBS = 300
Row = dict[str, str]


def read_febrl(data: Path, links: Path) -> tuple[dict[str, Row], set[tuple[str, str]]]:
    """A FEBRL set as records by their number, and the pairs that are one person."""
    with data.open(newline="") as file:
        rows = [
            {key: (value or "").strip() for key, value in row.items()}
            for row in csv.DictReader(file, skipinitialspace=True)
        ]
    with links.open(newline="") as file:
        pairs = [list(map(str.strip, row)) for row in list(csv.reader(file))[1:] if row]
    return {row.pop("rec_id"): row for row in rows}, {
        (min(pair), max(pair)) for pair in pairs
    }


def made_up(
    people: int, duplicates: int, seed: int
) -> tuple[dict[str, Row], set[tuple[str, str]]]:
    """People, some of them entered twice with errors, and who is who."""
    rng = random.Random(seed)
    suburbs = [(_word(rng, SUBURB_ENDS), 2000 + 23 * n) for n in range(SUBURBS)]
    firsts = [_word(rng, FIRST_ENDS, 1) for _ in range(120)]
    lasts = [_word(rng, LAST_ENDS) for _ in range(max(200, people // 3))]
    rows = {f"rec-{n}-org": _person(rng, firsts, lasts, suburbs) for n in range(people)}
    pairs = set()
    for n in rng.sample(range(people), duplicates):
        rows[f"rec-{n}-dup-0"] = _spoilt(rows[f"rec-{n}-org"], rng)
        pairs.add((f"rec-{n}-dup-0", f"rec-{n}-org"))
    return rows, pairs


def _word(rng: random.Random, ends: tuple[str, ...], syllables: int = 0) -> str:
    """Something that could be a name."""
    number = syllables or rng.randint(1, 2)
    parts = [rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(number)]
    return "".join(parts) + rng.choice(CODAS) + rng.choice(ends)


def _person(
    rng: random.Random,
    firsts: list[str],
    lasts: list[str],
    suburbs: list[tuple[str, int]],
) -> Row:
    suburb, postcode = rng.choice(suburbs)
    place = f"{_word(rng, SUBURB_ENDS)} {rng.choice(PLACE_KINDS)}"
    return {
        "given_name": rng.choice(firsts) if rng.random() > 0.03 else "",
        "surname": rng.choice(lasts),
        "street_number": str(rng.randint(1, 180)),
        "address_1": f"{_word(rng, STREET_ENDS)} {rng.choice(KINDS)}",
        "address_2": place if rng.random() < 0.5 else "",
        "suburb": suburb,
        "postcode": str(postcode),
        "date_of_birth": f"{rng.randint(1920, 2004)}{rng.randint(1, 12):02}"
        f"{rng.randint(1, 28):02}",
    }


def _spoilt(row: Row, rng: random.Random) -> Row:
    """The same person, typed by somebody in a hurry."""
    spoilt = dict(row)
    for _ in range(rng.randint(1, 3)):
        name = rng.choice([key for key, value in spoilt.items() if value])
        spoilt[name] = _typo(spoilt[name], rng)
    if rng.random() < 0.1:
        one, other = "given_name", "surname"
        spoilt[one], spoilt[other] = spoilt[other], spoilt[one]
    if rng.random() < 0.1:
        spoilt[rng.choice(("address_2", "date_of_birth", "suburb"))] = ""
    return spoilt


def _typo(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    letter = rng.choice("0123456789" if text.isdigit() else "aeionrst")
    return rng.choice(
        [
            text[:at] + letter + text[at + 1 :],
            text if text.isdigit() else text[:at] + text[at + 1 :],
            text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
            text if text.isdigit() else text[:at] + letter + text[at:],
        ]
    )


def as_contact(row: Row) -> Iterator[tuple[str, object]]:
    """The fields of a contact for a row."""
    street = f"{row['street_number']} {row['address_1']}".strip()
    yield from (
        ("first_name", row["given_name"]),
        ("last_name", row["surname"]),
        ("address_line1", street),
        ("address_line2", row["address_2"]),
        ("city", row["suburb"]),
        ("postal_code", row["postcode"]),
        ("birth_date", row["date_of_birth"]),
    )
