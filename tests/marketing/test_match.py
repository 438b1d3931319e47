"""A submission becomes a contact and a lead, and damages nothing."""

from __future__ import annotations

import pytest
from django.utils import timezone

from core.base.models import Organisation
from core.journal.models import Entry
from crm.models import Account, Contact, Lead
from marketing.models import Submission, Suggestion, Visitor
from marketing.services.matching import submission_match
from tests.factories import AccountFactory, ContactFactory, LeadFactory, ProductFactory
from tests.marketing.conftest import FIELDS

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}


def contact_of(submission):
    return Contact.objects.get(pk=submission.contact_id)


def lead_of(submission):
    return Lead.objects.get(pk=submission.lead_id)


def test_a_stranger_becomes_a_marketing_only_contact_with_a_lead(make_page, send, cast):
    product = ProductFactory()
    page = make_page(lead_source="Web", product=product, consent_level=3)
    submission = send(
        page.form, page, **ADA, context={"utm": {"utm_source": "newsletter"}}
    )

    contact, lead = contact_of(submission), lead_of(submission)
    assert submission.state == "success"
    assert submission.matched == "Created contact, created lead"
    assert contact.marketing_only
    assert contact.consent_level == 3
    assert contact.owner == cast.ann
    assert (contact.source_type, contact.source_id) == ("page", page.pk)
    assert lead.parent_contact == contact
    assert lead.owner == cast.ann
    assert lead.topic == "Solar for schools"
    assert lead.lead_source == "Web"
    assert lead.product == product
    assert lead.utm_source == "newsletter"
    assert (lead.process, lead.stage) == ("marketing", "inquiry")


def test_contacts_of_forms_are_known_to_all_where_the_organisation_says_so(
    make_form, send
):
    Organisation.current()
    Organisation.objects.update(marketing_only_for_automation=False)

    assert not contact_of(send(make_form(), **ADA)).marketing_only


def test_the_topic_of_the_page_goes_before_its_title(make_page, send):
    page = make_page(topic="Roof check")

    assert lead_of(send(page.form, page, **ADA)).topic == "Roof check"


def test_it_is_told_in_the_persons_timeline_at_its_own_time(make_page, send):
    page = make_page()
    submission = send(page.form, page, **ADA)

    entry = Entry.objects.get(name="form.submitted")
    assert (entry.contact_id, entry.lead_id) == (
        submission.contact_id,
        submission.lead_id,
    )
    assert (entry.source_type, entry.source_id) == ("form", page.form_id)
    assert entry.url == f"/p/{page.slug}/"
    assert entry.occurred_at == submission.received_at


@pytest.mark.parametrize(
    "email", ["ada@example.com", "ADA@Example.COM", "Ada@example.com"]
)
def test_the_same_address_in_any_case_is_the_same_person(make_form, send, email):
    form = make_form()
    first = send(form, **ADA)
    second = send(form, email=email)

    assert second.contact_id == first.contact_id
    assert second.lead_id == first.lead_id
    assert second.matched.startswith("Matched contact by email, found lead of ")
    assert (Contact.objects.count(), Lead.objects.count()) == (1, 1)


def test_an_empty_answer_never_erases_and_a_blank_is_filled(make_form, send):
    form = make_form()
    send(form, **ADA, city="Turin")
    again = send(form, email="ada@example.com", company="Analytical Engines")

    contact = contact_of(again)
    assert contact.first_name == "Ada"
    assert contact.city == "Turin"
    assert contact.company_name == "Analytical Engines"


def test_a_marketing_only_contact_is_updated(make_form, send):
    form = make_form()
    send(form, **ADA, city="Turin")
    again = send(form, **ADA, city="London")

    assert contact_of(again).city == "London"
    assert lead_of(again).city == "London"
    assert not Suggestion.objects.exists()


def test_a_change_to_a_sales_contact_and_lead_is_only_suggested(make_form, send, cast):
    contact = ContactFactory(email="ada@example.com", city="Turin", job_title="")
    lead = LeadFactory(
        email="ada@example.com",
        city="Turin",
        owner=cast.ben,
        topic="Roof",
        parent_contact=contact,
        process="sales",
    )
    submission = send(make_form(), email="Ada@example.com", city="London")

    contact.refresh_from_db()
    lead.refresh_from_db()
    assert (contact.city, lead.city) == ("Turin", "Turin")
    assert (lead.owner, lead.topic, lead.stage) == (cast.ben, "Roof", "inquiry")
    found = Suggestion.objects.filter(submission=submission, state="pending")
    assert sorted((s.field, s.old, s.new) for s in found) == [
        ("city", "Turin", "London"),
        ("city", "Turin", "London"),
    ]


