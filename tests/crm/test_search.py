"""Search has one meaning: lists, palette, look-ups and the API find the same rows."""

import pytest
from django.db import connection
from django.urls import reverse

from crm.models import Contact
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(cast):
    ContactFactory(first_name="Ada", last_name="Övermeyer", email="x@y.test")
    ContactFactory(first_name="José", last_name="Li", email="jose@li.test")
    ContactFactory(first_name="Wu", last_name="Li", email="wu@li.test")
    ContactFactory(first_name="50%", last_name="Under_score", email="z@z.test")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("overmeyer", {"Övermeyer"}),
        ("ÖVERMEYER ada", {"Övermeyer"}),
        ("övermeyer", {"Övermeyer"}),
        ("meyer", {"Övermeyer"}),
        ("jose", {"Li"}),
        ("JOSÉ li", {"Li"}),
        ("ov", {"Övermeyer"}),
        ("Ö", {"Övermeyer"}),
        ("wu li", {"Li"}),
        ("ey", set()),
        ("50%", {"Under_score"}),
        ("r_sc", {"Under_score"}),
        ("r%sc", set()),
        ("nobody", set()),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(people, text, found):
    assert {c.last_name for c in Contact.objects.search(text)} == found


@pytest.mark.parametrize("text", ["OVER", "josé", "wu li", "ov"])
def test_every_door_finds_the_same(people, cast, client, api, text):
    names = sorted(c.name for c in Contact.objects.search(text))
    assert names
    answer = api(cast.admin).get("/api/v1/contacts/", {"search": text})
    assert len(answer.json()["results"]) == len(names)
    client.force_login(cast.admin)
    found = client.get(reverse("lookup", args=["contact"]), {"q": text}).json()["hits"]
    assert sorted(hit["title"] for hit in found) == names
    palette = client.get(reverse("search"), {"q": text}).content.decode()
    page = client.get(reverse("contact_list"), {"view": "all", "q": text})
    for name in names:
        assert name in palette
        assert name in page.content.decode()


@pytest.mark.parametrize(
    ("text", "index"), [("meyer", "contact_search"), ("ov", "contact_by_name")]
)
def test_fragments_and_beginnings_have_their_index(people, text, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Contact.objects.search(text).order_by().values("pk").explain()
    assert index in plan
