"""Changes of a live segment: drafts, publishing, versions and the way back."""

from __future__ import annotations

import pytest

from core.base.errors import Invalid, Refused, Stale
from core.journal.models import Entry
from core.query.language import QueryError
from segments.services.drafts import draft_discard, draft_publish
from segments.services.lifecycle import (
    segment_create,
    segment_go_live,
    segment_stop,
    segment_update,
)
from segments.services.versions import version_values
from tests.factories import ContactFactory
from tests.segments.conftest import members

pytestmark = pytest.mark.django_db


def city(name):
    return {"from": "contact", "where": {"field": "city", "op": "eq", "value": name}}


ROME, OSLO = city("Rome"), city("Oslo")
BROKEN = {"from": "lead"}


def test_edit_of_a_live_segment_waits_until_it_is_published(live, cast):
    rome, oslo = ContactFactory(city="Rome"), ContactFactory(city="Oslo")
    segment = live(ROME)
    segment_update(
        segment_id=segment.pk, user=cast.ann, definition=OSLO, description="Now"
    )
    segment.refresh_from_db()
    assert (segment.definition, segment.draft) == (ROME, {"definition": OSLO})
    assert (segment.description, segment.draft_by) == ("Now", cast.ann)
    assert members(segment) == {rome.pk}

    segment, change = draft_publish(segment_id=segment.pk, user=cast.ann)
    assert (segment.definition, segment.draft) == (OSLO, None)
    assert members(segment) == {oslo.pk}
    assert (change.entered, change.left) == (1, 1)
    told = Entry.objects.filter(subject_type="segment", subject_id=segment.pk)
    names = set(told.values_list("name", flat=True))
    assert {"segment.published", "segment.entered", "segment.left"} <= names


def test_every_publishing_keeps_a_version(live, cast):
    ContactFactory(city="Rome")
    segment = live(ROME)
    segment_update(segment_id=segment.pk, definition=OSLO)
    draft_publish(segment_id=segment.pk, user=cast.ann)
    kept = segment.versions.values_list("number", "how", "definition", "members")
    assert list(kept) == [(2, "published", OSLO, 0), (1, "live", ROME, 1)]
    assert segment.versions.first().created_by == cast.ann
    segment_stop(segment_id=segment.pk)
    segment_go_live(segment_id=segment.pk)
    assert segment.versions.count() == 2


def test_returning_to_a_version_is_an_edit_like_any(live):
    segment = live(ROME)
    segment_update(segment_id=segment.pk, definition=OSLO, time_zone="Asia/Tokyo")
    draft_publish(segment_id=segment.pk)
    segment.refresh_from_db()
    segment_update(segment_id=segment.pk, **version_values(segment, 1))
    segment.refresh_from_db()
    assert segment.draft == {"definition": ROME, "time_zone": "UTC"}
    with pytest.raises(Refused):
        version_values(segment, 1)


def test_edit_back_to_what_is_live_is_no_change(live):
    segment = live(ROME)
    for definition in (OSLO, ROME):
        segment_update(segment_id=segment.pk, definition=definition)
    segment.refresh_from_db()
    assert segment.draft is None
    with pytest.raises(Refused):
        draft_publish(segment_id=segment.pk)


def test_broken_draft_is_kept_and_not_published(live):
    rome = ContactFactory(city="Rome")
    segment = live(ROME)
    segment_update(segment_id=segment.pk, definition=BROKEN)
    for definition, error in ((BROKEN, QueryError), ({}, Invalid)):
        segment_update(segment_id=segment.pk, definition=definition)
        with pytest.raises(error):
            draft_publish(segment_id=segment.pk)
        segment.refresh_from_db()
        assert (segment.definition, members(segment)) == (ROME, {rome.pk})
        assert segment.draft == {"definition": definition}


def test_discarding_leaves_what_is_live(live):
    segment = live(ROME)
    segment_update(segment_id=segment.pk, definition=OSLO)
    draft_discard(segment_id=segment.pk)
    segment.refresh_from_db()
    assert (segment.definition, segment.draft) == (ROME, None)
    with pytest.raises(Refused):
        draft_discard(segment_id=segment.pk)


def test_draft_outlives_a_stop_and_does_not_go_live_unseen(live):
    rome = ContactFactory(city="Rome")
    segment = live(ROME)
    segment_update(segment_id=segment.pk, definition=OSLO)
    segment_stop(segment_id=segment.pk)
    segment_update(segment_id=segment.pk, time_zone="Asia/Tokyo")
    segment = segment_go_live(segment_id=segment.pk)
    assert segment.draft == {"definition": OSLO, "time_zone": "Asia/Tokyo"}
    assert (segment.definition, members(segment)) == (ROME, {rome.pk})


def test_stopped_segment_without_draft_is_edited_at_once(live):
    segment = live(ROME)
    segment_stop(segment_id=segment.pk)
    segment_update(segment_id=segment.pk, definition=OSLO)
    segment.refresh_from_db()
    assert (segment.definition, segment.draft) == (OSLO, None)


def test_lost_race_of_two_editors_is_told(live):
    segment = live(ROME)
    version = segment.version
    segment_update(segment_id=segment.pk, definition=OSLO, expected_version=version)
    for late in (draft_publish, draft_discard):
        with pytest.raises(Stale):
            late(segment_id=segment.pk, expected_version=version)


class TestScope:
    def test_team_scope_keeps_to_the_contacts_of_the_team(self, cast, live):
        ours = ContactFactory(city="Rome", team=cast.marketing)
        ContactFactory(city="Rome", team=cast.benelux)
        segment = live(ROME, scope="team", team=cast.marketing)
        assert members(segment) == {ours.pk}

    def test_another_team_evaluates_it_again(self, cast, live):
        theirs = ContactFactory(city="Rome", team=cast.benelux)
        segment = live(ROME, scope="team", team=cast.marketing)
        segment_update(segment_id=segment.pk, team=cast.benelux)
        assert members(segment) == {theirs.pk}

    def test_a_place_in_an_error_is_one_of_the_conditions(self, cast):
        where = {"and": [{"field": "shoe", "op": "blank"}]}
        segment = segment_create(
            user=cast.ann,
            name="Team",
            scope="team",
            definition={"from": "contact", "where": where},
        )
        with pytest.raises(QueryError) as caught:
            segment_go_live(segment_id=segment.pk)
        assert caught.value.path == "where.and[0].field"
