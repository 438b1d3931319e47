"""Telling people, reading what one was told, and saying what one wants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.access.models import User
from core.base.errors import Invalid
from core.notifications.models import Digest, Notification, Preference
from core.notifications.registry import (
    News,
    NotificationKind,
    notification_kind,
    notification_kinds,
)
from core.notifications.rules import digest_due

# More of one kind for one person in one batch is told in one line.
MANY = 5
# A line that says how many grows for so long, while it is unread.
GROWS = timedelta(hours=1)


@transaction.atomic
def notifications_add(*, kind: NotificationKind, news: Sequence[News]) -> int:
    """Write who is told of what; once for each entry, person and kind.

    People who are inactive, or want this kind nowhere, are left out. Gives the number
    of rows. Three statements, however many news there are; more where some are
    folded into one line.
    """
    wanted = _wanted(kind, {item.user_id for item in news})
    by_user: dict[int, list[News]] = defaultdict(list)
    for item in news:
        if any(wanted.get(item.user_id, (False, False))):
            by_user[item.user_id].append(item)
    rows: list[Notification] = []
    for user_id, items in sorted(by_user.items()):
        if len(items) <= MANY:
            rows += [_row(kind, item, wanted[user_id]) for item in items]
        elif not _grown(kind, user_id, items):
            rows.append(_folded(kind, items, wanted[user_id]))
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _wanted(
    kind: NotificationKind, user_ids: Iterable[int]
) -> dict[int, tuple[bool, bool]]:
    """For each active person: in the product, in the digest."""
    ids = list(user_ids)
    active = User.objects.filter(pk__in=ids, is_active=True)
    found = dict.fromkeys(active.values_list("pk", flat=True), (True, kind.in_digest))
    rows = Preference.objects.filter(user__in=ids, kind=kind.key)
    for user_id, in_app, in_digest in rows.values_list(
        "user_id", "in_app", "in_digest"
    ):
        if user_id in found:
            found[user_id] = (in_app, in_digest)
    return found


def _row(kind: NotificationKind, item: News, wanted: tuple[bool, bool]) -> Notification:
    return Notification(
        user_id=item.user_id,
        kind=kind.key,
        subject_type=item.subject[0],
        subject_id=item.subject[1],
        data=item.data,
        entry_id=item.entry.id,
        actor_id=item.entry.actor_id,
        in_app=wanted[0],
        in_digest=wanted[1],
    )


def _folded(
    kind: NotificationKind, items: Sequence[News], wanted: tuple[bool, bool]
) -> Notification:
    """One line for many, without a subject."""
    last = items[-1]
    row = _row(kind, News(last.user_id, last.entry), wanted)
    row.number = len(items)
    return row


def _grown(kind: NotificationKind, user_id: int, items: Sequence[News]) -> bool:
    """Add to a line that is unread and young; False where there is none."""
    young = Notification.objects.unread().filter(
        user=user_id,
        kind=kind.key,
        number__gt=1,
        digest=None,
        created_at__gte=timezone.now() - GROWS,
    )
    last = young.order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        return False
    Notification.objects.filter(pk=last).update(number=F("number") + len(items))
    return True


@transaction.atomic
def notification_read(*, notification: Notification) -> Notification:
    """Mark one as read; it stays so."""
    Notification.objects.unread().filter(pk=notification.pk).update(
        read_at=timezone.now()
    )
    notification.refresh_from_db()
    return notification


@transaction.atomic
def notifications_read_all(*, user: User, upto: int | None = None) -> int:
    """Mark all as read, or those up to an id: what came meanwhile stays unread."""
    rows = Notification.objects.unread().filter(user=user)
    if upto is not None:
        rows = rows.filter(pk__lte=upto)
    return rows.update(read_at=timezone.now())


def preferences_of(user: User) -> list[tuple[NotificationKind, bool, bool]]:
    """Every kind, with whether this person is told in the product and by digest."""
    rows = Preference.objects.filter(user=user)
    said = {row.kind: (row.in_app, row.in_digest) for row in rows}
    return [
        (kind, *said.get(kind.key, (True, kind.in_digest)))
        for kind in notification_kinds()
    ]


def digest_of(user: User) -> Digest:
    """How often this person gets a digest; every morning where nothing was said."""
    found = Digest.objects.filter(user=user).first()
    return found or Digest(user=user, due_at=timezone.now())


@transaction.atomic
def preferences_save(
    *,
    user: User,
    kinds: Mapping[str, Mapping[str, Any]],
    frequency: str | None = None,
) -> None:
    """Say which kinds one wants where, and how often a digest; the rest stays.

    `kinds` maps a kind to `in_app` and `in_digest`. Raises Invalid for an unknown kind
    or frequency.
    """
    for key, values in kinds.items():
        kind = notification_kind(key)
        if kind is None:
            raise Invalid("unknown_kind", f"There is no kind {key}.", attr="kinds")
        usual = {"in_app": True, "in_digest": kind.in_digest}
        Preference.objects.update_or_create(
            user=user,
            kind=key,
            defaults=dict(values),
            create_defaults=usual | dict(values),
        )
    if frequency is not None:
        _save_frequency(user, frequency)


def _save_frequency(user: User, frequency: str) -> None:
    if frequency not in Digest.Frequency.values:
        raise Invalid("invalid_choice", "Choose how often.", attr="frequency")
    due = digest_due(frequency, timezone.now(), user.time_zone)
    Digest.objects.update_or_create(
        user=user, defaults={"frequency": frequency, "due_at": due}
    )
