"""How a stored file leaves the server: always as a download, never as a page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest

from core.base.errors import DomainError
from crm.models import Attachment
from crm.services.attachments import attachment_open

# What a multipart body holds besides the file.
AROUND = 100_000


class TooLargeFile(DomainError):
    """More than may go in: answered with 413, before the body is read."""

    status = 413


def check_length(request: HttpRequest) -> None:
    """Refuse a body that says that it is too large, before it is received."""
    most = settings.ATTACHMENT_MAX_BYTES
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdigit() and int(length) > most + AROUND:
        raise TooLargeFile(
            "too_large", f"At most {most // 1_000_000} MB go in.", attr="file"
        )


def download(attachment: Attachment) -> FileResponse:
    """The file for whoever may see it; the caller has checked that.

    Nothing that somebody uploaded runs in the browser under this address: it is
    saved, not shown, its type is not guessed, and it is not kept in caches.
    """
    stored: Any = attachment_open(attachment)
    answer = FileResponse(
        stored,
        as_attachment=True,
        filename=attachment.file_name,
        content_type=attachment.content_type,
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
