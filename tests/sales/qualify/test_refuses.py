"""What a qualification refuses, and to whom."""

from __future__ import annotations

import pytest

from core.base.errors import Denied, Invalid, Refused, Stale
from core.journal.services import acting
from crm.models import Account, Contact, Lead
from crm.services.lead_lifecycle import lead_reactivate
from sales.models import Opportunity
from sales.services.opportunities import opportunity_win
from tests.factories import (
    AccountFactory,
    ContactFactory,
)
from tests.sales.qualify.leads import lead_of, qualify

pytestmark = pytest.mark.django_db


class TestRefuses:
    def test_a_closed_lead(self, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben)
        assert caught.value.code == "lead_closed"
        assert Opportunity.objects.count() == 1

    def test_a_likely_duplicate_with_the_candidates(self, cast):
        contact = ContactFactory(email="MVDB@koopman.example", owner=cast.carl)
        account = AccountFactory(name="KOOPMAN LOGISTICS")
        lead = lead_of(cast.ben)
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben)
        assert caught.value.code == "likely_duplicate"
        found = {c["entity"]: c for c in caught.value.extra["candidates"]}
        assert found["contact"]["id"] == contact.pk
        assert found["contact"]["reasons"] == ["Same email address"]
        assert found["account"]["id"] == account.pk
        lead.refresh_from_db()
        assert lead.state == "open"
        qualify(lead, cast.ben, ignore_duplicates=True)
        assert Contact.objects.count() == Account.objects.count() == 2

    def test_no_duplicate_check_for_what_is_not_made(self, cast):
        ContactFactory(email="mvdb@koopman.example")
        qualify(lead_of(cast.ben), cast.ben, create_contact=False)
        assert Contact.objects.count() == 1

    def test_inactive_records_are_no_duplicates(self, cast):
        ContactFactory(email="mvdb@koopman.example", state="inactive")
        qualify(lead_of(cast.ben), cast.ben)

    @pytest.mark.parametrize(
        ("options", "attr"),
        [
            ({"account_id": 999_999}, "account"),
            ({"contact_id": 999_999}, "contact"),
            ({"opportunity_customer": ("account", 999_999)}, "opportunity_customer"),
            ({"opportunity_customer": ("lead", 1)}, "opportunity_customer"),
            ({"opportunity_currency": "USD"}, "opportunity_currency"),
            ({"source_campaign": 999_999}, "source_campaign"),
            ({"status_reason": "new"}, "status_reason"),
            ({"status_reason": "nonsense"}, "status_reason"),
            ({"status_reason": "lost", "create_account": True}, "status_reason"),
        ],
    )
    def test_wrong_input_names_its_field_and_writes_nothing(self, cast, options, attr):
        lead = lead_of(cast.ben)
        with pytest.raises(Invalid) as caught:
            qualify(lead, cast.ben, **options)
        assert caught.value.attr == attr
        lead.refresh_from_db()
        assert lead.state == "open"
        assert not Account.objects.exists()

    def test_an_inactive_record_to_link(self, cast):
        account = AccountFactory(state="inactive")
        with pytest.raises(Invalid) as caught:
            qualify(lead_of(cast.ben), cast.ben, account_id=account.pk)
        assert caught.value.code == "inactive"

    def test_a_lead_that_changed_since_it_was_read(self, cast):
        lead = lead_of(cast.ben)
        lead.refresh_from_db()
        with pytest.raises(Stale):
            qualify(lead, cast.ben, expected_version=lead.version + 1)
        qualify(lead, cast.ben, expected_version=lead.version)

    def test_a_reactivated_lead_while_its_opportunity_is_open(self, cast):
        lead = lead_of(cast.ben)
        first = qualify(lead, cast.ben).opportunity_record
        with acting(cast.ben, via="api"):
            lead_reactivate(lead_id=lead.pk, user=cast.ben)
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben)
        assert caught.value.code == "opportunity_open"
        assert caught.value.extra["opportunity"] == first.pk
        with acting(cast.ben, via="api"):
            opportunity_win(opportunity_id=first.pk, user=cast.ben)
        qualify(lead, cast.ben)
        assert Opportunity.objects.filter(originating_lead=lead).count() == 2
        assert Contact.objects.count() == Account.objects.count() == 1


class TestDisqualifies:
    def test_a_disqualified_reason_with_nothing_to_create(self, cast):
        lead = lead_of(cast.ben)
        result = qualify(
            lead,
            cast.ben,
            create_account=False,
            create_contact=False,
            create_opportunity=False,
            status_reason="cannot_contact",
        )
        lead.refresh_from_db()
        assert (lead.state, lead.status_reason) == ("disqualified", "cannot_contact")
        assert result.as_data()["created"] == []
        assert not Opportunity.objects.exists()


class TestRights:
    @pytest.mark.parametrize(
        ("role", "outcome"),
        [
            ("administrator", "done"),
            ("sales_manager", "done"),
            ("salesperson", "done"),
            ("integration", "done"),
            ("marketing_manager", "denied"),
            ("marketer", "denied"),
            ("read_only", "denied"),
        ],
    )
    def test_by_role_with_an_opportunity(self, cast, role, outcome):
        lead, user = lead_of(cast.ben), cast.by_role()[role]
        if outcome == "done":
            assert qualify(lead, user).opportunity_record
        else:
            with pytest.raises(Denied):
                qualify(lead, user)

    def test_a_marketer_qualifies_without_an_opportunity(self, cast):
        result = qualify(lead_of(cast.ben), cast.ann, create_opportunity=False)
        assert result.contact["action"] == "create"

    def test_the_lead_of_another_team_does_not_exist(self, cast):
        with pytest.raises(Lead.DoesNotExist):
            qualify(lead_of(cast.ben), cast.carl)

    def test_an_unowned_lead_has_to_be_taken_over_first(self, cast):
        with pytest.raises(Denied):
            qualify(lead_of(None), cast.ben)

    def test_the_system_may(self, cast):
        assert qualify(lead_of(None), None).opportunity_record.owner is None
