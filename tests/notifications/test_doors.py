"""The bell, the page, the preferences and the API: one's own rows only."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.journal.services import acting
from core.notifications.models import Digest, Notification, Preference
from crm.models import Note
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ben(client, cast):
    client.force_login(cast.ben, backend=BACKEND)
    return client


@pytest.fixture
def leads(told, cast):
    with acting(cast.sales_manager, "test"):
        found = [
            LeadFactory(topic=topic, owner=cast.ben) for topic in ("First", "Second")
        ]
        LeadFactory(topic="Other", owner=cast.carl)
    told(cast.ben)
    return found


def test_bell_counts_what_is_unread_and_lists_it(ben, leads):
    assert "Notifications, 2 unread" in ben.get(reverse("home")).content.decode()
    bell = reverse("notification_bell")
    assert "2 unread" in ben.get(bell).content.decode()
    listed = ben.get(f"{bell}?part=list").content.decode()
    assert "First was assigned to you" in listed
    assert "Other" not in listed


def test_opening_one_marks_it_read_and_leads_to_its_record(ben, leads, cast):
    row = Notification.objects.filter(user=cast.ben).earliest("pk")
    url = reverse("notification_open", args=[row.pk])
    assert ben.post(url).url == reverse("lead", args=[leads[0].pk])
    row.refresh_from_db()
    assert row.read_at is not None
    others = Notification.objects.get(user=cast.carl)
    assert ben.post(reverse("notification_open", args=[others.pk])).status_code == 404
    page = ben.get(reverse("notifications") + "?show=unread").content.decode()
    assert "Second" in page
    assert "First" not in page


def test_all_that_was_seen_is_read_and_what_came_meanwhile_is_not(
    ben, leads, told, cast
):
    seen = Notification.objects.filter(user=cast.ben).latest("pk").pk
    with acting(cast.sales_manager, "test"):
        LeadFactory(owner=cast.ben)
    told(cast.ben)
    ben.post(reverse("notifications"), {"upto": seen})
    assert Notification.objects.filter(user=cast.ben).unread().count() == 1
    assert Notification.objects.filter(user=cast.carl).unread().count() == 1


def test_page_turns(ben, told, cast):
    rows = [
        Notification(user=cast.ben, kind="lead_assigned", number=2, entry_id=n)
        for n in range(1, 61)
    ]
    Notification.objects.bulk_create(rows)
    first = ben.get(reverse("notifications"))
    assert len(first.context["lines"]) == 50
    older = ben.get(f"{reverse('notifications')}?before={first.context['older']}")
    assert len(older.context["lines"]) == 10


def test_preferences_are_kept(ben, cast):
    url = reverse("notification_preferences")
    assert "A colleague mentions me" in ben.get(url).content.decode()
    ben.post(url, {"frequency": "weekly", "app_mentioned": "on"})
    row = Preference.objects.get(user=cast.ben, kind="mentioned")
    assert (row.in_app, row.in_digest) == (True, False)
    assert Digest.objects.get(user=cast.ben).frequency == "weekly"
    assert ben.post(url, {"frequency": "hourly"}).status_code == 400
    assert Digest.objects.get(user=cast.ben).frequency == "weekly"


def test_page_costs_the_same_for_two_and_forty(
    ben, leads, told, cast, django_assert_max_num_queries
):
    for number in (2, 40):
        while Notification.objects.filter(user=cast.ben).count() < number:
            with acting(cast.sales_manager, "test"):
                for _ in range(4):
                    LeadFactory(owner=cast.ben)
            told(cast.ben)
        with django_assert_max_num_queries(18):
            assert ben.get(reverse("notifications")).status_code == 200


def test_note_written_on_a_page_says_who_was_not_told(ben, cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    url = reverse("compose", args=["lead", lead.pk, "note"])
    answer = ben.post(url, {"body": "@carl have a look"})
    assert answer.status_code == 200
    assert str(cast.carl) in answer["HX-Trigger"]
    assert "may not see this record" in answer["HX-Trigger"]
    assert Note.objects.get().body == "@carl have a look"


def test_colleagues_offered_behind_an_at(ben, cast):
    url = reverse("mentionable")
    found = ben.get(url, {"q": "car"}).json()["people"]
    assert "carl" in [each["username"] for each in found]
    assert ben.get(url, {"q": "ben"}).json()["people"] == []


def test_api_of_ones_own(api, leads, cast):
    ben = api(cast.ben)
    url = "/api/v1/notifications/"
    rows = ben.get(url).json()["results"]
    assert [row["sentence"].split()[0] for row in rows] == ["Second", "First"]
    one = ben.post(f"{url}{rows[0]['id']}/read/").json()
    assert one["read_at"] is not None
    assert one["sentence"].startswith("Second")
    assert len(ben.get(f"{url}?unread=true").json()["results"]) == 1
    assert ben.post(f"{url}read-all/", {}).json() == {"read": 1}
    assert api(cast.ann).get(f"{url}{rows[0]['id']}/").status_code == 404


def test_api_preferences(api, cast):
    ben = api(cast.ben)
    url = "/api/v1/notifications/preferences/"
    change = {"frequency": "off", "kinds": [{"kind": "mentioned", "in_app": False}]}
    got = ben.patch(url, change).json()
    assert got["frequency"] == "off"
    mentioned = next(k for k in got["kinds"] if k["kind"] == "mentioned")
    assert (mentioned["in_app"], mentioned["in_digest"]) == (False, True)
    wrong = ben.patch(url, {"kinds": [{"kind": "nonsense"}]})
    assert wrong.status_code == 400


def test_api_note_answers_whom_it_mentions_in_vain(api, cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    body = {"regarding_type": "lead", "regarding_id": lead.pk, "body": "@carl hi"}
    got = api(cast.ben).post("/api/v1/notes/", body).json()
    assert got["not_told"] == [str(cast.carl)]
    assert api(cast.ben).get(f"/api/v1/notes/{got['id']}/").json()["not_told"] == []
