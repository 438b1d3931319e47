"""What brought a contact into its segments."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.journal.models import Entry
from core.journal.services import acting
from segments.pages.origins import origin_words
from segments.services.drafts import draft_publish
from segments.services.lifecycle import segment_create, segment_update
from segments.services.membership import exception_set, members_change
from segments.services.origins import origins_of
from tests.factories import ContactFactory
from tests.segments.conftest import settle
from tests.segments.test_pages import browse
from tests.segments.test_versions import city

__all__ = ["browse"]
pytestmark = pytest.mark.django_db


def words(contact, segment):
    return origin_words(origins_of(contact.pk, [segment.pk])[segment.pk])


def test_each_way_in_is_told(cast, live):
    early, late, guest = (ContactFactory(city=n) for n in ("Rome", "Oslo", "Bern"))
    segment = live(city("Rome"))
    assert words(early, segment) == "when it went live"
    late.city = "Rome"
    late.save()
    settle()
    assert words(late, segment) == "after a change of city"
    entered = Entry.objects.get(name="segment.entered", contact_id=late.pk)
    assert Entry.objects.get(pk=entered.cause_id).name == "contact.updated"
    exception_set(
        segment_id=segment.pk,
        contact_id=guest.pk,
        mode="always",
        reason="",
        user=cast.ann,
    )
    assert words(guest, segment) == "always kept in, as an exception"

    other = live(city("Nowhere"))
    segment_update(segment_id=other.pk, definition=city("Rome"))
    with acting(cast.ann, via="test"):
        draft_publish(segment_id=other.pk, user=cast.ann)
    assert words(early, other) == f"when its conditions were changed by {cast.ann}"

    picked = segment_create(user=cast.ann, name="Picked", kind="static")
    members_change(segment_id=picked.pk, add=[early.pk], user_id=cast.ben.pk)
    assert words(early, picked) == f"added by {cast.ben}"


def test_contact_page_lists_them_all_with_the_way_to_why(cast, browse, live):
    contact, ann = ContactFactory(city="Rome"), browse(cast.ann)
    url = f"/contacts/{contact.pk}/"
    first = live(city("Rome"), name="Segment one")
    ann.get(url)
    with CaptureQueriesContext(connection) as one:
        ann.get(url)
    for number in range(9):
        live(city("Rome"), name=f"Segment {number}")
    with CaptureQueriesContext(connection) as ten:
        page = ann.get(url).content.decode()
    assert page.count("when it went live") == 10
    assert f"/segments/{first.pk}/why/?contact={contact.pk}" in page
    assert len(ten) == len(one)
