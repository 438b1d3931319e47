"""Marketing-only contacts without a lead or an interaction, and their clean-up."""

from __future__ import annotations

import pytest

from core.base.errors import Denied
from core.journal.services import record
from crm.models import Contact, DeletedRecord
from crm.services.activities import note_add
from crm.services.left_over import contacts_clean_up, left_over
from tests.factories import ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


def alone():
    return ContactFactory(marketing_only=True)


def with_lead():
    person = alone()
    LeadFactory(parent_contact=person)
    return person


def active():
    person = alone()
    record("page.visited", subject=("contact", person.pk), contact_id=person.pk)
    return person


def scanned():
    person = alone()
    record(
        "email.opened",
        subject=("contact", person.pk),
        contact_id=person.pk,
        machine=True,
    )
    return person


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (alone, True),
        (scanned, True),
        (with_lead, False),
        (active, False),
        (lambda: ContactFactory(marketing_only=False), False),
    ],
)
def test_left_over_is_who_nothing_leads_to(make, expected):
    person = make()

    assert left_over(Contact.objects.filter(pk=person.pk)).exists() is expected


def test_clean_up_bins_the_left_over_and_says_why_the_rest_stays(cast):
    going, noted, leading = alone(), alone(), with_lead()
    note_add(regarding_type="contact", regarding_id=noted.pk, body="Hi", user=cast.ann)

    report = contacts_clean_up(ids=[going.pk, noted.pk, leading.pk], user=cast.admin)

    assert report.gone == 1
    assert {(row.pk, why) for row, why in report.kept} == {
        (noted.pk, "Somebody built on it: notes."),
        (leading.pk, "It has a lead or was active."),
    }
    assert [row.record_id for row in DeletedRecord.objects.all()] == [going.pk]


def test_who_may_not_delete_cleans_nothing_up(cast):
    person = alone()
    with pytest.raises(Denied):
        contacts_clean_up(ids=[person.pk], user=cast.reader)
    assert Contact.objects.filter(pk=person.pk).exists()


def test_the_view_lists_them_and_the_selection_is_cleaned_up(client, cast):
    client.force_login(cast.admin)
    going, leading = alone(), with_lead()

    page = client.get("/contacts/?view=left_over").content.decode()

    assert "Left over from marketing" in page
    assert f"/contacts/{going.pk}/" in page
    assert f"/contacts/{leading.pk}/" not in page
