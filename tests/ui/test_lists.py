"""List pages: who sees what, filters, bulk actions, export, query budgets."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from crm.models import Contact, Lead
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


LISTS = ["contact_list", "account_list", "lead_list", "activity_list", "product_list"]


@pytest.mark.parametrize("name", LISTS)
def test_list_costs_the_same_for_one_row_and_for_ten(as_user, cast, name):
    browser = as_user(cast.admin)
    made = {"contact_list": ContactFactory, "account_list": AccountFactory}
    factory = made.get(name, LeadFactory)
    factory(owner=cast.admin)
    browser.get(reverse(name))
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert browser.get(reverse(name)).status_code == 200
    for _ in range(9):
        factory(owner=cast.ben)
    with CaptureQueriesContext(connection) as ten:
        assert browser.get(reverse(name)).status_code == 200
    assert len(ten) <= len(one)


def test_salesperson_opens_contacts_without_marketing_only_people(as_user, cast):
    ContactFactory(first_name="Known", last_name="Customer")
    ContactFactory(first_name="Lead", last_name="Only", marketing_only=True)
    page = as_user(cast.ben).get(reverse("contact_list"), {}).content.decode()
    assert "Known Customer" in page
    assert "Lead Only" not in page
    assert "only marketing knows" in page


def test_leads_of_another_team_are_not_listed(as_user, cast):
    LeadFactory(first_name="Own", last_name="Lead", owner=cast.ben, team=cast.benelux)
    LeadFactory(
        first_name="Other", last_name="Lead", owner=cast.carl, team=cast.nordics
    )
    page = (
        as_user(cast.ben).get(reverse("lead_list"), {"view": "open"}).content.decode()
    )
    assert "Own Lead" in page
    assert "Other Lead" not in page


@pytest.mark.parametrize("text", ["BERL", "berl", "Berl"])
def test_text_filter_disregards_case(as_user, cast, text):
    LeadFactory(first_name="In", last_name="Berlin", city="Berlin")
    LeadFactory(first_name="In", last_name="Rome", city="Rome")
    page = as_user(cast.admin).get(
        reverse("lead_list"), {"view": "open", "city__contains": text}
    )
    assert "In Berlin" in page.content.decode()
    assert "In Rome" not in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"q": "a\x00b"},
        {"city__contains": "a\x00"},
        {"owner": "x"},
        {"created_from": "never"},
        {"sort": "nothing"},
        {"after": "###"},
        {"view": "none"},
    ],
)
def test_bad_input_never_breaks_a_list(as_user, cast, query):
    assert as_user(cast.admin).get(reverse("lead_list"), query).status_code == 200


def test_short_search_matches_beginnings_and_long_one_fragments(as_user, cast):
    ContactFactory(first_name="Ada", last_name="Övermeyer", email="x@y.test")
    browser = as_user(cast.admin)
    for text in ("ov", "meyer"):
        page = browser.get(reverse("contact_list"), {"view": "all", "q": text})
        assert "Övermeyer" in page.content.decode(), text


def test_counts_come_after_the_page(as_user, cast):
    LeadFactory.create_batch(3)
    answer = as_user(cast.admin).get(reverse("lead_list"), {"part": "counts"})
    assert 'id="n-open" hx-swap-oob="true"' in answer.content.decode()
    assert "3 leads" in answer.content.decode()


def test_export_runs_no_formula(as_user, cast):
    LeadFactory(first_name="=HYPERLINK(1)", last_name="", company_name="@SUM(A1)")
    answer = as_user(cast.admin).get(reverse("lead_list"), {"part": "export"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "'@SUM(A1)" in text


def test_bulk_assign_gives_the_selection_to_a_person(as_user, cast):
    leads = LeadFactory.create_batch(3)
    chosen = [lead.pk for lead in leads[:2]]
    answer = as_user(cast.admin).post(
        reverse("lead_list"), {"action": "assign", "ids": chosen, "owner": cast.ben.pk}
    )
    assert answer.status_code == 204
    assert set(Lead.objects.filter(owner=cast.ben).values_list("pk", flat=True)) == set(
        chosen
    )


def test_bulk_action_reaches_no_row_the_user_may_not_change(as_user, cast):
    foreign = LeadFactory(owner=cast.carl, team=cast.nordics)
    as_user(cast.ben).post(
        reverse("lead_list"),
        {"action": "assign", "ids": [foreign.pk], "owner": cast.ben.pk},
    )
    foreign.refresh_from_db()
    assert foreign.owner == cast.carl


def test_read_only_role_is_refused_bulk_actions(as_user, cast):
    contact = ContactFactory()
    answer = as_user(cast.reader).post(
        reverse("contact_list"), {"action": "delete", "ids": [contact.pk]}
    )
    assert answer.status_code == 403
    assert Contact.objects.filter(pk=contact.pk).exists()


def test_conditions_narrow_a_list_and_stand_there_as_a_sentence(as_user, cast):
    LeadFactory(first_name="In", last_name="Berlin", city="Berlin")
    LeadFactory(first_name="In", last_name="Rome", city="Rome")
    tree = '{"from":"lead","where":{"field":"city","op":"eq","value":"berlin"}}'
    page = as_user(cast.admin).get(
        reverse("lead_list"), {"view": "open", "query": tree}
    )
    assert "In Berlin" in page.content.decode()
    assert "In Rome" not in page.content.decode()


@pytest.mark.parametrize(
    "tree",
    ["{", "[]", '{"from":"lead","where":{"field":"nope","op":"eq"}}', '"\\u0000"'],
)
def test_broken_conditions_are_named_and_list_nothing(as_user, cast, tree):
    LeadFactory(first_name="In", last_name="Rome")
    page = as_user(cast.admin).get(reverse("lead_list"), {"query": tree})
    assert page.status_code == 200
    assert "In Rome" not in page.content.decode()
    assert 'role="alert"' in page.content.decode()


def test_filters_in_force_stand_there_as_one_would_say_them(as_user, cast):
    page = as_user(cast.admin).get(
        reverse("lead_list"),
        {
            "city__contains": "ber",
            "owner": str(cast.ben.pk),
            "sales_ready": "true",
            "created_at__gte": "2026-01-01",
            "orphaned": "false",
        },
    )
    said = [(c.label, c.verb, c.value) for c in page.context["chips"]]
    assert ("City", "contains", "ber") in said
    assert ("Owner", "is", str(cast.ben)) in said
    assert ("Sales ready", "is", "Yes") in said
    assert ("Orphaned", "is", "No") in said
    assert ("Created at", "from") in [each[:2] for each in said]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("contact_list", "contacts"),
        ("account_list", "accounts"),
        ("lead_list", "leads"),
        ("activity_list", "activities"),
        ("product_list", "products"),
        ("campaign_list", "campaigns"),
    ],
)
def test_list_and_api_share_one_filterset(name, path):
    page = resolve(reverse(name)).func.view_class
    resource = resolve(f"/api/v1/{path}/").func.cls
    assert page.filterset_class is resource.filterset_class
    known = page.filterset_class.base_filters
    assert set(page.filterset_class.shown) <= set(known)
