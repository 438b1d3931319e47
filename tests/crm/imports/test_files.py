"""Reading files as people and other systems write them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import Invalid
from crm.imports.files import count_rows, read_layout, read_rows

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "crm_exports"
PLAIN = "first_name,city\nAnna,Genève\nBen,Łódź\n"


def read(data):
    stream = io.BytesIO(data)
    layout = read_layout(stream)
    return layout, list(read_rows(stream, layout))


@pytest.mark.parametrize(
    ("codec", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("latin-1", b""),
        ("cp1252", b""),
    ],
)
def test_every_encoding_gives_the_same_words(codec, bom):
    text = (
        PLAIN if codec not in ("latin-1", "cp1252") else PLAIN.replace("Łódź", "Köln")
    )

    layout, rows = read(bom + text.encode(codec))

    assert layout.header == ["first_name", "city"]
    assert [row.cells for row in rows] == [
        line.split(",") for line in text.splitlines()[1:]
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter):
    layout, rows = read(PLAIN.replace(",", delimiter).encode())

    assert layout.delimiter == delimiter
    assert rows[0].cells == ["Anna", "Genève"]


def test_comma_decimals_do_not_hide_the_semicolon():
    layout, rows = read(b"name;amount\nA;1,5\nB;2,5\n")

    assert layout.delimiter == ";"
    assert rows[0].cells == ["A", "1,5"]


def test_windows_fallback_is_said():
    layout, _ = read("a,b\ncafé,1\n".encode("cp1252"))

    assert "Windows-1252" in layout.notes[0]


def test_notes_above_the_header_are_passed_over():
    layout, rows = read(
        b'Notes:\n"Some addresses are missing."\n\nFirst Name,Email\nAnna,a@x.example\n'
    )

    assert layout.header == ["First Name", "Email"]
    assert rows[0].cells == ["Anna", "a@x.example"]


def test_header_with_a_line_break_and_twice_the_same_name():
    layout, _ = read(b'"start\nend",b,b,\n1,2,3,4\n')

    assert layout.header == ["start end", "b", "b (2)", "Column 4"]


def test_quoted_newlines_and_bare_carriage_returns_stay_one_row():
    _, rows = read(b'a,b\r"one\rtwo",2\r3,4\r')

    assert [row.cells for row in rows] == [["one\rtwo", "2"], ["3", "4"]]


def test_ragged_rows_bear_their_problem_and_the_rest_goes_on():
    _, rows = read(b"a,b\n1,2\n1,2,3\n1\n1,2,\n")

    problems = [row.problem and row.problem[0] for row in rows]
    assert problems == [None, "ragged", "ragged", None]


def test_empty_lines_are_no_rows():
    stream = io.BytesIO(b"a,b\n\n1,2\n\n")

    assert count_rows(stream, read_layout(stream)) == 1


def test_empty_file_is_refused():
    with pytest.raises(Invalid) as refused:
        read(b"")

    assert refused.value.attr == "file"


def test_cut_utf16_is_refused():
    data = b"\xff\xfe" + "a,b\n1,2".encode("utf-16-le") + b"\x00"

    with pytest.raises(Invalid) as refused:
        read(data)

    assert refused.value.code == "unreadable_file"


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(codec="utf-8", exclude_characters="\x00\r\n\ufeff"),
                min_size=1,
                max_size=20,
            ),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_a_spreadsheet_quotes_comes_back(rows):
    quoted = ["a,b,c"] + [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows
    ]

    _, found = read("\r\n".join(quoted).encode())

    assert [row.cells for row in found] == rows


@pytest.mark.skipif(
    not DATA.exists(), reason="the shared exports are not beside this checkout"
)
@pytest.mark.parametrize(
    ("name", "header", "count"),
    [
        ("test_utf16_big.csv", ["a", "b", "c"], 2),
        ("test_utf16_little.csv", ["a", "b", "c"], 2),
        ("test_utf8_bom.csv", ["foo", "bar", "baz"], 2),
        ("test_latin1.csv", ["a", "b", "c"], 2),
        ("mac_newlines.csv", ["a", "b", "c"], 2),
        ("null_byte.csv", ["a", "b", "c"], 1),
        ("test_header_newline.csv", ["start end", "b", "c"], 1),
        ("test_locale.csv", ["a", "b", "c"], 1),
        ("bad.csv", ["column_a", "column_b", "column_c"], 3),
        ("test_empty_columns_long_row.csv", ["a", "b", "c"], 1),
        ("test_empty_columns_short_row.csv", ["a", "b", "c"], 1),
    ],
)
def test_collected_encodings_are_read(name, header, count):
    layout, rows = read((DATA / "encodings" / name).read_bytes())

    assert layout.header == header
    assert len(rows) == count


@pytest.mark.skipif(
    not DATA.exists(), reason="the shared exports are not beside this checkout"
)
def test_collected_exports_all_have_their_header():
    for path in DATA.glob("*.csv"):
        layout, _ = read(path.read_bytes())
        assert len(layout.header) > 3, path.name


def test_files_of_the_web_are_read_too():
    stream = ContentFile(PLAIN.encode()).file

    assert count_rows(stream, read_layout(stream)) == 2
