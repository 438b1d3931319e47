"""Random trees over random small worlds: SQL and plain Python agree."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.query.language import (
    Context,
    affected_ids,
    compile_ids,
    counts,
    explain,
    filter_queryset,
    matching,
    validate,
    why,
)
from crm.models import Contact
from tests.query.conftest import members
from tests.query.worlds import (
    NOWS,
    ZONES,
    Maker,
    clauses,
    make_custom_fields,
    read_world,
    sets,
)

# More than the default in a deeper run: HANDOFF_QUERY_EXAMPLES=2000.
EXAMPLES = int(os.environ.get("HANDOFF_QUERY_EXAMPLES", "30"))
TREES = 8
CLAUSES = 25
RUN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="HANDOFF_QUERY_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def questions(draw, trees, number):
    """A world, a moment and a place, and so many trees to ask there."""
    now, zone = draw(st.sampled_from(NOWS)), draw(st.sampled_from(ZONES))
    context = Context(zone, now)
    asked = st.lists(trees(now, context.today), min_size=number, max_size=number)
    return draw(st.integers(0, 10_000)), context, draw(asked)


def single_clauses(now, today):
    """One clause or its negation: nothing around it hides a wrong answer."""
    clause = clauses("contact", now, today)
    negated = clause.map(lambda item: {"not": item})
    return (clause | negated).map(lambda item: {"from": "contact", "where": item})


@contextmanager
def small_world(seed, context):
    with transaction.atomic():
        make_custom_fields()
        Maker(seed, context.now, context.time_zone).make()
        known = {n: set(members(n).values_list("pk", flat=True)) for n in (1, 2, 3)}
        yield read_world(context.now, context.time_zone, known)
        transaction.set_rollback(True)


@pytest.mark.django_db
@RUN
@given(question=questions(single_clauses, CLAUSES))
def test_random_clauses_find_what_plain_python_finds(question, segments):
    seed, context, trees = question
    with small_world(seed, context) as world:
        for tree in trees:
            query = validate(tree, ends_on="contact")
            assert set(compile_ids(query, context)) == world.find(tree), tree


@pytest.mark.django_db
@RUN
@given(question=questions(sets, TREES))
def test_random_trees_find_what_plain_python_finds(question, segments):
    seed, context, trees = question
    with small_world(seed, context) as world:
        for number, tree in enumerate(trees):
            check(tree, world, context, thorough=number < 2)


def check(tree, world, context, *, thorough):
    """Every door to the query gives the same rows as the oracle."""
    query = validate(tree, ends_on="contact")
    expected = world.find(tree)
    found = list(compile_ids(query, context))
    assert sorted(found) == sorted(expected), tree
    everybody = [row["id"] for row in world.of("contact")]
    some = everybody[::2]
    assert matching(query, some, context) == expected & set(some), tree
    if not thorough:
        return
    listed = filter_queryset(Contact.objects.all(), query, context)
    assert {contact.pk for contact in listed} == expected, tree
    for pk in everybody[:2]:
        assert why(query, pk, context)["result"] == (pk in expected), tree
    assert counts(query, context)["rows"] == len(expected), tree
    assert affected_ids(query, "contact", some) >= set(some)
    assert explain(query).endswith(".")
