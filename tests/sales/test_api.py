"""Qualification and opportunities over the API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.models import Contact, Lead
from sales.models import Opportunity
from tests.factories import AccountFactory, CampaignFactory, ContactFactory, LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db


def lead_of(user, **values):
    known = {"first_name": "Ada", "last_name": "Byron", "email": "ada@x.example"}
    known |= {"company_name": "Engines", "topic": "Cards"}
    return LeadFactory(owner=user, team=user.team, **(known | values))


def at(lead, action):
    return f"/api/v1/leads/{lead.pk}/{action}/"


def test_qualify_answers_what_was_made(api, cast):
    lead = lead_of(cast.ben)
    answer = api(cast.ben).post(at(lead, "qualify"), {})
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    made = Opportunity.objects.get()
    assert told["opportunity"]["id"] == made.pk
    assert [row["entity"] for row in told["created"]] == [
        "account",
        "contact",
        "opportunity",
    ]
    assert told["state"] == "qualified"
    read = api(cast.ben).get(f"/api/v1/opportunities/{made.pk}/").json()
    assert (read["originating_lead"], read["name"]) == (lead.pk, "Cards")


def test_the_second_click_is_a_409(api, cast):
    lead = lead_of(cast.ben)
    client = api(cast.ben)
    client.post(at(lead, "qualify"), {})
    answer = client.post(at(lead, "qualify"), {})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "lead_closed"


def test_all_parameters_at_once(api, cast):
    account, contact, campaign = AccountFactory(), ContactFactory(), CampaignFactory()
    lead = lead_of(cast.ben)
    body = {
        "create_account": False,
        "create_contact": False,
        "create_opportunity": True,
        "account": account.pk,
        "contact": contact.pk,
        "opportunity_customer": {"entity": "account", "id": account.pk},
        "opportunity_currency": "EUR",
        "opportunity": {"estimated_value": "48000.50", "estimated_close": "2030-01-31"},
        "source_campaign": campaign.pk,
        "status_reason": "qualified",
        "ignore_duplicates": True,
        "dry_run": True,
    }
    answer = api(cast.ben).post(at(lead, "qualify"), body)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["opportunity"]["changes"]["estimated_value"] == [
        None,
        "48000.50",
    ]
    assert not Opportunity.objects.exists()
    answer = api(cast.ben).post(at(lead, "qualify"), body | {"dry_run": False})
    made = Opportunity.objects.get()
    assert (made.account, made.campaign) == (account, campaign)
    assert made.estimated_value == Decimal("48000.50")


def test_likely_duplicates_come_with_the_refusal(api, cast):
    contact = ContactFactory(email="ada@x.example")
    lead = lead_of(cast.ben)
    answer = api(cast.ben).post(at(lead, "qualify"), {})
    assert answer.status_code == 409
    (candidate,) = answer.json()["candidates"]
    assert (candidate["entity"], candidate["id"]) == ("contact", contact.pk)
    assert candidate["reasons"] == ["Same email address"]


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"colour": "red"}, "colour"),
        ({"account": 999_999}, "account"),
        ({"opportunity": {"name": "x" * 301}}, "opportunity.name"),
        ({"opportunity": {"estimated_value": "-1"}}, "opportunity.estimated_value"),
        (
            {"opportunity_customer": {"entity": "lead", "id": 1}},
            "opportunity_customer.entity",
        ),
        ({"status_reason": "new"}, "status_reason"),
        ({"opportunity_currency": "USD"}, "opportunity_currency"),
    ],
)
def test_wrong_input_is_a_400_at_its_field(api, cast, body, attr):
    lead = lead_of(cast.ben)
    answer = api(cast.ben).post(at(lead, "qualify"), body)
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]
    assert not Contact.objects.exists()


def test_the_life_of_a_lead(api, cast):
    lead = lead_of(cast.ann)
    steps = [
        (cast.ann, "mark-sales-ready", {}, {"stage": "sales_acceptance"}),
        (cast.sales_manager, "return-to-marketing", None, None),
        (cast.ann, "return-to-marketing", {"reason": "Later"}, {"sales_ready": False}),
        (cast.ben, "take-over", {}, {"owner": cast.ben.pk}),
        (cast.ben, "disqualify", {"status_reason": "lost"}, {"state": "disqualified"}),
        (cast.ben, "reactivate", {}, {"status_reason": "new"}),
    ]
    for user, action, body, expected in steps:
        answer = api(user).post(at(lead, action), body or {})
        if expected is None:
            assert answer.status_code in (403, 404)
            continue
        assert answer.status_code == 200, (action, answer.json())
        told = answer.json()
        assert {name: told[name] for name in expected} == expected
        if action == "return-to-marketing":
            Lead.objects.filter(pk=lead.pk).update(owner=None, team=None)


def test_if_match_is_honoured(api, cast):
    lead = lead_of(cast.ben)
    answer = api(cast.ben).post(at(lead, "disqualify"), {}, headers={"If-Match": '"7"'})
    assert answer.status_code == 412


@pytest.mark.parametrize("action", ["qualify", "disqualify", "reactivate", "take-over"])
def test_strangers_get_a_404_and_readers_a_403(api, cast, action):
    lead = lead_of(cast.ben)
    assert api(cast.carl).post(at(lead, action), {}).status_code == 404
    assert api(cast.reader).post(at(lead, action), {}).status_code == 403


def test_many_leads_with_a_line_for_each(api, cast):
    mine, foreign = lead_of(cast.ben), lead_of(cast.carl)
    body = {"leads": [mine.pk, foreign.pk, mine.pk]}
    told = api(cast.ben).post("/api/v1/leads/qualify/", body).json()
    assert (told["done"], told["refused"]) == (1, 2)
    codes = [row["code"] for row in told["results"]]
    assert codes == ["", "not_found", "lead_closed"]
    other = lead_of(cast.ben, email="b@x.example")
    body = {"leads": [other.pk], "status_reason": "canceled"}
    told = api(cast.ben).post("/api/v1/leads/disqualify/", body).json()
    assert told["done"] == 1
    assert api(cast.reader).post("/api/v1/leads/qualify/", body).status_code == 403


def test_an_opportunity_from_its_making_to_won_and_back(api, cast):
    client = api(cast.ben)
    account = AccountFactory()
    made = client.post(
        "/api/v1/opportunities/",
        {"name": "Cards", "account": account.pk, "estimated_value": "10.10"},
    )
    assert made.status_code == 201, made.json()
    told = made.json()
    assert (told["currency"], told["probability"], told["owner"]) == (
        "EUR",
        20,
        cast.ben.pk,
    )
    url = f"/api/v1/opportunities/{told['id']}/"
    assert client.patch(url, {"stage": "propose"}).json()["probability"] == 60
    assert client.patch(url, {"state": "won"}).status_code == 400
    won = client.post(f"{url}win/", {"actual_value": "9.99", "note": "Signed"})
    assert won.status_code == 200, won.json()
    assert (won.json()["state"], won.json()["actual_value"]) == ("won", "9.99")
    assert client.patch(url, {"stage": "close"}).status_code == 409
    assert client.post(f"{url}reopen/", {}).json()["state"] == "open"
    lost = client.post(f"{url}lose/", {"status_reason": "out_sold"})
    assert lost.json()["status_reason"] == "out_sold"
    bad = client.post(f"{url}lose/", {"status_reason": "won"})
    assert bad.status_code == 409


def test_lists_are_filtered_searched_and_sorted(api, cast):
    OpportunityFactory(name="Scanners", estimated_value=5)
    OpportunityFactory(name="Printers", estimated_value=9)
    OpportunityFactory(name="Other")
    client = api(cast.admin)

    def names(query):
        answer = client.get(f"/api/v1/opportunities/?{query}")
        assert answer.status_code == 200, answer.json()
        return [row["name"] for row in answer.json()["results"]]

    assert names("search=scan") == ["Scanners"]
    assert names("estimated_value__gte=6") == ["Printers"]
    assert names("ordering=estimated_value")[:2] == ["Scanners", "Printers"]


def test_the_same_number_of_queries_for_one_row_and_ten(
    api, cast, django_assert_max_num_queries
):
    client = api(cast.ben)

    def rows():
        with django_assert_max_num_queries(12) as seen:
            client.get("/api/v1/opportunities/")
        return len(seen)

    OpportunityFactory(owner=cast.ben, team=cast.benelux)
    one = rows()
    for _ in range(9):
        OpportunityFactory(owner=cast.ben, team=cast.benelux)
    assert rows() == one
