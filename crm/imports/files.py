"""Reading files that people and other systems call CSV. No database.

Reads a stream twice: once to find the encoding, once row by row, so that a file of
any size is read in constant memory.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from core.base.errors import Invalid

csv.field_size_limit(10_000_000)
DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 20
_SAMPLE = 64 * 1024
_HEAD = 30
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True)
class Layout:
    """How a file is written: found out, and said in the report."""

    encoding: str
    errors: str
    delimiter: str
    header: list[str]
    skipped: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One row of a file: its number (1 is the first under the header) and cells.

    `problem` is (code, detail) where the row does not fit the header.
    """

    number: int
    cells: list[str]
    problem: tuple[str, str] | None = None


def read_layout(stream: IO[bytes]) -> Layout:
    """Find the encoding, the delimiter and the header of a file.

    Raises Invalid where there is no header to be found.
    """
    encoding, errors, notes = _encoding(stream)
    sample = _sample(stream, encoding, errors)
    delimiter = _delimiter(sample)
    head = _head(sample, delimiter)
    if not head:
        raise Invalid("empty_file", "The file has no rows.", attr="file")
    skipped = _preamble(head)
    if skipped:
        notes.append(f"{skipped} lines above the header were passed over.")
    return Layout(
        encoding, errors, delimiter, _names(head[skipped], notes), skipped, notes
    )


def read_rows(stream: IO[bytes], layout: Layout, *, after: int = 0) -> Iterator[Row]:
    """The rows under the header, from the one after `after`.

    Empty lines are no rows. Cells are padded or cut to the header where the file
    has too few or too many, and the row bears the problem.
    """
    width = len(layout.header)
    records = _records(stream, layout)
    for _ in range(layout.skipped + 1):
        next(records, None)
    for number, cells in enumerate(records, start=1):
        if number > after:
            yield _fit(number, cells, width)


def count_rows(stream: IO[bytes], layout: Layout) -> int:
    """How many rows there are under the header."""
    return max(0, sum(1 for _ in _records(stream, layout)) - layout.skipped - 1)


def _records(stream: IO[bytes], layout: Layout) -> Iterator[list[str]]:
    stream.seek(0)
    text = io.TextIOWrapper(
        stream, encoding=layout.encoding, errors=layout.errors, newline=""
    )
    try:
        for cells in csv.reader(text, delimiter=layout.delimiter):
            if cells:
                yield cells
    except (UnicodeDecodeError, csv.Error) as error:
        detail = f"The file cannot be read to its end: {error}."
        raise Invalid("unreadable_file", detail, attr="file") from error
    finally:
        # The reader may be dropped before its end, after the file was closed.
        if not text.closed:
            text.detach()


def _fit(number: int, cells: list[str], width: int) -> Row:
    count = len(cells)
    if count == width:
        return Row(number, cells)
    if count < width:
        problem = ("ragged", f"Has {count} cells where the header has {width}.")
        return Row(number, cells + [""] * (width - count), problem)
    if not any(cell.strip() for cell in cells[width:]):
        return Row(number, cells[:width])
    return Row(
        number,
        cells,
        ("ragged", f"Has {count} cells where the header has {width}."),
    )


def _encoding(stream: IO[bytes]) -> tuple[str, str, list[str]]:
    """The encoding, what to do with bytes that do not fit, and what to say."""
    stream.seek(0)
    start = stream.read(4)
    for bom, name, label in _BOMS:
        if start.startswith(bom):
            errors = "surrogatepass" if name == "utf-16" else "surrogateescape"
            return name, errors, [f"Read as {label}."]
    if _decodes(stream, "utf-8"):
        return "utf-8", "strict", ["Read as UTF-8."]
    if _decodes_passing(stream):
        return "utf-8", "surrogatepass", ["Read as UTF-8 with broken characters."]
    good, bad = _weigh(stream)
    if good > bad:
        note = f"Read as UTF-8; {bad} broken places are reported at their rows."
        return "utf-8", "surrogateescape", [note]
    narrow = _decodes(stream, "cp1252")
    name, label = ("cp1252", "Windows-1252") if narrow else ("latin-1", "Latin-1")
    return name, "strict", [f"Not UTF-8: read as {label}. Check accented letters."]


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    while block := stream.read(_BLOCK):
        yield block


def _decodes(stream: IO[bytes], name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        for block in _blocks(stream):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decodes_passing(stream: IO[bytes]) -> bool:
    """Whether every line is UTF-8 once halves of surrogate pairs are let pass."""
    stream.seek(0)
    try:
        for line in stream:
            line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _weigh(stream: IO[bytes]) -> tuple[int, int]:
    """How many characters beyond ASCII are whole, and how many bytes fit nowhere."""
    good = bad = 0
    stream.seek(0)
    for line in stream:
        if line.isascii():
            continue
        text = line.decode("utf-8", "surrogateescape")
        broken = sum(1 for char in text if "\udc80" <= char <= "\udcff")
        bad += broken
        good += sum(1 for char in text if char > "\x7f") - broken
    return good, bad


def _sample(stream: IO[bytes], encoding: str, errors: str) -> str:
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    try:
        return text.read(_SAMPLE)
    except UnicodeDecodeError as error:
        detail = f"The file cannot be read: {error}."
        raise Invalid("unreadable_file", detail, attr="file") from error
    finally:
        text.detach()


def _head(sample: str, delimiter: str) -> list[list[str]]:
    lines = io.StringIO(sample, newline="")
    found: list[list[str]] = []
    for cells in csv.reader(lines, delimiter=delimiter):
        if cells:
            found.append(cells)
        if len(found) == _HEAD:
            break
    return found


def _delimiter(sample: str) -> str:
    """The delimiter that cuts most rows into the same number of several cells."""

    def score(delimiter: str) -> float:
        widths = Counter(len(cells) for cells in _head(sample, delimiter))
        if not widths:
            return 0
        width, rows = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
        return rows / widths.total() * (1 + width / 1000) if width > 1 else 0

    return max(DELIMITERS, key=score)


def _preamble(head: list[list[str]]) -> int:
    """How many records above the header are notes, as LinkedIn writes them."""
    if max(len(cells) for cells in head) == 1:
        return 0
    for place, cells in enumerate(head):
        if sum(1 for cell in cells if cell.strip()) > 1:
            return place
    return 0


def _names(cells: list[str], notes: list[str]) -> list[str]:
    """Column names: one line each, none empty, none twice."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(_printable(cell).split()) or f"Column {place}"
        names.append(_unique(name, names))
        if names[-1] != name:
            notes.append(f"The column {name!r} occurs twice: {names[-1]!r}.")
    return names


def _unique(name: str, taken: list[str]) -> str:
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    return unique


def _printable(text: str) -> str:
    """What of a header can be stored and shown."""
    kept = text.replace("\x00", "").lstrip("\ufeff")
    return kept.encode("utf-8", "replace").decode("utf-8")
