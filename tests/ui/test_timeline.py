"""Timelines miss and repeat nothing; pages of records stay cheap."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.journal.services import NewEntry, acting, record_many
from core.ui.timeline import PAGE, Place, Scope, happenings
from crm.models import Activity, Note
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    LeadFactory,
    NoteFactory,
)

pytestmark = pytest.mark.django_db


def walk(scope, kind="all"):
    """Every line of a timeline, page by page."""
    place, lines = None, []
    while True:
        page, place = happenings(scope, kind=kind, place=place)
        lines += [(each.source, each.order, each.count) for each in page]
        if place is None:
            return lines
        place = Place.read(str(place))


def test_lines_of_one_moment_are_neither_missed_nor_repeated(cast):
    contact = ContactFactory()
    moment = timezone.now() - timedelta(days=3)
    about = {"regarding_type": "contact", "regarding_id": contact.pk}
    for number in range(PAGE):
        NoteFactory(contact=contact, body=str(number), **about)
        # Completed long after it was entered: shown, and paged, at its end.
        ActivityFactory(
            contact=contact, state="completed", completed_at=moment, **about
        )
    Note.objects.update(created_at=moment)
    Activity.objects.update(created_at=moment - timedelta(days=90))
    with acting(None, "system"):
        record_many(
            [
                NewEntry(
                    name="form.submitted",
                    subject=("contact", contact.pk),
                    contact_id=contact.pk,
                    occurred_at=moment,
                )
                for _ in range(PAGE)
            ]
        )
    lines = walk(Scope(("contact", contact.pk), (contact.pk,), cast.admin))
    assert len(lines) == len(set(lines))
    for source in ("notes", "activities", "journal"):
        # The journal also says that the contact was created.
        wanted = PAGE + 1 if source == "journal" else PAGE
        assert len([each for each in lines if each[0] == source]) == wanted


@pytest.mark.parametrize("before", ["x", "2026-01-01", "~~", "2026-01-01T00:00Z~notes"])
def test_place_that_nobody_gave_is_not_found(client, cast, before):
    client.force_login(cast.admin)
    url = reverse("contact", args=[ContactFactory().pk])
    assert client.get(url, {"part": "timeline", "before": before}).status_code == 404


def lines_of(record, entity, user, number):
    """Everything that may stand on the page of a record, so many times."""
    for n in range(number):
        about = {"regarding_type": entity, "regarding_id": record.pk, entity: record}
        NoteFactory(body=f"note {n}", created_by=user, **about)
        ActivityFactory(subject=f"done {n}", owner=user, state="completed", **about)
        ActivityFactory(subject=f"open {n}", owner=user, **about)
    with acting(user, "browser"):
        record_many(
            [
                NewEntry(
                    name=name,
                    subject=(entity, record.pk),
                    **{f"{entity}_id": record.pk},
                )
                for name in ("form.submitted", "email.clicked", "lead.qualified")
                for _ in range(number)
            ]
        )


def pages(cast, entity):
    if entity == "contact":
        record = ContactFactory(account=AccountFactory(), owner=cast.admin)
        more = lambda: LeadFactory(parent_contact=record, owner=cast.ben)  # noqa: E731
    elif entity == "account":
        record = AccountFactory(owner=cast.admin)
        more = lambda: (  # noqa: E731
            LeadFactory(parent_account=record, owner=cast.ben),
            ContactFactory(account=record),
            AccountFactory(parent=record),
        )
    else:
        contact = ContactFactory()
        record = LeadFactory(parent_contact=contact, owner=cast.admin)
        more = lambda: LeadFactory(parent_contact=contact, owner=cast.ben)  # noqa: E731
    return record, more


@pytest.mark.parametrize("entity", ["contact", "account", "lead"])
def test_record_page_costs_the_same_for_one_line_and_for_ten(client, cast, entity):
    record, more = pages(cast, entity)
    client.force_login(cast.admin)
    url = reverse(entity, args=[record.pk])
    more()
    lines_of(record, entity, cast.ben, 1)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        assert client.get(url).status_code == 200
    for _ in range(9):
        more()
    lines_of(record, entity, cast.carl, 9)
    with CaptureQueriesContext(connection) as ten:
        assert client.get(url).status_code == 200
    assert len(ten) <= len(one), [each["sql"][:150] for each in ten]
