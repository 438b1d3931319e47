"""The pages of changes, versions and flows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.journal.services import acting
from segments.models import Segment
from segments.services.lifecycle import segment_create, segment_update
from tests.factories import ContactFactory
from tests.segments.conftest import members
from tests.segments.test_pages import browse
from tests.segments.test_versions import city

__all__ = ["browse"]
pytestmark = pytest.mark.django_db


def test_changes_are_reviewed_and_published_in_the_browser(cast, browse, live):
    rome = ContactFactory(city="Rome", first_name="Giulia", last_name="Conti")
    oslo = ContactFactory(city="Oslo", first_name="Nora", last_name="Berg")
    segment, ann = live(city("Rome")), browse(cast.ann)
    with acting(cast.ann, via="test"):
        segment_update(segment_id=segment.pk, user=cast.ann, definition=city("Oslo"))
    url = f"/segments/{segment.pk}/"
    assert "not published yet" in ann.get(f"{url}members/").content.decode()
    page = ann.get(f"{url}review/").content.decode()
    assert "city is Rome" in page
    assert "city is Oslo" in page
    assert "Nora Berg" in page
    assert "Giulia Conti" in ann.get(f"{url}review/?show=leaving").content.decode()
    for user in (cast.ben, cast.reader):
        assert browse(user).post(f"{url}do/publish/").status_code == 403
    assert members(segment) == {rome.pk}
    segment.refresh_from_db()
    late = {"version": segment.version - 1}
    said = ann.post(f"{url}do/publish/", late, follow=True).content.decode()
    assert "Somebody else changed this segment" in said
    told = {"version": segment.version}
    said = ann.post(f"{url}do/publish/", told, follow=True).content.decode()
    assert "Published: 1 in, 1 out." in said
    assert members(segment) == {oslo.pk}

    history = ann.get(f"{url}history/").content.decode()
    assert f"{url}versions/1/" in history
    assert "Return to this version" in ann.get(f"{url}versions/1/").content.decode()
    said = ann.post(f"{url}do/return/", {"number": 1}, follow=True).content.decode()
    assert "Version 1 is ready to be published." in said
    assert ann.post(f"{url}do/return/", {"number": 9}).status_code == 404
    ann.post(f"{url}do/discard/")
    assert (
        "There are no changes" in ann.get(f"{url}review/", follow=True).content.decode()
    )


def test_broken_changes_say_where(cast, browse, live):
    segment = live(city("Rome"))
    segment_update(segment_id=segment.pk, definition={"from": "lead"})
    page = browse(cast.ann).get(f"/segments/{segment.pk}/review/").content.decode()
    assert "This cannot be published" in page
    assert "?at=from" in page


def test_review_asks_as_much_for_ten_as_for_one(cast, browse, live):
    segment, ann = live(city("Rome")), browse(cast.ann)
    segment_update(segment_id=segment.pk, definition=city("Oslo"))
    ContactFactory(city="Oslo")
    url = f"/segments/{segment.pk}/review/"
    ann.get(url)
    with CaptureQueriesContext(connection) as one:
        ann.get(url)
    ContactFactory.create_batch(9, city="Oslo")
    with CaptureQueriesContext(connection) as ten:
        page = ann.get(url).content.decode()
    assert page.count("<tr>") == 11
    assert len(ten) == len(one)


class TestFlow:
    @pytest.fixture
    def parts(self, live):
        ContactFactory(city="Rome")
        ContactFactory(city="Oslo")
        return [live(city(name), name=name) for name in ("Rome", "Oslo")]

    def test_flow_is_built_moved_and_saved(self, cast, browse, parts):
        segment = segment_create(user=cast.ann, name="Both", kind="compound")
        ann, url = browse(cast.ann), f"/segments/{segment.pk}/flow/"
        assert ann.get(f"/segments/{segment.pk}/")["Location"] == url
        rome, oslo = (part.pk for part in parts)
        flow = {"join": ["union"], "segment": [rome]}
        more = {"do": "add", "new_segment": oslo, "new_join": "except"}
        page = ann.post(url, {**flow, **more}).content.decode()
        assert "Not saved yet" in page
        flow = {"join": ["union", "except"], "segment": [rome, oslo]}
        page = ann.post(url, {**flow, "do": "down-0"}).content.decode()
        assert page.index(f'value="{oslo}"') < page.index(f'value="{rome}"')
        page = ann.post(url, {**flow, "do": "remove-0"}).content.decode()
        assert f'name="segment" value="{rome}"' not in page
        segment.refresh_from_db()
        assert segment.definition == {}
        ann.post(url, {**flow, "do": "save"})
        segment.refresh_from_db()
        assert segment.definition == {"except": [{"segment": rome}, {"segment": oslo}]}

    def test_what_cannot_be_is_said_and_not_saved(self, cast, browse, parts, live):
        top = segment_create(
            user=cast.ann,
            name="Top",
            kind="compound",
            definition={"segment": parts[0].pk},
        )
        over = segment_create(
            user=cast.ann, name="Over", kind="compound", definition={"segment": top.pk}
        )
        flow = {"join": ["union"], "segment": [over.pk], "do": "save"}
        answer = browse(cast.ann).post(f"/segments/{top.pk}/flow/", flow)
        assert answer.status_code == 422
        assert "Top &gt; Over &gt; Top" in answer.content.decode()
        assert Segment.objects.get(pk=top.pk).definition == {"segment": parts[0].pk}

    def test_who_may_not_edit_sees_it_and_cannot_save(self, cast, browse, parts):
        top = segment_create(
            user=cast.ann,
            name="Top",
            kind="compound",
            definition={"segment": parts[0].pk},
        )
        url = f"/segments/{top.pk}/flow/"
        page = browse(cast.ben).get(url).content.decode()
        assert 'value="save"' not in page
        assert browse(cast.ben).post(url, {"do": "save"}).status_code == 403
