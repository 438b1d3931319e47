"""Conditions in words."""

from __future__ import annotations

from typing import Any

from core.query.language import QueryError, explain, validate
from segments.models import Segment


def segment_sentence(segment: Segment) -> str:
    """The definition in words; empty where it is broken, or picked by hand."""
    if not segment.is_computed:
        return ""
    return sentence_of(segment.definition)


def sentence_of(definition: Any) -> str:
    """Conditions in words; empty where there are none, or they are broken."""
    if not definition:
        return ""
    try:
        return explain(validate(definition, ends_on="contact"))
    except QueryError:
        return ""
