"""What a segment may do in which state: pure rules."""

from __future__ import annotations

from core.base.errors import Invalid, Refused

START = {"from": "contact", "where": {"and": []}}


def check_can_go_live(kind: str, state: str, definition: dict[str, object]) -> None:
    """Refuse going live twice, or without conditions to evaluate."""
    if state == "live":
        raise Refused("already_live", "This segment is live already.")
    if kind == "dynamic" and not definition:
        raise Invalid(
            "no_conditions",
            "Add at least one group of conditions before going live.",
            attr="definition",
        )


def check_can_stop(state: str) -> None:
    """Only what is live can be stopped."""
    if state != "live":
        raise Refused("not_live", "Only a live segment can be stopped.")


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
            "Members of a dynamic segment follow its conditions. "
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
