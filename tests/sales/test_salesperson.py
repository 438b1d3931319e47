"""What a salesperson does in the browser beside qualifying."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from core.journal.models import Entry
from core.journal.services import acting, record
from crm.models import Activity, Contact, Lead, Product
from crm.services.activities import activity_log
from crm.services.records import record_update
from sales.models import Opportunity
from tests.factories import ContactFactory, LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ben(client, cast):
    client.force_login(cast.ben, backend=BACKEND)
    return client


def known(cast, **values):
    """Somebody whom marketing knows."""
    values = {
        "first_name": "Maartje",
        "last_name": "Berg",
        "email": "mb@koopman.example",
        "marketing_only": True,
        "owner": cast.ann,
    } | values
    return ContactFactory(**values)


# Somebody whom marketing already knows ------------------------------------------------


def test_entering_somebody_marketing_knows_leads_to_that_person(ben, cast):
    contact = known(cast)
    url = reverse("contact_create")
    form = ben.get(url).context["form"]
    blank = {n: form[n].value() for n in form.fields}
    blank = {n: v for n, v in blank.items() if v not in (None, "") and v is not False}
    answer = ben.post(url, blank | {"last_name": "Berg", "email": "MB@koopman.example"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert reverse("contact", args=[contact.pk]) in page
    assert "Marketing only" in page
    take = reverse("contact_make_sales", args=[contact.pk])
    assert f'formaction="{take}"' in page
    assert ben.post(take).status_code == 302
    contact.refresh_from_db()
    assert (contact.marketing_only, contact.owner) == (False, cast.ben)
    assert Contact.objects.count() == 1
    entry = Entry.objects.get(name="contact.made_sales")
    assert (entry.contact_id, entry.actor_id) == (contact.pk, cast.ben.pk)


def test_searching_somebody_marketing_knows_finds_the_person(ben, cast):
    contact = known(cast)
    found = ben.get("/search/?q=maartje").content.decode()
    assert reverse("contact", args=[contact.pk]) in found
    assert "Marketing only" in found
    page = ben.get(reverse("contact", args=[contact.pk])).content.decode()
    assert "Make sales contact" in page
    listed = ben.get("/contacts/?view=sales").content.decode()
    assert "Maartje" not in listed
    assert "People whom only marketing knows are not listed here." in listed


def test_a_sales_contact_is_not_taken_twice(api, cast):
    contact = known(cast)
    url = f"/api/v1/contacts/{contact.pk}/make-sales/"
    assert api(cast.reader).post(url).status_code == 403
    made = api(cast.ben).post(url)
    assert (made.status_code, made.json()["marketing_only"]) == (200, False)
    again = api(cast.carl).post(url)
    assert again.status_code == 409
    assert again.json()["errors"][0]["code"] == "not_marketing_only"


# A lead out of a contact, a call, an appointment --------------------------------------


def test_a_lead_out_of_a_contact_carries_person_company_and_source(ben, cast):
    contact = known(cast, company_name="Koopman")
    LeadFactory(parent_contact=contact, lead_source="Google", owner=cast.ben)
    form = ben.get(f"/leads/new/?contact={contact.pk}").context["form"]
    assert form["last_name"].value() == "Berg"
    assert form["parent_contact"].value() == contact.pk
    assert form["company_name"].value() == "Koopman"
    assert form["lead_source"].value() == "Google"


def test_a_lead_out_of_a_call_carries_what_was_said(ben, cast):
    contact = known(cast)
    with acting(cast.ben, via="browser"):
        call = activity_log(
            kind="phone_call",
            subject="Phone call",
            description="Wants a quote",
            state="completed",
            regarding_type="contact",
            regarding_id=contact.pk,
            user=cast.ben,
        )
    page = ben.get(reverse("contact", args=[contact.pk])).content.decode()
    url = f"{reverse('lead_create')}?activity={call.pk}"
    assert url in page
    form = ben.get(url).context["form"]
    assert "Wants a quote" in form["description"].value()
    values = {
        name: form[name].value()
        for name in ("last_name", "email", "parent_contact", "description")
    }
    assert ben.post(url, values | {"topic": "Scanners"}).status_code == 302
    lead = Lead.objects.get()
    call.refresh_from_db()
    assert (lead.parent_contact, call.lead) == (contact, lead)
    assert lead.entered_by_sales


@pytest.mark.parametrize("query", ["activity=nonsense", "contact=", "activity=9"])
def test_a_lead_out_of_nothing_is_an_empty_form(ben, query):
    form = ben.get(f"/leads/new/?{query}").context["form"]
    assert form["last_name"].value() in (None, "")


# The composer -------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ["lead", "opportunity"])
def test_a_customer_request_names_a_product_and_when_it_is_due(ben, cast, entity):
    factory = {"lead": LeadFactory, "opportunity": OpportunityFactory}[entity]
    row = factory(owner=cast.ben, team=cast.benelux)
    product = Product.objects.create(name="Scanner X2")
    url = reverse("compose", args=[entity, row.pk, "customer_request"])
    answer = ben.post(
        url,
        {"subject": "Quote", "product": product.pk, "due_at": "2030-01-31T10:00"},
    )
    assert answer.status_code == 200
    asked = Activity.objects.get()
    assert (asked.kind, asked.state, asked.product) == (
        "customer_request",
        "open",
        product,
    )
    page = ben.get(reverse(entity, args=[row.pk])).content.decode()
    assert "Quote (Scanner X2)" in page


@pytest.mark.parametrize("kind", ["phone_call", "note", "task", "appointment"])
def test_everything_can_be_written_on_an_opportunity(ben, cast, kind):
    row = OpportunityFactory(owner=cast.ben, team=cast.benelux)
    url = reverse("compose", args=["opportunity", row.pk, kind])
    assert ben.post(url, {"body": "They agreed"}).status_code == 200
    page = ben.get(reverse("opportunity", args=[row.pk])).content.decode()
    assert "They agreed" in page


def test_what_has_no_page_cannot_be_written_on(ben):
    assert ben.post("/records/campaign/1/compose/note/", {"body": 1}).status_code == 404
    assert ben.post("/records/nonsense/1/delete/").status_code == 404


def test_an_opportunity_is_deleted_by_whom_the_table_lets(ben, cast, client):
    row = OpportunityFactory(owner=cast.ben, team=cast.benelux)
    url = reverse("record_delete", args=["opportunity", row.pk])
    assert ben.post(url).status_code == 403
    client.force_login(cast.sales_manager, backend=BACKEND)
    answer = client.post(url)
    assert answer.headers["Location"] == reverse("opportunity_list")
    assert not Opportunity.objects.exists()


def test_a_closed_opportunity_offers_to_reopen_only(ben, cast):
    row = OpportunityFactory(owner=cast.ben, team=cast.benelux)
    ben.post(reverse("opportunity_win", args=[row.pk]), {"actual_value": "5"})
    page = ben.get(reverse("opportunity", args=[row.pk])).content.decode()
    assert reverse("opportunity_reopen", args=[row.pk]) in page
    assert reverse("opportunity_edit", args=[row.pk]) not in page


# Many at once -------------------------------------------------------------------------


def test_a_selection_is_reported_row_by_row(ben, cast):
    mine = LeadFactory(owner=cast.ben, team=cast.benelux)
    closed = LeadFactory(
        owner=cast.ben, team=cast.benelux, state="qualified", status_reason="qualified"
    )
    colleague = LeadFactory(
        topic="Of a colleague", owner=cast.sales_manager, team=cast.benelux
    )
    body = {
        "action": "disqualify",
        "ids": [mine.pk, closed.pk, colleague.pk],
        "status_reason": "lost",
    }
    answer = ben.post("/leads/?view=open", body, headers={"HX-Request": "true"})
    report = answer.content.decode()
    assert answer.headers["HX-Retarget"] == "#drawer"
    assert "1 lead disqualified." in report
    assert reverse("lead", args=[closed.pk]) in report
    assert "Reactivate it first" in report
    assert "Of a colleague" in report
    mine.refresh_from_db()
    colleague.refresh_from_db()
    assert (mine.state, colleague.state) == ("disqualified", "open")


def test_a_selection_that_all_went_well_answers_with_a_sentence(ben, cast):
    mine = LeadFactory(owner=cast.ben, team=cast.benelux)
    body = {"action": "disqualify", "ids": [mine.pk], "status_reason": "lost"}
    answer = ben.post("/leads/?view=open", body, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    assert toast == "1 lead disqualified."


# What a lead lived through ------------------------------------------------------------


def test_interactions_follow_a_lead_to_its_contact(api, cast):
    lead = LeadFactory(parent_contact=None)
    answer = api(cast.integration).post(
        "/api/v1/interactions/", {"name": "page.visited", "lead": lead.pk}
    )
    assert answer.status_code in (200, 201), answer.content
    visit = Entry.objects.get(name="page.visited")
    assert (visit.lead_id, visit.contact_id) == (lead.pk, None)
    contact = ContactFactory()
    answer = api(cast.ann).patch(
        f"/api/v1/leads/{lead.pk}/", {"parent_contact": contact.pk}
    )
    assert answer.status_code == 200, answer.content
    visit.refresh_from_db()
    assert visit.contact_id == contact.pk
    assert Entry.objects.filter(name="identity.joined").count() == 1


def test_interactions_of_one_contact_stay_when_the_lead_gets_another(cast):
    first, second = ContactFactory(), ContactFactory()
    lead = LeadFactory(parent_contact=first)
    with acting(cast.ann, via="browser"):
        record(
            "page.visited",
            subject=("lead", lead.pk),
            lead_id=lead.pk,
            contact_id=first.pk,
        )
        record_update(record=lead, values={"parent_contact": second}, user=cast.ann)
    assert Entry.objects.get(name="page.visited").contact_id == first.pk
