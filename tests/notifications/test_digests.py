"""Digests: when they are due, what they hold, and that each goes out once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from core.journal.services import acting
from core.notifications import digests
from core.notifications.models import Digest, DigestMail, Notification
from core.notifications.rules import digest_due
from core.notifications.services import (
    notifications_read_all,
    preferences_save,
)
from core.notifications.tasks import sweep
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


# 2026-03-02 is a Monday.
@pytest.mark.parametrize(
    ("frequency", "after", "zone", "due"),
    [
        ("daily", "2026-03-02T06:59", "UTC", "2026-03-02T07:00"),
        ("daily", "2026-03-02T07:00", "UTC", "2026-03-03T07:00"),
        ("weekly", "2026-03-02T06:00", "UTC", "2026-03-02T07:00"),
        ("weekly", "2026-03-02T08:00", "UTC", "2026-03-09T07:00"),
        ("daily", "2026-03-28T12:00", "Europe/Amsterdam", "2026-03-29T05:00"),
        ("daily", "2026-03-02T12:00", "Nowhere/Land", "2026-03-03T07:00"),
        ("daily", "2026-03-02T12:00", "America/New_York", "2026-03-03T12:00"),
    ],
)
def test_due_in_the_morning_of_the_person(frequency, after, zone, due):
    moment = dt.datetime.fromisoformat(after).replace(tzinfo=dt.UTC)
    expected = dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC)
    assert digest_due(frequency, moment, zone) == expected


@pytest.fixture
def news(told, cast):
    """Ben was told of two leads, and the first digest is due."""
    with acting(cast.sales_manager, "test"):
        LeadFactory(topic="Forklifts", owner=cast.ben)
        LeadFactory(topic="Cranes <b>", owner=cast.ben)
    told(cast.ben)
    digests.digests_ensure()
    Digest.objects.update(due_at=timezone.now())
    return cast.ben


def test_a_digest_holds_what_is_unread_and_goes_out_once(news):
    sweep()
    sweep()
    (message,) = mail.outbox
    assert message.to == [news.email]
    assert message.subject == "2 notifications in Handoff"
    assert "Forklifts was assigned to you" in message.body
    assert "Cranes <b>" in message.body
    html = message.alternatives[0][0]
    assert "Cranes &lt;b&gt;" in html
    assert "/notifications/preferences/" in html
    assert DigestMail.objects.get().state == "sent"
    assert Digest.objects.get(user=news).due_at > timezone.now()


def test_nothing_new_is_no_mail(news):
    notifications_read_all(user=news)
    sweep()
    assert mail.outbox == []
    assert not DigestMail.objects.exists()


def test_who_wants_none_gets_none(news):
    preferences_save(user=news, kinds={}, frequency="off")
    Digest.objects.update(due_at=timezone.now() - dt.timedelta(days=1))
    sweep()
    assert mail.outbox == []


def test_next_digest_holds_only_what_came_since(news, told, cast):
    sweep()
    with acting(cast.sales_manager, "test"):
        LeadFactory(topic="Pallets", owner=cast.ben)
    told(cast.ben)
    Digest.objects.update(due_at=timezone.now())
    sweep()
    assert mail.outbox[1].subject == "One notification in Handoff"
    assert "Pallets" in mail.outbox[1].body
    assert "Forklifts" not in mail.outbox[1].body


def test_mail_server_that_refuses_is_tried_again_later(news, monkeypatch):
    def refuse(self):
        raise OSError("Connection refused")

    monkeypatch.setattr(digests.EmailMultiAlternatives, "send", refuse)
    sweep()
    row = DigestMail.objects.get()
    assert (row.state, row.attempts) == ("pending", 1)
    assert row.due_at > timezone.now()
    monkeypatch.undo()
    sweep()
    assert mail.outbox == []
    DigestMail.objects.update(due_at=timezone.now())
    sweep()
    assert len(mail.outbox) == 1


def test_worker_that_died_while_sending_sends_nothing_twice(news, monkeypatch):
    class Killed(BaseException):
        pass

    def die(self):
        raise Killed

    monkeypatch.setattr(digests.EmailMultiAlternatives, "send", die)
    with pytest.raises(Killed):
        sweep()
    monkeypatch.undo()
    assert DigestMail.objects.get().state == "sending"
    sweep()
    assert mail.outbox == []


def test_a_new_person_waits_for_the_morning(told, cast):
    with acting(cast.sales_manager, "test"):
        LeadFactory(owner=cast.ben)
    told(cast.ben)
    sweep()
    assert mail.outbox == []
    assert Digest.objects.get().due_at > timezone.now()
    assert Notification.objects.get().digest is None
