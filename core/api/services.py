"""Writes on what the API keeps."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from core.access.models import User
from core.api.models import ApiToken, IdempotencyKey

KEYS_KEPT = timedelta(hours=48)
USE_NOTED_EVERY = timedelta(minutes=5)


def token_digest(token: str) -> str:
    """What is kept of a token (it is random, so one round of SHA-256 is enough)."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def token_create(
    *, user: User, name: str = "", expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token; its text is given back here and can never be read again."""
    token = f"hf_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=token[:9],
        digest=token_digest(token),
        expires_at=expires_at,
    )
    return row, token


def token_used(row: ApiToken) -> None:
    """Note the last use, at most every five minutes."""
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)


def idempotency_keys_clean() -> int:
    """Forget answers older than 48 hours; how many there were."""
    old = timezone.now() - KEYS_KEPT
    return IdempotencyKey.objects.filter(created_at__lt=old).delete()[0]
