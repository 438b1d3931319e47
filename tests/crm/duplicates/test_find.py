"""Who is found before a record is written: by the forms, the API and the services."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.base.models import Organisation
from core.journal.models import Entry
from core.journal.services import acting
from crm.duplicates.find import find_duplicates
from crm.duplicates.rules import Likeness, Rule
from crm.duplicates.services import pair_decide, pairs_store
from crm.models import Contact, DuplicatePair, DuplicateRule
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria():
    account = AccountFactory(name="Petersen A/S", website="https://petersen.dk")
    return ContactFactory(
        first_name="Maria",
        last_name="Petersen",
        email="maria@petersen.dk",
        phone="+45 33 12 34 56",
        mobile_phone="0045 2 234 5678",
        account=account,
        address_line1="Nygade 4",
        city="Aarhus",
        postal_code="8000",
        birth_date="1975-05-02",
        external_id="P-17",
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"email": " MARIA@petersen.dk "}, "Same email address"),
        (
            {"phone": "22345678", "first_name": "maria", "last_name": "pedersen"},
            "Same phone number, name 0.97 alike",
        ),
        (
            {
                "first_name": "Maria",
                "last_name": "Petersén",
                "company_name": "petersen as",
            },
            "Same name, same company",
        ),
        (
            {
                "first_name": "Petersen",
                "last_name": "Maria",
                "birth_date": "1975-05-02",
            },
            "Same name, same birth date",
        ),
    ],
)
def test_a_contact_is_found_through_each_index(maria, values, reason):
    ContactFactory.create_batch(5, last_name="Petersen", first_name="Mads")
    (found,) = find_duplicates("contact", values)
    assert (found.record, found.reason) == (maria, reason)
    assert find_duplicates("contact", values, exclude=[maria.pk]) == []


def test_inactive_and_closed_records_are_left_out(maria):
    Contact.objects.update(state="inactive")
    lead = LeadFactory(email="a@x.example", topic="Forklifts", state="disqualified")
    assert find_duplicates("contact", {"email": "maria@petersen.dk"}) == []
    again = {"email": lead.email, "topic": "Forklifts"}
    assert find_duplicates("lead", again) == []


def test_accounts_and_leads_are_found():
    account = AccountFactory(name="Nordic Freight GmbH", email="info@nordic.example")
    lead = LeadFactory(
        topic="Forklifts", email="a@x.example", first_name="Ann", last_name="Lee"
    )
    for entity, values, record in (
        ("account", {"name": "nordic freight"}, account),
        ("account", {"name": "Other", "email": "INFO@nordic.example"}, account),
        ("lead", {"email": "a@x.example", "topic": "forklifts!"}, lead),
    ):
        assert [f.record for f in find_duplicates(entity, values)] == [record]


def test_the_organisation_and_each_rule_can_be_switched_off(maria):
    values = {"email": "maria@petersen.dk"}
    DuplicateRule.objects.filter(key="contact-email").update(active=False)
    assert find_duplicates("contact", values) == []
    DuplicateRule.objects.update(active=True)
    assert find_duplicates("contact", values)
    Organisation.objects.update_or_create(pk=1, defaults={"detect_duplicates": False})
    assert find_duplicates("contact", values) == []


def test_it_costs_the_same_for_one_and_for_ten(maria, django_assert_num_queries):
    Organisation.current()
    values = {"email": "maria@petersen.dk", "first_name": "Maria"}
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert len(find_duplicates("contact", values, limit=20)) == 1
    ContactFactory.create_batch(9, email="maria@petersen.dk", first_name="Maria")
    with CaptureQueriesContext(connection) as ten:
        assert len(find_duplicates("contact", values, limit=20)) == 10
    assert len(one) == len(ten) == 5


@pytest.mark.parametrize("entity", ["contact", "account", "lead"])
def test_odd_values_find_nobody_and_break_nothing(entity):
    odd = {"email": None, "phone": "++", "last_name": "%_'", "birth_date": "20019999"}
    assert find_duplicates(entity, odd) == []
    assert find_duplicates(entity, {"name": "\\", "birth_date": "19990230"}) == []


# The API -----------------------------------------------------------------------------


def test_the_api_refuses_a_likely_duplicate_unless_told(api, cast, maria):
    url = "/api/v1/contacts/"
    body = {"first_name": "Maria", "last_name": "Petersen", "email": maria.email}
    answer = api(cast.integration).post(url, body, format="json")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "likely_duplicate"
    (candidate,) = answer.json()["candidates"]
    assert candidate["id"] == maria.pk
    assert candidate["reasons"] == ["Same email address", "same name"]
    body["ignore_duplicates"] = True
    answer = api(cast.integration).post(url, body, format="json")
    assert answer.status_code == 201
    assert "ignore_duplicates" not in answer.json()


def test_a_family_may_share_an_address(api, cast, maria):
    body = {"first_name": "Jens", "last_name": "Holm", "email": maria.email}
    answer = api(cast.integration).post("/api/v1/contacts/", body, format="json")
    assert answer.status_code == 201
    url = f"/api/v1/contacts/{answer.json()['id']}/"
    change = {"first_name": "Maria", "last_name": "Petersen"}
    assert api(cast.admin).patch(url, change, format="json").status_code == 409
    change["ignore_duplicates"] = True
    assert api(cast.admin).patch(url, change, format="json").status_code == 200
    # What is not compared is never in the way.
    change = {"job_title": "Buyer", "last_name": "Petersen"}
    assert api(cast.admin).patch(url, change, format="json").status_code == 200


def test_check_answers_before_anything_is_written(api, cast, maria):
    url = "/api/v1/duplicates/check/"
    body = {"entity": "contact", "values": {"email": maria.email}}
    (found,) = api(cast.ben).post(url, body, format="json").json()["results"]
    assert (found["id"], found["score"]) == (maria.pk, 1.0)
    for bad, attr in (
        ({"entity": "contact", "values": {"colour": "x"}}, "values.colour"),
        ({"entity": "contact", "values": {"email": ["x"]}}, "values.email"),
        ({"entity": "contact", "values": {"email": "x\x00"}}, "values.email"),
        ({"entity": "product", "values": {}}, "entity"),
    ):
        answer = api(cast.ben).post(url, bad, format="json")
        assert answer.status_code == 400, bad
        assert answer.json()["errors"][0]["attr"] == attr


def test_hidden_leads_are_named_without_their_number(api, cast):
    LeadFactory(
        topic="Forklifts", email="a@x.example", owner=cast.carl, team=cast.nordics
    )
    body = {"entity": "lead", "values": {"email": "a@x.example", "topic": "Forklifts"}}
    url = "/api/v1/duplicates/check/"
    (found,) = api(cast.ben).post(url, body, format="json").json()["results"]
    assert set(found) == {"entity", "name", "owner"}
    assert found["owner"] == str(cast.carl)


def test_rules_are_data(api, cast):
    url = "/api/v1/duplicate-rules/"
    body = {
        "key": "badge",
        "name": "Same badge",
        "entity": "contact",
        "parts": [{"field": "external_id", "needed": True}],
        "threshold": 1,
    }
    answer = api(cast.admin).post(url, body, format="json")
    assert answer.status_code == 201, answer.json()
    known = ContactFactory(external_id="B-1")
    assert [f.record for f in find_duplicates("contact", {"external_id": "B-1"})] == [
        known
    ]
    bad = {"parts": [{"field": "colour"}]}
    answer = api(cast.admin).patch(f"{url}{answer.json()['id']}/", bad, format="json")
    assert answer.json()["errors"][0]["attr"] == "parts"
    shipped = DuplicateRule.objects.get(key="contact-email")
    assert api(cast.admin).delete(f"{url}{shipped.pk}/").status_code == 409
    assert Entry.objects.filter(name="duplicate_rule.created").exists()


# The queue ---------------------------------------------------------------------------


def pair_of(one, other, score=0.9):
    likeness = Likeness(score, ("Same name",), Rule("x", (), 0.5))
    pairs_store(entity="contact", found={(other.pk, one.pk): likeness})
    return DuplicatePair.objects.get()


def test_what_was_decided_is_remembered(cast):
    one, other = ContactFactory.create_batch(2)
    pair = pair_of(one, other)
    assert (pair.first_id, pair.second_id) == (one.pk, other.pk)
    with acting(cast.ann, "test"):
        pair_decide(pair=pair, user=cast.ann, state="dismissed")
    again = pair_of(one, other, 0.95)
    assert (again.state, again.score, again.decided_by) == ("dismissed", 0.95, cast.ann)
    entry = Entry.objects.get(name="duplicate.decided")
    assert entry.data == {"other": other.pk, "was": "open", "is": "dismissed"}


def test_pairs_over_the_api(api, cast):
    one, other = ContactFactory.create_batch(2)
    pair = pair_of(one, other)
    url = "/api/v1/duplicates/"
    (row,) = api(cast.ann).get(url, {"state": "open"}).json()["results"]
    assert row["id"] == pair.pk
    for action, state in (
        ("later", "later"),
        ("dismiss", "dismissed"),
        ("reopen", "open"),
    ):
        answer = api(cast.ann).post(f"{url}{pair.pk}/{action}/")
        assert answer.json()["state"] == state
    # A salesperson who may change neither of the two decides nothing.
    assert api(cast.ben).post(f"{url}{pair.pk}/dismiss/").status_code == 403
    other.delete()
    assert api(cast.ann).get(url).json()["results"] == []


def test_the_form_warns_once_and_then_obeys(client, cast, maria):
    client.force_login(cast.ben, backend="django.contrib.auth.backends.ModelBackend")
    typed = {"first_name": "Maria", "last_name": "Petersen", "email": maria.email}
    typed["consent_level"] = "0"
    page = client.post(reverse("contact_create"), typed)
    assert page.status_code == 422
    assert b"Same email address, same name" in page.content
    answer = client.post(reverse("contact_create"), typed | {"sure": "1"})
    assert answer.status_code == 302, answer.content
    assert Contact.objects.filter(email=maria.email).count() == 2
