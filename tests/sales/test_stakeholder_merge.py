"""People and companies around opportunities and leads follow a merge."""

from __future__ import annotations

import pytest

from core.journal.services import acting
from crm.merge.services import merge_undo, records_merge
from crm.models import LeadParty
from sales.models import Stakeholder
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db


def merged(entity, keep, *others, user):
    with acting(user, "test"):
        return records_merge(
            entity=entity,
            survivor=keep.pk,
            merged=[each.pk for each in others],
            user=user,
        )


def stakes():
    names = ("pk", "opportunity_id", "contact_id", "account_id", "role", "note")
    return sorted(Stakeholder.objects.values_list(*names), key=repr)


@pytest.mark.parametrize(
    ("entity", "factory"), [("contact", ContactFactory), ("account", AccountFactory)]
)
def test_stakeholders_follow_without_doubles_and_come_back(cast, entity, factory):
    keep, one, two = factory.create_batch(3)
    both, alone = OpportunityFactory(), OpportunityFactory()
    for opportunity, record, role in (
        (both, keep, "Buyer"),
        (both, one, "Buyer"),
        (both, one, "User"),
        (alone, one, "Sponsor"),
        (alone, two, "Sponsor"),
        (alone, two, ""),
    ):
        Stakeholder.objects.create(
            opportunity=opportunity, role=role, note=role, **{entity: record}
        )
    before = stakes()
    merge = merged(entity, keep, one, two, user=cast.admin)
    found = Stakeholder.objects.filter(**{entity: keep})
    assert sorted(found.values_list("opportunity_id", "role")) == sorted(
        [(both.pk, "Buyer"), (both.pk, "User"), (alone.pk, "Sponsor"), (alone.pk, "")]
    )
    assert Stakeholder.objects.count() == 4
    with acting(cast.admin, "test"):
        merge_undo(merge=merge, user=cast.admin)
    assert stakes() == before


def test_further_people_of_a_lead_follow_without_doubles_and_come_back(cast):
    keep, gone = ContactFactory.create_batch(2)
    lead = LeadFactory()
    for contact, role in ((keep, "Buyer"), (gone, "Buyer"), (gone, "User")):
        LeadParty.objects.create(lead=lead, contact=contact, role=role)
    before = sorted(LeadParty.objects.values_list("pk", "contact_id", "role"))
    merge = merged("contact", keep, gone, user=cast.admin)
    found = LeadParty.objects.values_list("contact_id", "role")
    assert sorted(found) == [(keep.pk, "Buyer"), (keep.pk, "User")]
    with acting(cast.admin, "test"):
        merge_undo(merge=merge, user=cast.admin)
    assert sorted(LeadParty.objects.values_list("pk", "contact_id", "role")) == before
