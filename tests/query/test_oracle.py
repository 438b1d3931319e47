"""Random trees over random small worlds: SQL and plain Python agree."""

from __future__ import annotations

import os

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
    make_custom_fields,
    read_world,
    sets,
)

# More than the default in a deeper run: HANDOFF_QUERY_EXAMPLES=5000.
EXAMPLES = int(os.environ.get("HANDOFF_QUERY_EXAMPLES", "60"))
TREES = 4


@st.composite
def questions(draw):
    now, zone = draw(st.sampled_from(NOWS)), draw(st.sampled_from(ZONES))
    context = Context(zone, now)
    trees = draw(st.lists(sets(now, context.today), min_size=TREES, max_size=TREES))
    return draw(st.integers(0, 10_000)), context, trees


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="HANDOFF_QUERY_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(question=questions())
def test_random_trees_find_what_plain_python_finds(question, segments):
    seed, context, trees = question
    with transaction.atomic():
        make_custom_fields()
        Maker(seed, context.now, context.time_zone).make()
        known = {n: set(members(n).values_list("pk", flat=True)) for n in (1, 2, 3)}
        world = read_world(context.now, context.time_zone, known)
        for tree in trees:
            check(tree, world, context)
        transaction.set_rollback(True)


def check(tree, world, context):
    """Every door to the query gives the same rows as the oracle."""
    query = validate(tree, ends_on="contact")
    expected = world.find(tree)
    found = list(compile_ids(query, context))
    assert sorted(found) == sorted(expected), tree
    everybody = [row["id"] for row in world.of("contact")]
    some = everybody[::2]
    assert matching(query, some, context) == expected & set(some), tree
    listed = filter_queryset(Contact.objects.all(), query, context)
    assert {contact.pk for contact in listed} == expected, tree
    for pk in everybody[:2]:
        assert why(query, pk, context)["result"] == (pk in expected), tree
    assert counts(query, context)["rows"] == len(expected), tree
    assert affected_ids(query, "contact", some) >= set(some)
    assert explain(query).endswith(".")
