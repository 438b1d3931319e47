"""What a shown form carries: its page and when it was shown, signed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.core import signing

_SALT = "marketing.form"
MAX_AGE_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Shown:
    """A form as somebody saw it: on which page (0 for none), for how many seconds."""

    form_id: int
    page_id: int
    seconds: float


def sign_shown(form_id: int, page_id: int = 0) -> str:
    """The token of a form shown now."""
    return signing.Signer(salt=_SALT).sign(f"{form_id}.{page_id}.{int(time.time())}")


def read_shown(token: str, form_id: int) -> Shown | None:
    """What a token says; None where it is tampered with, too old, or another form's."""
    try:
        parts = signing.Signer(salt=_SALT).unsign(token).split(".")
        form, page, when = (int(part) for part in parts)
    except (signing.BadSignature, ValueError, UnicodeError):
        return None
    seconds = time.time() - when
    if form != form_id or seconds > MAX_AGE_SECONDS:
        return None
    return Shown(form, page, seconds)
