"""What leaves as a CSV file runs nothing in a spreadsheet."""

from decimal import Decimal

import pytest

from core.ui.export import csv_text
from crm.models import Account


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("<b>=1+1</b>", "'=1+1"),
        (["@a", "b"], "'@a, b"),
        (Account(name="=HYPERLINK(1)"), "'=HYPERLINK(1)"),
        (-5, "-5"),
        (Decimal("-5.50"), "-5.50"),
        ("Wong", "Wong"),
        (None, ""),
    ],
)
def test_a_formula_becomes_text_and_a_number_stays_one(value, text):
    assert csv_text(value) == text
