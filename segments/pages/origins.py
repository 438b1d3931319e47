"""What brought a contact into a segment, in words."""

from __future__ import annotations

from core.journal.interactions import interaction_kind
from core.journal.models import Entry
from core.ui.audit import label_of
from crm.models import Contact
from segments.services.origins import Origin

MOST = 3


def origin_words(origin: Origin | None) -> str:
    """One short phrase; empty where nobody knows any more."""
    if origin is None:
        return ""
    by = f" by {origin.who}" if origin.who else ""
    words = {
        "picked": f"added{by}" if by else "picked by hand",
        "always": "always kept in, as an exception",
        "live": "when it went live",
        "published": f"when its conditions were changed{by}",
    }
    return words.get(origin.how) or _cause_words(origin.cause)


def _cause_words(cause: Entry | None) -> str:
    if cause is None:
        return "came to fit the conditions"
    kind = interaction_kind(cause.name)
    if kind:
        return f"after: {kind.label}"
    subject, _, verb = cause.name.rpartition(".")
    names = list(cause.data.get("changes", {})) if cause.data else []
    if subject == "contact" and names:
        told = ", ".join(label_of(Contact, name).lower() for name in names[:MOST])
        more = " and more" if len(names) > MOST else ""
        return f"after a change of {told}{more}"
    thing = subject.replace("_", " ") or "record"
    return f"after: {thing} {verb.replace('_', ' ')}"
