"""The live forms as the public doors read them.

A submission must cost little more than its one row, so a web process remembers each
form for two seconds. Saving a form forgets it at once in the process that saved it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from core.base.models import Organisation
from marketing.models.forms import Form
from marketing.rules.fields import FieldSpec, load_fields

SECONDS = 2.0
_ROOM = 500


@dataclass(frozen=True)
class LiveForm:
    """A form ready to be shown and answered."""

    form: Form
    specs: tuple[FieldSpec, ...]


_lock = threading.Lock()
_known: OrderedDict[int, tuple[float, LiveForm | None]] = OrderedDict()


def live_form(form_id: int) -> LiveForm | None:
    """The live form of this number, or None; at most one query, often none."""
    now = time.monotonic()
    with _lock:
        until, found = _known.get(form_id, (0.0, None))
    if until > now:
        return found
    row = Form.objects.live().filter(pk=form_id).first()
    found = LiveForm(row, tuple(load_fields(row.fields))) if row else None
    with _lock:
        _known[form_id] = (now + SECONDS, found)
        while len(_known) > _ROOM:
            _known.popitem(last=False)
    return found


def organisation_name() -> str:
    """Who stands behind every page; read anew every two seconds."""
    return _name_at(int(time.monotonic() / SECONDS))


@lru_cache(maxsize=1)
def _name_at(moment: int) -> str:
    return Organisation.current().name


def forget_form(form_id: int) -> None:
    """Read this form anew at its next use in this process."""
    with _lock:
        _known.pop(form_id, None)
