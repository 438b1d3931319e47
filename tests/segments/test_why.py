"""Why somebody is in a segment, or is not: every condition with its facts."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.query.language import Context, validate
from segments.models import SegmentException
from segments.services.facts import told_for
from segments.services.lifecycle import segment_create
from tests.factories import AccountFactory, ContactFactory, LeadFactory


def tell(definition, contact, user=None):
    query = validate(definition, ends_on="contact")
    return told_for(query, contact.pk, Context(user=user))


def where(*conds):
    return {"from": "contact", "where": {"and": list(conds)}}


def lines(told, depth=0):
    """What the page shows, as text."""
    mark = "+" if told.result else "-"
    facts = f" | {', '.join(told.facts)}" if told.facts else ""
    shown = [f"{'  ' * depth}{mark} {told.words}{facts}"] if told.words else []
    for part in told.parts:
        shown += lines(part, depth + bool(told.words))
    return shown


@pytest.mark.django_db
class TestFacts:
    @pytest.mark.parametrize(
        ("cond", "line"),
        [
            ({"field": "city", "op": "eq", "value": "Rome"}, "- City is Rome | Oslo"),
            (
                {"field": "city", "op": "ne", "value": "Rome"},
                "+ City is not Rome, or is empty | Oslo",
            ),
            (
                {"field": "country", "op": "ne", "value": "Italy"},
                "+ Country is not Italy, or is empty | empty",
            ),
            (
                {"field": "marketing_only", "op": "eq", "value": True},
                "- Marketing only is yes | no",
            ),
            (
                {"field": "tags", "op": "contains_any", "value": ["vip"]},
                "+ Tags has any of vip | VIP, roofs",
            ),
        ],
    )
    def test_a_condition_says_what_stands_in_the_field(self, cond, line):
        contact = ContactFactory(city="Oslo", country="", tags=["VIP", "roofs"])
        told = tell({"from": "contact", "where": cond}, contact)
        assert lines(told)[1].strip() == line

    def test_groups_are_told_with_their_answers(self):
        contact = ContactFactory(city="Oslo")
        rome = {"field": "city", "op": "eq", "value": "Rome"}
        oslo = {"field": "city", "op": "eq", "value": "Oslo"}
        told = tell(
            where({"or": [rome, oslo]}, {"not": {"or": [rome]}}, {"not": oslo}), contact
        )
        assert lines(told) == [
            "- Contacts who fit",
            "  - All of these",
            "    + At least one of these",
            "      - City is Rome | Oslo",
            "      + City is Oslo | Oslo",
            "    + None of these",
            "      - City is Rome | Oslo",
            "    - None of these",
            "      + City is Oslo | Oslo",
        ]

    def test_a_relation_says_how_many_there_are_and_how_many_fit(self):
        contact = ContactFactory()
        LeadFactory.create_batch(2, topic="Roofs", parent_contact=contact)
        LeadFactory(topic="Pumps", parent_contact=contact)
        LeadFactory(topic="Roofs", parent_contact=ContactFactory())
        roofs = {"field": "topic", "op": "eq", "value": "Roofs"}
        many = {"related": "leads", "where": roofs, "count": {"op": "gte", "value": 3}}
        told = tell(where(many), contact)
        assert lines(told)[2:] == [
            "    - Has at least 3 leads | There are 3, of which 2 fit",
            "      + Topic is Roofs | Roofs ×2, Pumps",
        ]

    def test_a_walk_says_what_leads_to_the_contact(self):
        contact = ContactFactory(city="Oslo")
        LeadFactory(topic="Roofs", parent_contact=contact)
        walk = {
            "from": "lead",
            "where": {"field": "topic", "op": "eq", "value": "Roofs"},
            "to": ["parent_contact"],
            "then": {"field": "city", "op": "blank"},
        }
        assert lines(tell(walk, contact)) == [
            "- Reached from Leads by parent contact | 1 lead behind this contact",
            "  + Topic is Roofs | Roofs",
            "  - And of the contact arrived at",
            "    - City is empty | Oslo",
        ]

    def test_sets_say_how_they_are_joined(self, live):
        contact = ContactFactory(city="Oslo")
        everybody = live({"from": "contact"}, name="Everybody")
        both = {"except": [{"segment": everybody.pk}, {"from": "contact"}]}
        assert lines(tell(both, contact)) == [
            "+ In the segment Everybody",
            "+ But not: Contacts who fit",
        ]
        assert tell(both, contact).result is False

    def test_look_ups_are_told_by_name(self, cast):
        account = AccountFactory(name="Koopman Logistics")
        contact = ContactFactory(account=account, owner=cast.ann)
        told = tell(
            where(
                {"field": "account", "op": "eq", "value": account.pk},
                {"field": "owner", "op": "ne", "value": cast.ben.pk},
            ),
            contact,
        )
        assert lines(told)[2:] == [
            "    + Account is Koopman Logistics | Koopman Logistics",
            f"    + Owner is not {cast.ben}, or is empty | {cast.ann}",
        ]

    def test_values_of_records_that_one_may_not_see_are_not_told(self, cast):
        contact = ContactFactory()
        LeadFactory(topic="Secret", parent_contact=contact, owner=cast.carl)
        LeadFactory(topic="Known", parent_contact=contact, owner=cast.ben)
        asks = {"related": "leads", "where": {"field": "topic", "op": "not_blank"}}
        told = tell(where(asks), contact, user=cast.ben)
        assert "Secret" not in "".join(lines(told))
        assert "Known" in lines(told)[-1]


CITY = {"from": "contact", "where": {"field": "city", "op": "eq", "value": "Oslo"}}


@pytest.fixture
def page(client, cast):
    def get(segment, contact="", user=None):
        client.force_login(user or cast.ann)
        address = reverse("segment_why", args=[segment.pk])
        return client.get(address, {"contact": contact} if contact else {})

    return get


class TestPage:
    def test_it_asks_whom_first(self, page, live):
        answer = page(live(CITY))
        assert b"Ask about anybody" in answer.content

    def test_it_says_since_when_and_what_overrules(self, page, live, cast):
        contact = ContactFactory(city="Oslo", first_name="Ada", last_name="Berg")
        segment = live(CITY)
        SegmentException.objects.create(
            segment=segment, contact=contact, mode="never", reason="Asked us not to"
        )
        text = page(segment, contact.pk).content.decode()
        assert "Ada Berg</a> is in this segment" in text
        assert "The conditions fit." in text
        assert "Never in" in text
        assert "Asked us not to" in text

    def test_a_static_segment_says_who_added_the_contact(self, page, cast):
        segment = segment_create(user=cast.ann, name="Guests", kind="static")
        contact = ContactFactory()
        assert "Nobody added this contact" in page(segment, contact.pk).content.decode()

    def test_a_broken_draft_says_what_is_broken(self, page, live):
        segment = live(CITY)
        type(segment).objects.filter(pk=segment.pk).update(
            definition={"from": "contact", "where": {"field": "x", "op": "blank"}}
        )
        text = page(segment, ContactFactory().pk).content.decode()
        assert "h-alert bad" in text

    @pytest.mark.parametrize("contact", ["9999999", "x", "-1", "99999999999999999999"])
    def test_whom_one_cannot_see_does_not_exist(self, page, live, contact):
        assert page(live(CITY), contact).status_code == 404

    def test_number_of_queries_does_not_grow_with_what_is_related(
        self, page, live, django_assert_max_num_queries
    ):
        roofs = {"field": "topic", "op": "eq", "value": "Roofs"}
        segment = live(where({"related": "leads", "where": roofs}))
        contact = ContactFactory()
        numbers = []
        page(segment, contact.pk)
        for more in (1, 10):
            LeadFactory.create_batch(more, topic="Roofs", parent_contact=contact)
            with django_assert_max_num_queries(90) as asked:
                page(segment, contact.pk)
            numbers.append(len(asked))
        assert numbers[0] == numbers[1]
