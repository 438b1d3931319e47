"""Files on records: who may put, read and delete them, and what is refused."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.journal.models import Entry
from core.journal.services import acting
from crm.attachments.rules import clean_name, sniffed
from crm.models import Attachment, DiscardedFile
from crm.services.attachment_files import attachments_discard
from crm.services.attachments import attachment_add, attachment_delete
from crm.services.records import record_delete
from crm.tasks import remove_discarded_files
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    LeadFactory,
)
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PDF = b"%PDF-1.7 a quote"


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    """Files really lie on the disk, as in production."""
    real = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {"default": real}
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(name="Quote.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def attach(record, user=None, **file):
    key = type(record)._meta.model_name
    with acting(user, via="api"):
        return attachment_add(
            regarding_type=key, regarding_id=record.pk, file=upload(**file), user=user
        )


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", "b")
    return out.getvalue()


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


class TestRules:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Quote.pdf", "Quote.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\offer.docx", "offer.docx"),
            ("a\x00b\n.pdf", "ab.pdf"),
            ("..", "file"),
            ("", "file"),
            ('quo"te<1>.pdf', "quote1.pdf"),
            ("fdp.\u202egpj.exe", "fdp.gpj.exe"),
            ("Angebot für Müller.pdf", "Angebot für Müller.pdf"),
            ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ],
    )
    def test_names_have_no_folders_and_no_tricks(self, given, kept):
        assert clean_name(given) == kept

    @pytest.mark.parametrize(
        ("content", "name", "kind"),
        [
            (PDF, "a.txt", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n...", "a.pdf", "image/png"),
            (b"<html><script>1</script>", "a.txt", "text/html"),
            (b"<?xml version='1.0'?><svg onload='x'/>", "a.png", "image/svg+xml"),
            (b"name,city\nWong,Rome\n", "a.csv", "text/csv"),
            ("Grüße".encode(), "a.unknown", "text/plain"),
            (b"\x00\x01\x02\x03", "a.txt", "application/octet-stream"),
            (b"RIFF\x00\x00\x00\x00WEBPVP8", "a.webp", "image/webp"),
        ],
    )
    def test_the_content_says_what_a_file_is(self, content, name, kind):
        assert sniffed(content, name) == kind

    def test_office_files_are_told_from_archives_by_their_ending(self):
        assert sniffed(zipped(), "a.docx").endswith("wordprocessingml.document")
        assert sniffed(zipped(), "a.zip") == "application/zip"


class TestAdd:
    def test_a_file_on_each_kind_of_record(self, cast):
        contact, account = ContactFactory(), AccountFactory()
        lead = LeadFactory(parent_contact=contact, parent_account=account)
        about = {"regarding_type": "lead", "regarding_id": lead.pk}
        call = ActivityFactory(**about, lead=lead, contact=contact)
        opportunity = OpportunityFactory(contact=contact, account=account)
        for record in (contact, account, lead, call, opportunity):
            made = attach(record, cast.ben if record is contact else None)
            assert made.file_name == "Quote.pdf"
            assert made.size == len(PDF)
            assert made.content_type == "application/pdf"
            assert made.sha256 == hashlib.sha256(PDF).hexdigest()
            with made.file.open() as content:
                assert content.read() == PDF
        assert Attachment.objects.get(regarding_type="lead").contact == contact
        assert Attachment.objects.get(regarding_type="activity").lead == lead
        assert Attachment.objects.get(regarding_type="contact").created_by == cast.ben

    def test_nothing_of_its_name_is_in_its_place_on_the_disk(self, media):
        attach(ContactFactory(), name="../../evil.pdf")
        (path,) = stored(media)
        assert path.is_relative_to(media / "attachments")
        assert "evil" not in str(path)
        assert path.stat().st_mode & 0o077 == 0

    def test_it_is_journaled_on_the_timeline_of_the_contact(self, cast):
        contact = ContactFactory()
        made = attach(contact, cast.ben)
        entry = Entry.objects.get(name="attachment.created")
        assert (entry.subject_id, entry.contact_id) == (made.pk, contact.pk)
        assert entry.actor_id == cast.ben.pk

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("empty.txt", b"", "empty"),
            ("setup.exe", b"anything", "Programs"),
            ("report.pdf", b"MZ\x90\x00", "Programs"),
            ("notes", b"#!/bin/sh\nrm -rf /", "Programs"),
            ("page.js", b"alert(1)", "Programs"),
        ],
    )
    def test_what_is_refused_leaves_nothing(self, media, name, content, said):
        with pytest.raises(Invalid, match=said) as caught:
            attach(ContactFactory(), name=name, content=content)
        assert caught.value.attr == "file"
        assert stored(media) == []
        assert not Attachment.objects.exists()

    def test_too_large(self, settings, media):
        settings.ATTACHMENT_MAX_BYTES = 10
        with pytest.raises(Invalid, match="at most 10 bytes"):
            attach(ContactFactory())
        assert stored(media) == []

    def test_a_row_that_cannot_be_written_takes_its_file_along(
        self, media, monkeypatch
    ):
        def fails(*args, **kwargs):
            raise RuntimeError

        monkeypatch.setattr(Attachment, "save", fails)
        with pytest.raises(RuntimeError):
            attach(ContactFactory())
        assert stored(media) == []

    def test_a_closed_lead_takes_none(self):
        closed = LeadFactory(
            state="disqualified", status_reason="lost", closed_at=timezone.now()
        )
        with pytest.raises(Refused):
            attach(closed)

    def test_a_record_that_is_hidden(self, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        with pytest.raises(Invalid) as caught:
            attach(lead, cast.carl)
        assert caught.value.code == "does_not_exist"


class TestDelete:
    def test_the_disk_keeps_it_for_a_month(self, media):
        made = attach(ContactFactory())
        with acting(None, via="api"):
            attachment_delete(attachment=made, user=None)
        assert not Attachment.objects.exists()
        assert remove_discarded_files() == 0
        assert len(stored(media)) == 1
        long_ago = timezone.now() - timedelta(days=32)
        DiscardedFile.objects.update(discarded_at=long_ago)
        assert remove_discarded_files() == 1
        assert remove_discarded_files() == 0
        assert stored(media) == []

    def test_a_copy_keeps_the_content(self, media):
        made = attach(ContactFactory())
        copy = Attachment.objects.get(pk=made.pk)
        copy.pk = None
        copy.save(force_insert=True)
        attachments_discard(Attachment.objects.filter(pk=made.pk))
        long_ago = timezone.now() - timedelta(days=32)
        DiscardedFile.objects.update(discarded_at=long_ago)
        remove_discarded_files()
        with copy.file.open() as content:
            assert content.read() == PDF

    def test_it_goes_with_its_record(self):
        lead, contact = LeadFactory(), ContactFactory()
        attach(lead)
        other = attach(LeadFactory(parent_contact=contact))
        with acting(None, via="api"):
            record_delete(record=lead, user=None)
            record_delete(record=contact, user=None)
        assert Attachment.objects.get() == other
        assert DiscardedFile.objects.count() == 1


class TestApi:
    def test_up_and_down(self, api, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        client = api(cast.ben)
        body = {"file": upload(), "regarding_type": "lead", "regarding_id": lead.pk}
        answer = client.post("/api/v1/attachments/", body, format="multipart")
        assert answer.status_code == 201
        made = answer.json()
        assert made["file_name"] == "Quote.pdf"
        listed = client.get(
            "/api/v1/attachments/", {"regarding_type": "lead", "regarding_id": lead.pk}
        ).json()
        assert listed["results"] == [made]
        content = client.get(f"/api/v1/attachments/{made['id']}/content/")
        assert b"".join(content.streaming_content) == PDF
        gone = client.delete(f"/api/v1/attachments/{made['id']}/")
        assert gone.status_code == 204

    def test_an_upload_sent_twice_with_one_key_is_one_file(self, api, cast, media):
        contact = ContactFactory()
        for _ in range(2):
            body = {
                "file": upload(),
                "regarding_type": "contact",
                "regarding_id": contact.pk,
            }
            answer = api(cast.admin).post(
                "/api/v1/attachments/",
                body,
                format="multipart",
                HTTP_IDEMPOTENCY_KEY="one",
            )
            assert answer.status_code == 201
        assert Attachment.objects.count() == len(stored(media)) == 1

    def test_the_length_is_looked_at_first(self, api, cast, settings):
        settings.ATTACHMENT_MAX_BYTES = 10
        body = {
            "file": upload(content=b"x" * 200_000),
            "regarding_type": "contact",
            "regarding_id": ContactFactory().pk,
        }
        answer = api(cast.admin).post("/api/v1/attachments/", body, format="multipart")
        assert answer.status_code == 413

    @pytest.mark.parametrize("left_out", ["file", "regarding_type", "regarding_id"])
    def test_what_is_missing_is_named(self, api, cast, left_out):
        body = {"file": upload(), "regarding_type": "contact", "regarding_id": 1}
        del body[left_out]
        answer = api(cast.admin).post("/api/v1/attachments/", body, format="multipart")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == left_out

    def test_a_stranger_and_a_reader(self, api, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        made = attach(lead, cast.ben)
        for address in (f"{made.pk}/", f"{made.pk}/content/"):
            answer = api(cast.carl).get(f"/api/v1/attachments/{address}")
            assert answer.status_code == 404
            assert api(cast.reader).get(f"/api/v1/attachments/{address}").status_code
        assert api(cast.carl).get("/api/v1/attachments/").json()["results"] == []
        address = f"/api/v1/attachments/{made.pk}/"
        assert api(cast.carl).delete(address).status_code == 404
        assert api(cast.reader).delete(address).status_code == 403
        assert api(cast.reader).get(address).status_code == 200

    def test_its_author_sees_it_no_more_than_the_record(self, api, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        made = attach(lead, cast.ben)
        lead.owner, lead.team = cast.carl, cast.nordics
        lead.save()
        answer = api(cast.ben).get(f"/api/v1/attachments/{made.pk}/content/")
        assert answer.status_code == 404

    def test_the_same_number_of_queries_for_one_and_for_ten(self, api, cast):
        contact = ContactFactory()
        attach(contact)
        client = api(cast.ben)
        client.get("/api/v1/attachments/")
        counts = []
        for more in (0, 9):
            for _ in range(more):
                attach(contact)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get("/api/v1/attachments/")
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestPages:
    def sign_in(self, client, user):
        client.force_login(user, backend=BACKEND)
        return client

    def test_added_shown_downloaded_and_deleted_on_the_page(self, client, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        self.sign_in(client, cast.ben)
        answer = client.post(
            reverse("files_add", args=["lead", lead.pk]),
            {"file": [upload(), upload("b.txt", b"two")]},
        )
        assert answer.status_code == 200
        assert answer.content.decode().count("/files/") >= 2
        page = client.get(reverse("lead", args=[lead.pk])).content.decode()
        assert "Quote.pdf" in page
        assert "attached" in page
        made = Attachment.objects.get(file_name="Quote.pdf")
        down = client.get(reverse("file_download", args=[made.pk]))
        assert b"".join(down.streaming_content) == PDF
        client.post(reverse("file_remove", args=[made.pk]))
        assert Attachment.objects.get().file_name == "b.txt"

    def test_a_page_of_html_is_saved_and_never_shown(self, client, cast):
        made = attach(
            ContactFactory(), name='x".html', content=b"<html><script>1</script>"
        )
        self.sign_in(client, cast.ben)
        answer = client.get(reverse("file_download", args=[made.pk]))
        assert answer["Content-Disposition"] == 'attachment; filename="x.html"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"] or (
            "script-src 'self'" in answer["Content-Security-Policy"]
        )
        assert "no-store" in answer["Cache-Control"]

    def test_one_bad_file_of_two_is_named(self, client, cast):
        contact = ContactFactory()
        self.sign_in(client, cast.ben)
        answer = client.post(
            reverse("files_add", args=["contact", contact.pk]),
            {"file": [upload("setup.exe"), upload()]},
        )
        assert answer.status_code == 422
        assert "setup.exe: Programs" in answer.content.decode()
        assert Attachment.objects.count() == 1

    def test_rights(self, client, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        made = attach(lead, cast.ben)
        for user, add, read, remove in (
            (cast.carl, 404, 404, 404),
            (cast.reader, 403, 200, 403),
            (cast.nobody, 404, 403, 404),
            (cast.ben, 200, 200, 200),
        ):
            self.sign_in(client, user)
            into = reverse("files_add", args=["lead", lead.pk])
            assert client.post(into, {"file": upload()}).status_code == add
            down = reverse("file_download", args=[made.pk])
            assert client.get(down).status_code == read
            gone = reverse("file_remove", args=[made.pk])
            assert client.post(gone).status_code == remove

    def test_the_token_is_still_asked_for(self, cast):
        strict = self.sign_in(Client(enforce_csrf_checks=True), cast.ben)
        into = reverse("files_add", args=["contact", ContactFactory().pk])
        assert strict.post(into, {"file": upload()}).status_code == 403

    def test_a_file_the_disk_lost(self, client, cast, media):
        made = attach(ContactFactory())
        stored(media)[0].unlink()
        self.sign_in(client, cast.ben)
        answer = client.get(reverse("file_download", args=[made.pk]))
        assert answer.status_code == 410

    def test_a_closed_lead_shows_and_takes_none(self, client, cast):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)
        made = attach(lead, cast.ben)
        type(lead).objects.filter(pk=lead.pk).update(
            state="disqualified", status_reason="lost", closed_at=timezone.now()
        )
        self.sign_in(client, cast.ben)
        page = client.get(reverse("lead", args=[lead.pk])).content.decode()
        assert "Quote.pdf" in page
        assert "data-drop" not in page
        assert client.post(reverse("file_remove", args=[made.pk])).status_code == 422
