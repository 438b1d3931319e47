"""Digest emails: what is due, written down, and sent at most once each."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone

from core.access.models import User
from core.notifications.models import Digest, DigestMail, Notification
from core.notifications.rules import digest_due
from core.notifications.showing import shown

log = logging.getLogger(__name__)

LISTED = 50
MAX_ATTEMPTS = 5
BATCH = 100

# Whoever has something to be told, and never said how often.
_ENSURE = """
INSERT INTO notifications_digest (user_id, frequency, due_at)
SELECT DISTINCT n.user_id, 'daily', now() FROM notifications_notification n
WHERE n.digest_id IS NULL AND n.in_digest AND n.read_at IS NULL
  AND NOT EXISTS (SELECT FROM notifications_digest d WHERE d.user_id = n.user_id)
ON CONFLICT DO NOTHING
RETURNING user_id
"""


@transaction.atomic
def digests_ensure() -> int:
    """Give everybody who is told something a digest, due the next morning."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE)
        ids = [row[0] for row in cursor.fetchall()]
    for digest in Digest.objects.filter(user__in=ids).select_related("user"):
        due = digest_due(digest.frequency, now, digest.user.time_zone)
        Digest.objects.filter(pk=digest.pk).update(due_at=due)
    return len(ids)


@transaction.atomic
def digests_write() -> int:
    """Write down the digests that are due: what is unread and in none yet.

    Claims people by SKIP LOCKED; the mail, what it holds and the next date are one
    transaction, so that each notification is in one digest at most.
    """
    due = Digest.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        ~Q(frequency=Digest.Frequency.OFF), due_at__lte=Now()
    )
    written = 0
    for digest in due.select_related("user").order_by("due_at")[:BATCH]:
        written += _write(digest)
        digest.due_at = digest_due(
            digest.frequency, timezone.now(), digest.user.time_zone
        )
        digest.save(update_fields=["due_at"])
    return written


def _write(digest: Digest) -> int:
    rows = Notification.objects.unread().filter(
        user=digest.user_id, digest=None, in_digest=True
    )
    number = rows.count()
    if not number or not digest.user.is_active or not digest.user.email:
        return 0
    mail = DigestMail.objects.create(user=digest.user, number=number)
    rows.update(digest=mail)
    return 1


def digest_send_next() -> bool:
    """Send one digest; False where none waits.

    It is marked as being sent, and committed, before it goes out: a worker that dies
    in between leaves it so, and it is never sent twice. Only what the mail server
    refused is tried again, later each time.
    """
    mail = _claim()
    if mail is None:
        return False
    try:
        _message(mail).send()
    except Exception as error:
        log.exception("Digest %s could not be sent.", mail.pk)
        _refused(mail, str(error))
        return True
    DigestMail.objects.filter(pk=mail.pk).update(
        state=DigestMail.State.SENT, sent_at=Now(), error=""
    )
    return True


@transaction.atomic
def _claim() -> DigestMail | None:
    rows = DigestMail.objects.select_for_update(skip_locked=True, of=("self",))
    waiting = rows.filter(state=DigestMail.State.PENDING, due_at__lte=Now())
    mail = waiting.select_related("user").order_by("due_at").first()
    if mail is not None:
        mail.attempts += 1
        mail.state = DigestMail.State.SENDING
        mail.save(update_fields=["attempts", "state"])
    return mail


def _refused(mail: DigestMail, error: str) -> None:
    """Try again later, or give it up."""
    again = mail.attempts < MAX_ATTEMPTS
    DigestMail.objects.filter(pk=mail.pk).update(
        state=DigestMail.State.PENDING if again else DigestMail.State.FAILED,
        error=error[:2_000],
        due_at=timezone.now() + timedelta(minutes=5 * 2**mail.attempts),
        attempts=F("attempts"),
    )


def _message(mail: DigestMail) -> EmailMultiAlternatives:
    """The digest in text and HTML: what is new, newest first."""
    user: User = mail.user
    rows = Notification.objects.filter(digest=mail).order_by("-pk")
    lines = shown(list(rows[:LISTED]), user)
    context = {
        "user": user,
        "lines": lines,
        "number": mail.number,
        "rest": mail.number - len(lines),
        "base": settings.SITE_ADDRESS.rstrip("/"),
    }
    message = EmailMultiAlternatives(
        render_to_string("notifications/digest-subject.txt", context).strip(),
        render_to_string("notifications/digest.txt", context),
        to=[user.email],
    )
    message.attach_alternative(
        render_to_string("notifications/digest.html", context), "text/html"
    )
    return message
