"""The settings: who may open them, and that they do what they say."""

import pytest
from django.urls import reverse

from core.api.models import ApiToken
from core.base.models import Organisation
from core.journal.models import Entry, FailedEvent
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

FOR_ADMINISTRATORS = [
    "user_list",
    "team_list",
    "organisation",
    "audit_search",
    "failed_event_list",
    "system_status",
]


@pytest.mark.parametrize("name", [*FOR_ADMINISTRATORS, "role_list", "token_list"])
def test_administrator_opens_every_page(client, cast, name):
    client.force_login(cast.admin)
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", FOR_ADMINISTRATORS)
def test_nobody_else_opens_those_of_administrators(client, cast, name):
    assert client.get(reverse(name)).status_code == 302
    client.force_login(cast.ben)
    assert client.get(reverse(name)).status_code == 403


def test_token_is_shown_once_works_and_is_revoked(client, cast, api):
    client.force_login(cast.ben)
    url = reverse("token_list")
    made = client.post(url, {"name": "Till"})
    token = made.context["made"]
    assert token in made.content.decode()
    assert token not in client.get(url).content.decode()
    asked = {"HTTP_AUTHORIZATION": f"Token {token}"}
    client.logout()
    assert client.get("/api/v1/leads/", **asked).status_code == 200
    client.force_login(cast.carl)
    row = ApiToken.objects.get()
    assert client.post(url, {"revoke": row.pk}).status_code == 404
    client.force_login(cast.ben)
    client.post(url, {"revoke": row.pk})
    client.logout()
    assert client.get("/api/v1/leads/", **asked).status_code == 401


def test_switches_are_saved(client, cast):
    client.force_login(cast.admin)
    page = client.get(reverse("organisation"))
    data = {
        k: v for k, v in page.context["form"].initial.items() if v not in (None, False)
    }
    answer = client.post(reverse("organisation"), data | {"name": "Koopman"})
    assert answer.status_code == 302
    assert Organisation.current().name == "Koopman"
    wrong = client.post(reverse("organisation"), data | {"name": ""})
    assert wrong.status_code == 422


def test_failed_event_is_tried_again_or_put_aside(client, cast):
    client.force_login(cast.admin)
    ContactFactory()
    entry = Entry.objects.latest("id")
    gone = FailedEvent.objects.create(consumer="nobody", entry_id=entry.pk)
    url = reverse("failed_event_list")
    assert "contact.created" in client.get(url).content.decode()
    client.post(url, {"event": gone.pk, "deed": "replay"})
    gone.refresh_from_db()
    assert gone.resolved_at is None
    client.post(url, {"event": gone.pk, "deed": "dismiss"})
    gone.refresh_from_db()
    assert gone.resolved_at is not None
    assert client.post(url, {"event": "0", "deed": "replay"}).status_code == 404
    client.force_login(cast.ben)
    assert client.post(url, {"event": gone.pk}).status_code == 403


def test_history_of_a_deleted_record_is_found_by_its_number(client, cast):
    contact = ContactFactory(city="Gent")
    number = contact.pk
    contact.delete()
    client.force_login(cast.admin)
    page = client.get(
        reverse("audit_search"), {"entity": "contact", "number": number}
    ).content.decode()
    assert "Gent" in page


def test_roles_say_in_words_what_they_may(client, cast):
    client.force_login(cast.ann)
    page = client.get(reverse("role_list"), {"role": "salesperson"}).content.decode()
    assert "of the team and unowned" in page