def test_blanks_of_a_sales_contact_are_filled(make_form, send):
    contact = ContactFactory(email="ada@example.com", phone="")
    send(make_form(), email="ada@example.com", phone="+39 011 555")

    contact.refresh_from_db()
    assert contact.phone == "+39 011 555"


def test_the_newest_suggestion_takes_the_place_of_the_one_waiting(make_form, send):
    ContactFactory(email="ada@example.com", city="Turin")
    form = make_form()
    send(form, email="ada@example.com", city="London")
    send(form, email="ada@example.com", city="Paris")

    waiting = Suggestion.objects.filter(state="pending", contact__isnull=False)
    assert [s.new for s in waiting] == ["Paris"]


def test_the_owner_of_a_found_lead_is_told(make_form, send, cast):
    lead = LeadFactory(email="ada@example.com", owner=cast.ben)
    send(make_form(), **ADA)

    entry = Entry.objects.get(name="lead.found")
    assert entry.lead_id == lead.pk
    assert entry.data["owner"] == cast.ben.pk


@pytest.mark.parametrize("state", ["qualified", "disqualified"])
def test_a_closed_lead_is_not_found(make_form, send, state):
    LeadFactory(email="ada@example.com", state=state, status_reason="lost")

    assert send(make_form(), **ADA).matched.endswith("created lead")


def test_an_inactive_contact_is_not_matched(make_form, send):
    ContactFactory(email="ada@example.com", state="inactive")

    assert send(make_form(), **ADA).matched.startswith("Created contact")


def test_a_lead_without_an_address_is_found_by_its_contacts(make_form, send):
    contact = ContactFactory(email="ada@example.com")
    lead = LeadFactory(email="", parent_contact=contact)

    assert send(make_form(), **ADA).lead_id == lead.pk


def test_a_found_orphaned_lead_gets_the_contact(make_form, send):
    lead = LeadFactory(email="ada@example.com")
    submission = send(make_form(), **ADA)

    lead.refresh_from_db()
    assert submission.lead_id == lead.pk
    assert lead.parent_contact_id == submission.contact_id


def test_by_email_and_page_another_page_makes_another_lead(
    make_form, make_page, send, strategy
):
    form = make_form(lead_strategy=strategy("lead", "email", "page"))
    solar, roof = make_page(form=form), make_page(form=form)
    first, second = send(form, solar, **ADA), send(form, roof, **ADA)
    third = send(form, solar, **ADA)

    assert first.contact_id == second.contact_id
    assert first.lead_id != second.lead_id
    assert third.lead_id == first.lead_id


def test_all_attributes_of_a_strategy_must_equal(make_form, send, strategy):
    fields = [
        {"name": n, "label": n, "required": True, "contact": n, "lead": n}
        for n in ("email", "first_name", "last_name")
    ]
    form = make_form(
        fields=fields, contact_strategy=strategy("contact", "email", "first_name")
    )
    send(form, **ADA)
    child = send(form, **{**ADA, "first_name": "Byron"})
    again = send(form, **{**ADA, "first_name": " ADA "})

    assert Contact.objects.count() == 2
    assert child.contact_id != again.contact_id


def test_without_matching_every_submission_makes_a_lead(make_form, send):
    form = make_form(generate_without_matching=True)
    send(form, **ADA)
    send(form, **ADA)

    assert (Contact.objects.count(), Lead.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("mode", "contacts", "leads"),
    [
        ("contacts_and_leads", 1, 1),
        ("only_contacts", 1, 0),
        ("only_leads", 0, 1),
        ("none", 0, 0),
    ],
)
def test_the_mode_says_what_is_made(make_form, send, mode, contacts, leads):
    submission = send(make_form(mode=mode), **ADA)

    assert submission.state == "success"
    assert (Contact.objects.count(), Lead.objects.count()) == (contacts, leads)
    assert Entry.objects.filter(name="form.submitted").count() == 1


def test_only_leads_takes_the_contact_from_the_cookie_and_leaves_it_alone(
    make_form, send
):
    contact = ContactFactory(city="Turin")
    visitor = Visitor.objects.create(contact=contact)
    submission = send(
        make_form(mode="only_leads"),
        **ADA,
        city="London",
        context={"visitor_id": visitor.pk},
    )

    contact.refresh_from_db()
    assert lead_of(submission).parent_contact == contact
    assert contact.city == "Turin"


def test_a_recognised_visitor_decides_only_between_those_that_match(make_form, send):
    older = ContactFactory(email="info@example.com")
    newer = ContactFactory(email="info@example.com")
    other = ContactFactory(email="other@example.com")
    form = make_form()

    def sent_by(contact):
        visitor = Visitor.objects.create(contact=contact)
        context = {"visitor_id": visitor.pk}
        return send(form, email="info@example.com", context=context).contact_id

    assert sent_by(older) == older.pk
    assert sent_by(other) in (older.pk, newer.pk)


