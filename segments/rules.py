"""What a segment may do in which state: pure rules."""

from __future__ import annotations

from core.base.errors import Invalid, Refused

START = {"from": "contact", "where": {"and": []}}


def check_can_go_live(kind: str, state: str, definition: dict[str, object]) -> None:
    """Refuse going live twice, or without conditions to evaluate."""
    if state == "live":
        raise Refused("already_live", "This segment is live already.")
    check_has_conditions(kind, definition)


def check_has_conditions(kind: str, definition: dict[str, object]) -> None:
    """What is live and follows conditions has some."""
    if definition:
        return
    if kind == "dynamic":
        raise Invalid(
            "no_conditions",
            "Add at least one group of conditions before going live.",
            attr="definition",
        )
    if kind == "compound":
        raise Invalid(
            "no_parts",
            "Add at least one segment before going live.",
            attr="definition",
        )


def check_can_stop(state: str) -> None:
    """Only what is live can be stopped."""
    if state != "live":
        raise Refused("not_live", "Only a live segment can be stopped.")


def edits_draft(state: str, draft: object) -> bool:
    """Whether a change of conditions waits until it is published.

    Of a live segment always; of a stopped one while a draft from then is left, so
    that nothing unseen goes live with it.
    """
    return state == "live" or draft is not None


def check_can_publish(draft: object) -> None:
    """There must be something to publish, or to throw away."""
    if draft is None:
        raise Refused("no_changes", "There are no changes to publish.")


def check_kind_change(before: str, after: str, *, was_live: bool) -> None:
    """The kind is fixed once the segment has been live."""
    if was_live and before != after:
        raise Invalid(
            "kind_fixed",
            "The segment type cannot change after the segment has been live. "
            "Duplicate the segment instead.",
            attr="kind",
        )


def check_hand_picked(kind: str) -> None:
    """Members are added and removed by hand in static segments only."""
    if kind != "static":
        raise Refused(
            "not_static",
            "Members of this segment follow its conditions. "
            "Use a static segment to pick contacts by hand.",
        )


def check_time_zone(name: str, known: set[str]) -> None:
    """A time zone is one of the IANA names."""
    if name not in known:
        raise Invalid(
            "unknown_time_zone",
            f"'{name}' is not a time zone. Use a name such as Europe/Amsterdam.",
            attr="time_zone",
        )
