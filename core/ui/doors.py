"""The browser's door: who acts is known before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404

from core.journal.services import acting


@contextmanager
def browser_door(user: Any) -> Iterator[None]:
    """Open the transaction of one request that writes, with its author.

    What a service does not find any more, because it went or was hidden since it was
    looked up, is a page that is not there (Http404).
    """
    try:
        with acting(user, via="browser"):
            yield
    except ObjectDoesNotExist as error:
        raise Http404 from error
