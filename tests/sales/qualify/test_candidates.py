"""Who a lead may already be, by the organisation's rules for duplicates."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.base.errors import Refused
from core.base.models import Organisation
from crm.models import Contact, DuplicateRule
from sales.services.candidates import account_candidates, contact_candidates
from tests.factories import AccountFactory, ContactFactory
from tests.sales.qualify.leads import lead_of, qualify

pytestmark = pytest.mark.django_db
SAME = {"first_name": "Maartje", "last_name": "van den Berg"}


@pytest.mark.parametrize(
    ("contact", "percent", "reason"),
    [
        (
            {**SAME, "email": "MVDB@koopman.example"},
            100,
            "Same email address, same name",
        ),
        (
            {
                "first_name": "Info",
                "last_name": "Desk",
                "email": "mvdb@koopman.example",
            },
            60,
            "Same email address",
        ),
        (
            {**SAME, "email": "", "company_name": "Koopman Logistics B.V."},
            100,
            "Same name, same company",
        ),
        ({**SAME, "email": ""}, None, ""),
    ],
)
def test_people_with_likeness_and_reason(cast, contact, percent, reason):
    ContactFactory(**contact)
    found = contact_candidates(lead_of(cast.ben), cast.ben)
    if percent is None:
        assert found == []
        return
    (one,) = found
    told = (one.likeness.percent, ", ".join(one.likeness.reasons))
    assert told == (percent, reason)
    assert one.as_data()["similarity"] == percent


@pytest.mark.parametrize(
    ("account", "reasons"),
    [
        ({"name": "KOOPMAN logistics B.V."}, ("Same name",)),
        (
            {"name": "Anything", "email": "mvdb@koopman.example"},
            ("Same email address",),
        ),
        (
            {"name": "Koopman Logistic", "website": "https://www.koopman.example"},
            ("Same domain", "name 0.99 alike"),
        ),
        ({"name": "Other"}, None),
        ({"name": "Koopman Logistics", "state": "inactive"}, None),
    ],
)
def test_companies_with_likeness_and_reason(cast, account, reasons):
    AccountFactory(**account)
    found = account_candidates(lead_of(cast.ben), cast.ben)
    assert [one.likeness.reasons for one in found] == ([reasons] if reasons else [])


def test_the_refusal_follows_the_rules_and_the_switch(cast):
    ContactFactory(email="mvdb@koopman.example", **SAME)
    lead = lead_of(cast.ben)
    with pytest.raises(Refused) as caught:
        qualify(lead, cast.ben, dry_run=True)
    (told,) = caught.value.extra["candidates"]
    assert (told["similarity"], told["reasons"]) == (
        100,
        ["Same email address", "same name"],
    )
    DuplicateRule.objects.filter(entity="contact").update(active=False)
    assert qualify(lead, cast.ben, dry_run=True).contact["action"] == "create"
    DuplicateRule.objects.update(active=True)
    Organisation.objects.update(detect_duplicates=False)
    qualify(lead, cast.ben)
    assert Contact.objects.count() == 2


def test_the_dialog_says_how_alike_and_why(client, cast):
    client.force_login(cast.ben, "django.contrib.auth.backends.ModelBackend")
    lead = lead_of(cast.ben)
    ContactFactory(first_name="Info", last_name="Desk", email="mvdb@koopman.example")
    at = reverse("lead_qualify", args=[lead.pk])
    page = client.get(at, headers={"HX-Request": "true"}).content.decode()
    assert "60%" in page
    assert "Same email address" in page
    assert "Links <b>Info Desk</b>" in page


def test_as_many_queries_for_one_as_for_four(cast, django_assert_max_num_queries):
    for _ in range(4):
        ContactFactory(email="mvdb@koopman.example", owner=cast.carl, **SAME)
    lead = lead_of(cast.ben)
    with django_assert_max_num_queries(10):
        assert len(contact_candidates(lead, cast.ben)) == 4
