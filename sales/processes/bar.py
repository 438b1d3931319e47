"""The process bar of a record: stages as chevrons, time in each, what can be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from core.access.rights import may
from core.ui.parts import Panel, register_panel
from crm.models import ProcessState
from crm.processes.reading import Standing, standing
from crm.services.processes import process_definitions

_UNITS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3_600))


def lasted(time: timedelta) -> str:
    """How long something lasted, in its two largest units at most: 3 days 4 hours."""
    left, words = int(time.total_seconds()), []
    for unit, seconds in (*_UNITS, ("minute", 60)):
        number, left = divmod(left, seconds)
        if number:
            words.append(f"{number} {unit}{'' if number == 1 else 's'}")
        elif words:
            break
    return " ".join(words[:2]) or "under a minute"


def process_bar(request: HttpRequest, record: Any) -> dict[str, Any]:
    """What the bar shows (three queries at most)."""
    entity = record._meta.model_name
    definitions = process_definitions()
    at = standing(entity, record, definitions)
    over = record.process_state != ProcessState.ACTIVE
    open_here = not record.is_closed
    allowed = open_here and may(request.user, "update", record, entity)
    return {
        "at": at,
        "entity": entity,
        "record": record,
        "state": "" if not over else record.get_process_state_display(),
        "closed": record.is_closed,
        "may_move": allowed and not over,
        "may_resume": allowed and over,
        "chevrons": [
            (shown, lasted(shown.spent) if shown.spent or shown.side == "now" else "")
            for shown in at.shown
        ],
        "before": _neighbour(at, -1),
        "behind": _neighbour(at, 1),
        "last": bool(at.shown) and at.shown[-1].side == "now",
        "others": [
            each
            for each in definitions.values()
            if each.active and each.key != at.process.key and each.on(entity)
        ],
        "age": lasted(at.age),
    }


def _neighbour(at: Standing, offset: int) -> Any:
    """The stage beside the active one; None where there is none."""
    sides = [shown.side for shown in at.shown]
    here = sides.index("now") if "now" in sides else None
    place = None if here is None else here + offset
    if place is None or not 0 <= place < len(at.shown):
        return None
    return at.shown[place].stage


def register_bars() -> None:
    """Put the bar above the record pages of leads and opportunities."""
    for entity in ("lead", "opportunity"):
        register_panel(
            entity,
            Panel(
                "process",
                "Process",
                "sales/_process.html",
                process_bar,
                "top",
                position=10,
            ),
        )
