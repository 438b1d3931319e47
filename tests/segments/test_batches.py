"""Many contacts at once: by a query run once, and from files."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.jobs.running import run_to_end
from core.jobs.services import job_problems
from core.journal.models import Entry
from core.journal.services import acting, record
from segments.member_files import people_in
from segments.models import MemberBatch, Segment
from segments.services import batches, idle
from segments.services.batches import members_by_file, members_by_query
from segments.services.lifecycle import segment_create, segment_go_live
from segments.services.membership import members_change
from segments.services.sizes import sizes_by_day
from tests.factories import ContactFactory
from tests.segments.conftest import members
from tests.segments.test_pages import browse
from tests.segments.test_versions import city

__all__ = ["browse"]


@pytest.mark.parametrize(
    ("text", "column", "values", "bad"),
    [
        ("Email\na@x.nl\nb@x.nl\n", "email", ["a@x.nl", "b@x.nl"], []),
        ("a@x.nl\nb@x.nl\n", "email", ["a@x.nl", "b@x.nl"], []),
        ("12\n13\n", "id", ["12", "13"], []),
        ("Name;E-mail address\nAnn;a@x.nl\n", "email", ["a@x.nl"], []),
        ("\ufeffExternal ID,Name\nX1,Ann\n", "external_id", ["X1"], []),
        ("ID\n1\nx\n\n2\n", "id", ["1", "2"], [2]),
        ("Name,Email\nAnn\nBen,b@x.nl\n", "email", ["b@x.nl"], [1]),
        (f"Email\n{'a' * 300}@x.nl\n", "email", [], [1]),
    ],
)
def test_files_are_read_by_the_column_that_names_people(text, column, values, bad):
    found = people_in(io.BytesIO(text.encode()))
    assert (found.column, found.values) == (column, values)
    assert [problem["row"] for problem in found.problems] == bad


@pytest.mark.parametrize("text", ["", "Name\nAnn\n", "Name,City\nAnn,Rome\n"])
def test_file_that_names_nobody_is_refused(text):
    with pytest.raises(Invalid) as caught:
        people_in(io.BytesIO(text.encode()))
    assert caught.value.attr == "file"


@pytest.fixture
def picked(cast):
    return segment_create(user=cast.ann, name="Picked", kind="static")


def upload(segment, user, text, mode="add"):
    with acting(user, via="test"):
        job = members_by_file(
            segment_id=segment.pk, file=io.BytesIO(text.encode()), user=user, mode=mode
        )
    return run_to_end(job)


@pytest.mark.django_db
class TestFile:
    def test_report_tells_each_row_that_fits_nobody(self, cast, picked, monkeypatch):
        monkeypatch.setattr(batches, "CHUNK", 2)
        ann = ContactFactory(email="Ann@Example.com")
        old, new = (ContactFactory(email="info@example.com") for _ in range(2))
        old.save()
        text = "Email\n ANN@example.com\nnobody@example.com\ninfo@example.com\n"
        job = upload(picked, cast.ann, text)
        assert job.state == "completed"
        newest = max((old, new), key=lambda one: (one.updated_at, one.pk))
        assert members(picked) == {ann.pk, newest.pk}
        told = [(line.data["row"], line.data["detail"]) for line in job_problems(job)]
        assert told[0] == (2, "There is no such contact.")
        assert told[1][0] == 3
        assert job.result["entered"] == 2
        assert (job.done, job.total) == (3, 3)
        assert not MemberBatch.objects.exists()

    def test_twice_changes_nothing_and_removal_takes_all_of_an_address(
        self, cast, picked
    ):
        both = [ContactFactory(email="info@example.com") for _ in range(2)]
        members_change(segment_id=picked.pk, add=[one.pk for one in both])
        text = "info@example.com\n"
        assert upload(picked, cast.ann, text).result["unchanged"] == 1
        upload(picked, cast.ann, text, mode="remove")
        assert members(picked) == set()

    def test_segment_with_conditions_takes_no_file(self, cast, live):
        with pytest.raises(Refused):
            upload(live(city("Rome")), cast.ann, "a@x.nl\n")


@pytest.mark.django_db
class TestQuery:
    def test_it_is_asked_once(self, cast, picked):
        rome = ContactFactory(city="Rome")
        with acting(cast.ann, via="test"):
            job = members_by_query(
                segment_id=picked.pk, definition=city("Rome"), user=cast.ann
            )
        ContactFactory(city="Rome")
        run_to_end(job)
        assert members(picked) == {rome.pk}
        told = Entry.objects.get(name="segment.entered", contact_id=rome.pk)
        assert (told.actor_id, told.via) == (cast.ann.pk, "segment_members")

    def test_api_and_page_are_doors_to_it(self, cast, picked, api, browse):
        rome = ContactFactory(city="Rome")
        address = f"/api/v1/segments/{picked.pk}/members/"
        body = {"definition": city("Rome")}
        for user, status in ((cast.ben, 202), (cast.reader, 403)):
            answer = api(user).post(f"{address}by-query/", body, format="json")
            assert answer.status_code == status
        file = SimpleUploadedFile("people.csv", b"email\nx@x.nl\n")
        answer = api(cast.ann).post(
            f"{address}upload/", {"file": file}, format="multipart"
        )
        assert answer.status_code == 202, answer.content
        broken = {"definition": {"from": "lead"}}
        answer = api(cast.ann).post(f"{address}by-query/", broken, format="json")
        assert answer.status_code == 400

        url = f"/segments/{picked.pk}/members/many/"
        assert browse(cast.reader).get(url).status_code == 403
        where = '{"field": "city", "op": "eq", "value": "Rome"}'
        form = {"way": "query", "query-mode": "add", "query-condition": where}
        answer = browse(cast.ann).post(url, form)
        assert answer["Location"].startswith("/jobs/")
        file = SimpleUploadedFile("people.csv", b"name\nAnn\n")
        answer = browse(cast.ann).post(
            url, {"way": "file", "file-mode": "add", "file-file": file}
        )
        assert answer.status_code == 422
        assert "No column names people" in answer.content.decode()
        assert rome.pk not in members(picked)


@pytest.mark.django_db
class TestExports:
    def test_hashed_export_holds_each_address_once_and_nobody_who_refuses(
        self, cast, picked, browse, api
    ):
        people = [
            ContactFactory(email=" Ann@Example.com"),
            ContactFactory(email="ann@example.com"),
            ContactFactory(email=""),
            ContactFactory(email="no@example.com", do_not_bulk_email=True),
        ]
        members_change(
            segment_id=picked.pk, add=[p.pk for p in people], user_id=cast.ann.pk
        )
        address = f"/segments/{picked.pk}/members/?part=hashed"
        page = b"".join(browse(cast.ann).get(address).streaming_content).decode()
        answer = api(cast.ann).get(
            f"/api/v1/segments/{picked.pk}/members/export/", {"hashed": "1"}
        )
        lines = b"".join(answer.streaming_content).decode().split()
        assert lines[0] == "email_sha256"
        assert len(lines) == 2
        assert page.split() == lines
        assert lines[1] == hashlib.sha256(b"ann@example.com").hexdigest()

    def test_page_and_file_say_who_added_whom(self, cast, picked, browse, api):
        contact = ContactFactory()
        members_change(segment_id=picked.pk, add=[contact.pk], user_id=cast.ben.pk)
        page = browse(cast.ann).get(f"/segments/{picked.pk}/members/").content.decode()
        assert f"{cast.ben.first_name} {cast.ben.last_name}" in page
        answer = api(cast.ann).get(f"/api/v1/segments/{picked.pk}/members/export/")
        assert cast.ben.username in b"".join(answer.streaming_content).decode()


@pytest.mark.django_db
class TestSizes:
    def test_size_is_told_day_by_day(self, picked):
        today = timezone.now()
        happened = [(3, "entered"), (3, "entered"), (3, "entered"), (1, "left")]
        for back, what in happened:
            record(
                f"segment.{what}",
                subject=("segment", picked.pk),
                occurred_at=today - timedelta(days=back),
            )
        Segment.objects.filter(pk=picked.pk).update(member_count=2)
        picked.refresh_from_db()
        found = sizes_by_day(picked)
        assert [(today.date() - day).days for day, _ in found] == [3, 2, 1, 0]
        assert [size for _, size in found] == [3, 3, 2, 2]

    def test_going_live_is_where_a_dynamic_one_begins(self, live):
        ContactFactory(city="Rome")
        assert [size for _, size in sizes_by_day(live(city("Rome")))] == [1]


@pytest.mark.django_db
def test_what_nobody_uses_is_proposed_and_nothing_is_stopped(
    cast, browse, live, monkeypatch
):
    old, used = (live(city("Rome"), name=name) for name in ("Old one", "Used one"))
    segment_create(user=cast.ann, name="Top", definition={"segment": used.pk})
    picked = segment_create(user=cast.ann, name="By hand", kind="static")
    segment_go_live(segment_id=picked.pk)
    assert idle.idle_segments(cast.ann) == []
    # As if it were long ago.
    monkeypatch.setattr(idle, "IDLE_DAYS", -1)
    assert [each.segment for each in idle.idle_segments(cast.ann)] == [old]
    page = browse(cast.ann).get("/segments/", {"view": "unused"}).content.decode()
    assert "Old one" in page
    assert "Used one" not in page
    assert "By hand" not in page
    hint = "it is never stopped by itself"
    for segment, said in ((old, True), (used, False)):
        url = f"/segments/{segment.pk}/usage/"
        assert (hint in browse(cast.ann).get(url).content.decode()) == said
    old.refresh_from_db()
    assert old.is_live