def test_preferences_only_grow_stricter(make_form, send):
    contact = ContactFactory(email="ada@example.com")
    form = make_form()
    send(form, email="ada@example.com", no_mail=True)
    contact.refresh_from_db()
    assert contact.do_not_bulk_email

    send(form, email="ada@example.com")
    contact.refresh_from_db()
    assert contact.do_not_bulk_email


def test_consent_is_raised_never_lowered(make_page, send):
    contact = ContactFactory(email="ada@example.com", consent_level=2)
    send_to = [make_page(consent_level=4), make_page(consent_level=1)]
    for page in send_to:
        send(page.form, page, email="ada@example.com")

    contact.refresh_from_db()
    assert contact.consent_level == 4


def test_a_known_company_becomes_the_account(make_form, send):
    account = AccountFactory(name="Analytical Engines")
    submission = send(make_form(), **ADA, company=" analytical engines ")

    assert contact_of(submission).account == account
    assert lead_of(submission).parent_account == account


@pytest.mark.parametrize(("switch", "made"), [(False, 0), (True, 1)])
def test_an_unknown_company_becomes_an_account_by_switch(make_form, send, switch, made):
    Organisation.current()
    Organisation.objects.update(create_accounts_from_companies=switch)
    send(make_form(), **ADA, company="Analytical Engines")

    assert Account.objects.count() == made


def test_a_product_is_named_in_any_case(make_form, send):
    product = ProductFactory(name="Roof Panels")
    field = {"name": "want", "label": "Interest", "lead": "product"}
    form = make_form(fields=[*FIELDS, field])

    assert lead_of(send(form, **ADA, want="roof panels")).product == product
    failed = send(form, email="b@example.com", want="Boats")
    assert failed.reason == 'Interest: there is no product "Boats".'


class TestFailures:
    def test_a_value_that_is_not_in_the_list(self, make_form, send):
        submission = send(make_form(), **ADA, industry="Basket weaving")

        assert submission.state == "failed"
        assert 'Industry: "Basket weaving" does not fit.' in submission.reason
        assert "lead.industry" in submission.technical
        assert not Contact.objects.exists()
        assert not Entry.objects.filter(name="form.submitted").exists()

    def test_a_missing_strategy_attribute(self, make_form, send):
        submission = send(make_form(), first_name="Ada")

        assert submission.state == "failed"
        assert 'has no email, which the strategy "Email" compares' in submission.reason

    def test_a_value_too_long_for_the_record(self, make_form, send):
        fields = [
            {
                "name": "email",
                "label": "Email",
                "required": True,
                "contact": "email",
                "lead": "email",
            },
            {
                "name": "title",
                "label": "Title",
                "kind": "textarea",
                "contact": "job_title",
            },
        ]
        submission = send(
            make_form(fields=fields), email="a@b.example", title="x" * 500
        )

        assert submission.state == "failed"
        assert submission.reason.startswith("Title:")

    def test_an_unexpected_error_keeps_its_traceback(
        self, make_form, send, monkeypatch
    ):
        def broken(*args, **kwargs):
            raise KeyError("boom")

        monkeypatch.setattr("marketing.services.waves.find_many", broken)
        submission = send(make_form(), **ADA)

        assert submission.state == "failed"
        assert "KeyError" in submission.technical
        assert submission.attempts == 1


def test_matching_twice_does_it_once(make_form, send):
    submission = send(make_form(), **ADA)
    stamped = submission.processed_at
    again = submission_match(submission_id=submission.pk)

    assert again.processed_at == stamped
    assert Lead.objects.count() == 1
    assert Entry.objects.filter(name="form.submitted").count() == 1


def test_one_that_is_gone_is_nothing(db):
    assert submission_match(submission_id=4711) is None


def test_remember_me_links_the_browser_and_allows_prefilling(make_form, send):
    visitor = Visitor.objects.create()
    form = make_form(remember_me=True)
    context = {"visitor_id": visitor.pk, "remember": True}
    submission = send(form, **ADA, context=context)
    visitor.refresh_from_db()
    assert visitor.contact_id == submission.contact_id

    send(form, **ADA, context={"visitor_id": visitor.pk, "remember": False})
    assert not contact_of(submission).prefill_forms


def test_a_stranger_cannot_forbid_prefilling_for_somebody(make_form, send):
    contact = ContactFactory(email="ada@example.com")
    send(make_form(remember_me=True), **ADA, context={"remember": False})

    contact.refresh_from_db()
    assert contact.prefill_forms


def test_pending_time_is_kept(make_form, send):
    submission = send(make_form(), match=False, **ADA)
    received = submission.received_at
    submission_match(submission_id=submission.pk)

    submission.refresh_from_db()
    assert submission.received_at == received
    assert submission.processed_at <= timezone.now()
    assert submission.state == Submission.State.SUCCESS
