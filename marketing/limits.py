"""The brake on abuse: submissions of one network address to one form in a minute.

Counted in each web process: it costs no request to another service, cannot fail with
one, and is meant to slow a flood, not to keep accounts.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

_ROOM = 20_000
_lock = threading.Lock()
_counts: OrderedDict[tuple[int, str, int], int] = OrderedDict()


def over_limit(form_id: int, address: str, limit: int) -> bool:
    """Count one submission; whether it is above the limit (0: there is none)."""
    if not limit:
        return False
    key = (form_id, address, int(time.time() // 60))
    with _lock:
        count = _counts[key] = _counts.get(key, 0) + 1
        _counts.move_to_end(key)
        while len(_counts) > _ROOM:
            _counts.popitem(last=False)
    return count > limit
