"""Record and form pages: strangers, edit in place, lost races, two clicks."""

import uuid

import pytest
from django.urls import reverse

from crm.models import Activity, Contact, Lead
from tests.factories import ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(cast):
    return ContactFactory(
        first_name="Maartje", last_name="Berg", city="Gent", owner=cast.ann
    )


def test_stranger_gets_404_and_nobody_in_particular_is_sent_to_sign_in(client, cast):
    lead = LeadFactory(owner=cast.carl, team=cast.nordics)
    url = reverse("lead", args=[lead.pk])
    assert client.get(url).url.startswith(reverse("login"))
    client.force_login(cast.ben)
    assert client.get(url).status_code == 404


def test_fact_is_saved_in_place_and_stands_in_the_audit_history(client, cast, contact):
    client.force_login(cast.ann)
    url = reverse("contact", args=[contact.pk])
    contact.refresh_from_db()
    answer = client.post(
        url, {"field": "city", "city": "Utrecht", "version": contact.version}
    )
    assert answer.status_code == 200
    history = client.get(url, {"part": "audit"}).content.decode()
    assert "Gent" in history
    assert "Utrecht" in history
    assert str(cast.ann) in history


def test_lost_race_answers_412_and_keeps_what_was_typed(client, cast, contact):
    client.force_login(cast.ann)
    contact.refresh_from_db()
    version = contact.version
    Contact.objects.filter(pk=contact.pk).update(city="Brugge")
    answer = client.post(
        reverse("contact", args=[contact.pk]),
        {"field": "city", "city": "Mine", "version": version},
    )
    assert answer.status_code == 412
    text = answer.content.decode()
    assert "Brugge" in text
    assert 'value="Mine"' in text
    contact.refresh_from_db()
    assert contact.city == "Brugge"


def test_who_may_not_change_a_record_is_refused(client, cast, contact):
    client.force_login(cast.reader)
    url = reverse("contact", args=[contact.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"field": "city", "city": "X"}).status_code == 403
    assert client.get(reverse("contact_edit", args=[contact.pk])).status_code == 403


def test_call_note_and_task_stand_on_the_timeline(client, cast, contact):
    client.force_login(cast.ann)
    for kind, data in (
        ("phone_call", {"body": "Wants prices", "minutes": "7"}),
        ("note", {"body": "Remember the ramp"}),
        ("task", {"subject": "Send the offer"}),
    ):
        url = reverse("compose", args=["contact", contact.pk, kind])
        assert client.post(url, data).status_code == 200
    page = client.get(reverse("contact", args=[contact.pk])).content.decode()
    for text in ("Wants prices", "7 minutes", "Remember the ramp", "Send the offer"):
        assert text in page
    assert Activity.objects.filter(contact=contact).count() == 2


def test_two_clicks_make_one_lead(client, cast):
    client.force_login(cast.ann)
    data = {"token": str(uuid.uuid4()), "topic": "Once", "last_name": "Click"}
    first = client.post(reverse("lead_create"), data)
    second = client.post(reverse("lead_create"), data)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Lead.objects.filter(topic="Once").count() == 1


def test_wrong_form_says_so_at_the_field_and_loses_nothing(client, cast):
    client.force_login(cast.ann)
    answer = client.post(
        reverse("lead_create"), {"topic": "Kept text", "email": "not-an-address"}
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Kept text" in text
    assert "Enter a valid email address" in text


def test_somebody_known_is_shown_before_a_second_is_made(client, cast):
    ContactFactory(first_name="Ada", last_name="Meyer", email="ada@meyer.test")
    client.force_login(cast.ann)
    data = {
        "first_name": "Ada",
        "last_name": "Meyer",
        "email": "ADA@meyer.test",
        "consent_level": "0",
    }
    answer = client.post(reverse("contact_create"), data)
    assert answer.status_code == 422
    assert "somebody you know already" in answer.content.decode()
    assert (
        client.post(reverse("contact_create"), data | {"sure": "1"}).status_code == 302
    )
    assert Contact.objects.filter(email_norm="ada@meyer.test").count() == 2


def test_search_finds_what_one_may_see(client, cast, contact):
    LeadFactory(topic="Maartje elsewhere", owner=cast.carl, team=cast.nordics)
    client.force_login(cast.ben)
    page = client.get(reverse("search"), {"q": "maartj"}).content.decode()
    assert "Maartje Berg" in page
    assert "Maartje elsewhere" not in page


def test_neighbours_come_from_the_list_one_was_in(client, cast):
    first, middle, last = (LeadFactory(topic=t, owner=cast.ann) for t in "abc")
    client.force_login(cast.ann)
    page = client.get(
        reverse("lead", args=[middle.pk]), {"in": "view=open&sort=created"}
    ).content.decode()
    assert reverse("lead", args=[first.pk]) + "?in=" in page
    assert reverse("lead", args=[last.pk]) + "?in=" in page
