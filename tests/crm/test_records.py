"""Writing contacts, accounts and leads."""

from __future__ import annotations

import pytest

from core.base.errors import Invalid, Refused, Stale
from crm.models import Activity, Contact, CustomField, Lead, Note
from crm.services.activities import activity_complete, activity_log, note_add
from crm.services.records import (
    record_assign,
    record_create,
    record_deactivate,
    record_delete,
    record_tag,
    record_update,
)
from tests.factories import ContactFactory, LeadFactory, TagFactory

pytestmark = pytest.mark.django_db


def problems(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {item["attr"] for item in error.value.extra["errors"]}


def test_record_belongs_to_its_maker_and_the_makers_team(cast):
    contact = record_create(
        entity="contact", values={"last_name": "Wong", "email": "a@b.co"}, user=cast.ben
    )
    assert (contact.owner, contact.team) == (cast.ben, cast.benelux)
    assert contact.created_by == cast.ben
    assert contact.email_norm == "a@b.co"


def test_integration_owns_nothing(cast):
    lead = record_create(
        entity="lead", values={"last_name": "Wong"}, user=cast.integration
    )
    assert lead.owner is None


def test_lead_of_a_salesperson_starts_with_sales(cast):
    mine = record_create(entity="lead", values={"last_name": "Wong"}, user=cast.ben)
    assert (mine.process, mine.stage, mine.entered_by_sales) == (
        "sales",
        "qualify",
        True,
    )
    theirs = record_create(entity="lead", values={"last_name": "Wong"}, user=cast.ann)
    assert (theirs.process, theirs.entered_by_sales) == ("marketing", False)


def test_last_name_is_blank_only_with_an_address(cast):
    record_create(entity="lead", values={"email": "x@y.org"}, user=cast.ann)
    with pytest.raises(Invalid) as error:
        record_create(entity="lead", values={"topic": "Nothing"}, user=cast.ann)
    assert error.value.attr == "last_name"


def test_first_spelling_of_a_list_value_wins(cast):
    lead = record_create(
        entity="lead", values={"last_name": "W", "lead_source": "google"}, user=cast.ann
    )
    assert lead.lead_source == "Google"


def test_every_wrong_field_is_named_and_nothing_is_written(cast):
    with pytest.raises(Invalid) as error:
        record_create(
            entity="lead",
            values={
                "last_name": "x" * 100_000,
                "lead_source": "Pigeon",
                "tags": ["Nobody made this"],
                "topic": "a\x00b",
                "first_name": "\ud800",
                "state": "qualified",
            },
            user=cast.ann,
        )
    assert problems(error) == {
        "last_name",
        "lead_source",
        "tags",
        "topic",
        "first_name",
        "state",
    }
    assert not Lead.objects.exists()


def test_closed_lead_is_read_only_for_everybody(cast):
    lead = LeadFactory(state="disqualified", status_reason="lost")
    with pytest.raises(Refused):
        record_update(record=lead, values={"topic": "New"}, user=cast.admin)
    with pytest.raises(Refused):
        record_assign(record=lead, owner=cast.ben, user=cast.admin)
    with pytest.raises(Refused):
        record_delete(record=lead, user=cast.ann)
    record_delete(record=lead, user=cast.admin)


def test_reason_belongs_to_the_state(cast):
    lead = LeadFactory()
    with pytest.raises(Invalid) as error:
        record_update(record=lead, values={"status_reason": "lost"}, user=cast.ann)
    assert error.value.attr == "status_reason"


def test_stale_version_is_refused(cast):
    contact = ContactFactory()
    with pytest.raises(Stale):
        record_update(
            record=contact,
            values={"city": "Rome"},
            user=cast.ann,
            version=contact.version + 1,
        )


def test_owner_changes_take_the_team_along(cast):
    lead = record_assign(record=LeadFactory(), owner=cast.carl, user=cast.ann)
    assert (lead.owner, lead.team) == (cast.carl, cast.nordics)


def test_inactive_person_gets_nothing(cast):
    cast.carl.is_active = False
    cast.carl.save()
    with pytest.raises(Invalid) as error:
        record_assign(record=LeadFactory(), owner=cast.carl.pk, user=cast.ann)
    assert error.value.attr == "owner"


def test_custom_values_are_checked_by_kind_and_merged(cast):
    CustomField.objects.create(entity="lead", key="size", label="Size", kind="number")
    CustomField.objects.create(
        entity="lead", key="tier", label="Tier", kind="choice", choices=["Gold"]
    )
    lead = LeadFactory(custom={"size": 3})
    lead = record_update(
        record=lead, values={"custom": {"tier": "gold"}}, user=cast.ann
    )
    assert lead.custom == {"size": 3, "tier": "Gold"}
    lead = record_update(record=lead, values={"custom": {"size": None}}, user=cast.ann)
    assert lead.custom == {"tier": "Gold"}
    with pytest.raises(Invalid) as error:
        record_update(
            record=lead,
            values={"custom": {"size": "many", "nope": 1}},
            user=cast.ann,
        )
    assert problems(error) == {"custom.size", "custom.nope"}


def test_tags_are_added_in_their_first_spelling_and_taken_off(cast):
    TagFactory(name="VIP")
    lead = record_tag(record=LeadFactory(), user=cast.ann, add=["vip", "VIP"])
    assert lead.tags == ["VIP"]
    assert record_tag(record=lead, user=cast.ann, remove=["vip"]).tags == []


def test_deactivated_contact_is_kept(cast):
    contact = record_deactivate(record=ContactFactory(), user=cast.ann)
    assert contact.state == "inactive"


def test_nobody_is_their_own_guardian(cast):
    child = ContactFactory(is_child=True)
    with pytest.raises(Invalid) as error:
        record_update(record=child, values={"guardian": child.pk}, user=cast.ann)
    assert error.value.attr == "guardian"


def test_activity_carries_the_people_behind_its_lead(cast):
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    call = activity_log(
        regarding_type="lead",
        regarding_id=lead.pk,
        user=cast.ann,
        kind="phone_call",
        subject="Call",
    )
    assert (call.contact_id, call.lead_id, call.owner) == (
        contact.pk,
        lead.pk,
        cast.ann,
    )
    done = activity_complete(activity=call, user=cast.ann, outcome="Wants a quote")
    assert done.completed_at is not None
    with pytest.raises(Refused):
        activity_complete(activity=done, user=cast.ann)
    lead.refresh_from_db()
    assert lead.last_activity_at is not None


def test_note_on_what_is_hidden_is_refused_like_one_on_nothing(cast):
    hidden = LeadFactory(owner=cast.carl, team=cast.nordics)
    for pk in (hidden.pk, 10**12):
        with pytest.raises(Invalid) as error:
            note_add(regarding_type="lead", regarding_id=pk, body="Hi", user=cast.ben)
        assert error.value.code == "does_not_exist"


def test_deleting_a_contact_keeps_what_was_done_on_its_lead(cast):
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    note = note_add(
        regarding_type="lead", regarding_id=lead.pk, body="Hi", user=cast.ann
    )
    note_add(
        regarding_type="contact", regarding_id=contact.pk, body="Yo", user=cast.ann
    )
    record_delete(record=contact, user=cast.admin)
    assert list(Note.objects.all()) == [note]
    assert not Contact.objects.exists()
    assert not Activity.objects.exists()
