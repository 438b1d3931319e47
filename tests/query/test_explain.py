# ruff: noqa: E501 - a table reads best with one case a line
"""Queries in a sentence."""

from __future__ import annotations

import pytest

from core.query.language import explain, validate


def contact(where):
    return {"from": "contact", "where": where}


def clause(field, op, value=None):
    found = {"field": field, "op": op}
    return found if value is None else {**found, "value": value}


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ({"from": "contact"}, "All contacts."),
        (
            contact(clause("country", "ne", "India")),
            "Contacts where country is not India, or is empty.",
        ),
        (
            contact({"not": clause("country", "eq", "India")}),
            "Contacts where country is not India, or is empty.",
        ),
        (
            contact({"and": [clause("city", "eq", "Rome"), clause("email", "not_blank")]}),
            "Contacts where city is Rome and email is not empty.",
        ),
        (
            contact({"not": {"or": [clause("city", "blank"), clause("job_title", "contains", "50%")]}}),
            'Contacts where city is not empty and (job title does not contain "50%", or is empty).',
        ),
        (
            contact(clause("city", "in", ["Rome", "Paris", "Bonn"])),
            "Contacts where city is Rome, Paris or Bonn.",
        ),
        (
            contact(clause("tags", "contains_none", ["vip", "press"])),
            "Contacts where tags does not have any of vip or press, or is empty.",
        ),
        (
            contact(clause("created_at", "within_last", {"days": 30})),
            "Contacts where created at is within the last 30 days.",
        ),
        (
            contact(clause("birth_date", "anniversary", {"days": 0})),
            "Contacts where birth date has its anniversary today.",
        ),
        (
            contact({"related": "leads", "where": clause("state", "eq", "open"), "count": {"op": "gte", "value": 2}}),
            "Contacts where has at least 2 leads where state is Open.",
        ),
        (
            contact({"not": {"related": "account", "where": clause("industry", "eq", "Banking")}}),
            "Contacts where has no account where industry is Banking, or no account at all.",
        ),
        (
            {"from": "lead", "where": clause("lead_source", "eq", "olark chat"), "to": ["parent_contact"]},
            "Contacts reached by parent contact from leads where lead source is olark chat.",
        ),
        (
            {"except": [{"from": "contact"}, contact(clause("do_not_email", "eq", True))]},
            "All contacts, but not (contacts where do not email is yes).",
        ),
        (
            {"intersect": [{"segment": 1}, {"segment": 2}]},
            'Contacts in the segment "Segment 1", that are also contacts in the segment "Segment 2".',
        ),
    ],
)  # fmt: skip
def test_a_query_reads_as_a_sentence(tree, sentence, segments):
    assert explain(validate(tree, ends_on="contact")) == sentence
