"""A repeated POST does nothing and answers the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import Unprocessable
from core.api.models import IdempotencyKey
from core.base.text import text_problem

HEADER = "HTTP_IDEMPOTENCY_KEY"


def key_of(request: Request) -> str | None:
    """The key of this request, where one was sent with a POST."""
    if request.method != "POST":
        return None
    key: str | None = request.META.get(HEADER)
    if key is None:
        return None
    if not key.strip() or text_problem(key, max_length=255):
        raise exceptions.ValidationError(
            {"Idempotency-Key": ["Give 1 to 255 characters."]}
        )
    return key


def request_hash(request: Request) -> str:
    """What makes two requests the same: method, address and body."""
    found = hashlib.sha256()
    found.update(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type.startswith("multipart/"):
        form: Any = request.data
        for name in sorted(form):
            for value in form.getlist(name):
                found.update(f"\n{name}=".encode())
                if hasattr(value, "chunks"):
                    for chunk in value.chunks():
                        found.update(chunk)
                    value.seek(0)
                else:
                    found.update(str(value).encode())
    else:
        found.update(json.dumps(request.data, sort_keys=True, default=str).encode())
    return found.hexdigest()


def once(request: Request, run: Callable[[], Response]) -> Response:
    """Run this the first time; give the first answer every other time.

    Must be called inside the transaction of the effect. A parallel request with the
    same key waits for the first one to end. Raises Unprocessable for a key that was
    used for another request. An error rolls the key back with the effect.
    """
    key = key_of(request)
    if key is None:
        return run()
    wanted = request_hash(request)
    user: Any = request.user
    row, new = IdempotencyKey.objects.get_or_create(
        user=user, key=key, defaults={"request_hash": wanted}
    )
    if not new:
        return _replay(row, wanted)
    response = run()
    body = JSONRenderer().render(response.data).decode() if response.data else ""
    row.status, row.body = response.status_code, body
    row.save(update_fields=["status", "body"])
    return response


def _replay(row: IdempotencyKey, wanted: str) -> Response:
    if row.request_hash != wanted:
        raise Unprocessable
    response = Response(json.loads(row.body) if row.body else None, status=row.status)
    response["Idempotency-Replayed"] = "true"
    return response
