"""What goes along with a qualified lead."""

from __future__ import annotations

import pytest

from core.base.models import Organisation
from core.journal.models import Entry
from core.journal.services import acting, record
from crm.models import Activity, Attachment, Note
from tests.factories import (
    ActivityFactory,
    NoteFactory,
)
from tests.sales.qualify.leads import lead_of, qualify

pytestmark = pytest.mark.django_db


class TestCarriesOver:
    def test_activities_and_notes_show_on_the_opportunity_and_the_contact(self, cast):
        lead = lead_of(cast.ben)
        about = {"regarding_type": "lead", "regarding_id": lead.pk, "lead": lead}
        call, note = ActivityFactory(**about), NoteFactory(**about)
        result = qualify(lead, cast.ben)
        for row in (call, note):
            row.refresh_from_db()
            assert row.lead == lead
            assert row.contact == result.contact_record
            assert row.account == result.account_record
            assert row.regarding_type == "opportunity"
            assert row.regarding_id == result.opportunity_record.pk
        assert result.carried == {"activities": 1, "notes": 1, "attachments": 0}

    def test_without_an_opportunity_they_stay_with_the_lead(self, cast):
        lead = lead_of(cast.ben)
        note = NoteFactory(regarding_type="lead", regarding_id=lead.pk, lead=lead)
        result = qualify(lead, cast.ben, create_opportunity=False)
        note.refresh_from_db()
        assert (note.regarding_type, note.regarding_id) == ("lead", lead.pk)
        assert note.contact == result.contact_record

    def test_what_the_lead_did_before_goes_on_the_timeline_of_the_contact(self, cast):
        lead = lead_of(cast.ben)
        with acting(None, via="form"):
            record("form.submitted", subject=("lead", lead.pk), lead_id=lead.pk)
        result = qualify(lead, cast.ben)
        entry = Entry.objects.get(name="form.submitted")
        assert entry.contact_id == result.contact_record.pk
        assert entry.account_id == result.account_record.pk

    def test_the_timeline_says_who_qualified_into_what(self, cast):
        lead = lead_of(cast.ben)
        result = qualify(lead, cast.ben)
        entry = Entry.objects.get(name="lead.qualified")
        assert entry.actor_id == cast.ben.pk
        assert entry.subject_id == entry.lead_id == lead.pk
        assert entry.contact_id == result.contact_record.pk
        assert entry.account_id == result.account_record.pk
        assert entry.data["opportunity"] == result.opportunity_record.pk
        assert Entry.objects.filter(name="opportunity.created").count() == 1


def about(lead):
    return {"regarding_type": "lead", "regarding_id": lead.pk, "lead": lead}


def file_on(lead, name="Quote.pdf"):
    return Attachment.objects.create(
        **about(lead), file_name=name, size=3, content_type="x/y", sha256="0" * 64
    )


def set_carries(how):
    organisation = Organisation.current()
    organisation.qualify_carries = how
    organisation.save()


class TestSwitch:
    """None, copied or moved: the organisation decides."""

    def test_moved_files_go_along(self, cast):
        lead = lead_of(cast.ben)
        file = file_on(lead)
        result = qualify(lead, cast.ben)
        file.refresh_from_db()
        assert (file.regarding_type, file.contact) == (
            "opportunity",
            result.contact_record,
        )
        assert file.lead == lead
        assert result.carried["attachments"] == 1

    def test_none_stay_as_they_are(self, cast):
        set_carries("none")
        lead = lead_of(cast.ben)
        note = NoteFactory(**about(lead))
        result = qualify(lead, cast.ben)
        note.refresh_from_db()
        assert (note.regarding_type, note.contact) == ("lead", None)
        assert result.carried == {"activities": 0, "notes": 0, "attachments": 0}

    def test_copies_stand_on_the_opportunity_and_originals_on_the_lead(self, cast):
        set_carries("copy")
        lead = lead_of(cast.ben)
        note, file = NoteFactory(**about(lead)), file_on(lead)
        result = qualify(lead, cast.ben)
        for model, original in ((Note, note), (Attachment, file)):
            copy = model.objects.exclude(pk=original.pk).get()
            assert copy.regarding_type == "opportunity"
            assert copy.regarding_id == result.opportunity_record.pk
            assert copy.contact == result.contact_record
            assert copy.created_at == original.created_at or model is Attachment
            original.refresh_from_db()
            assert (original.regarding_type, original.regarding_id) == ("lead", lead.pk)

    def test_what_is_still_to_be_done_is_done_once(self, cast):
        set_carries("copy")
        lead = lead_of(cast.ben)
        todo = ActivityFactory(**about(lead), kind="task")
        past = ActivityFactory(**about(lead), state="completed")
        result = qualify(lead, cast.ben)
        todo.refresh_from_db()
        assert todo.regarding_id == result.opportunity_record.pk
        assert Activity.objects.filter(state="completed").count() == 2
        assert Activity.objects.filter(state="open").get() == todo
        past.refresh_from_db()
        assert past.regarding_type == "lead"
