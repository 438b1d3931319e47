"""Search by words: one meaning in lists, look-ups, the palette and the API."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Lower

from core.base.models import ImmutableUnaccent

Rows = TypeVar("Rows", bound=QuerySet)

# The trigram index serves fragments from here on; shorter ones are beginnings.
TRIGRAM = 3
MOST_WORDS = 10
_LAST = "\U0010ffff"


def folded(word: str) -> Lower:
    """A word as `search_text` and `sort_name` hold it, folded by the database."""
    return Lower(ImmutableUnaccent(Value(word, TextField())))


def search_words(rows: Rows, text: str) -> Rows:
    """Rows that hold every word of the text anywhere, whatever its case and accents.

    Words of three letters and more go through the trigram index on `search_text`.
    Where all words are shorter, the name must begin with one of them (the index on
    `sort_name`). The text has passed `text_problem`; blank text finds everything.
    """
    words = text.split()[:MOST_WORDS]
    if words and all(len(word) < TRIGRAM for word in words):
        rows = rows.filter(_begins_with_one_of(words))
        words = words if len(words) > 1 else []
    for word in words:
        rows = rows.filter(search_text__contains=folded(word))
    return rows


def _begins_with_one_of(words: list[str]) -> Q:
    found = Q()
    for word in words:
        # A range, which a plain b-tree serves in any collation; LIKE would not be.
        found |= Q(
            sort_name__gte=folded(word),
            sort_name__lt=folded_end(word),
        )
    return found


def folded_end(word: str) -> Lower:
    """Just beyond everything that begins with this word."""
    return folded(word + _LAST)
