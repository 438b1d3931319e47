"""Interactions: the kinds of entries that say what a person did, or was sent."""

from __future__ import annotations

from dataclasses import dataclass

_EMAIL, _PAGE, _EVENT = "mail", "browser", "calendar-event"


@dataclass(frozen=True, slots=True)
class InteractionKind:
    """One kind: how it is named, drawn and told.

    `sentence` is filled with the contact's name and the source's label:
    "{who} opened {what}".
    """

    name: str
    label: str
    icon: str
    sentence: str


_kinds: dict[str, InteractionKind] = {}


def register_interaction(name: str, label: str, icon: str, sentence: str) -> None:
    """Make a kind known; consumers of `interaction:*` then receive it."""
    _kinds[name] = InteractionKind(name, label, icon, sentence)


def interaction_kinds() -> list[InteractionKind]:
    """Every kind, in the order of registration."""
    return list(_kinds.values())


def interaction_kind(name: str) -> InteractionKind | None:
    """The kind of this name, or None where an entry is no interaction."""
    return _kinds.get(name)


def interaction_names() -> list[str]:
    """The names of all kinds."""
    return list(_kinds)


for _kind in [
    ("email.sent", "Email sent", _EMAIL, "{who} was sent {what}"),
    ("email.delivered", "Email delivered", _EMAIL, "{who} received {what}"),
    ("email.opened", "Email opened", "mail-opened", "{who} opened {what}"),
    ("email.clicked", "Email clicked", "pointer", "{who} clicked a link in {what}"),
    ("email.hard_bounced", "Email hard bounced", "mail-x", "{what} hard bounced"),
    ("email.soft_bounced", "Email soft bounced", "mail-x", "{what} soft bounced"),
    ("email.block_bounced", "Email refused", "mail-x", "{what} was refused"),
    ("email.blocked", "Email blocked", "mail-off", "{what} was not sent to {who}"),
    ("email.complained", "Marked as spam", "flag", "{who} marked {what} as spam"),
    ("email.forwarded", "Email forwarded", "mail-forward", "{who} forwarded {what}"),
    (
        "subscription.submitted",
        "Subscriptions changed",
        "adjustments",
        "{who} changed subscriptions on {what}",
    ),
    ("form.visited", "Form visited", "forms", "{who} saw {what}"),
    ("form.submitted", "Form submitted", "forms", "{who} submitted {what}"),
    ("page.visited", "Page visited", _PAGE, "{who} visited {what}"),
    ("page.submitted", "Page submitted", "browser-check", "{who} submitted {what}"),
    ("website.visited", "Website visited", "world", "{who} visited {what}"),
    ("website.clicked", "Website clicked", "world", "{who} clicked on {what}"),
    ("redirect.clicked", "Redirect clicked", "link", "{who} followed {what}"),
    ("event.registered", "Event registration", _EVENT, "{who} registered for {what}"),
    (
        "event.registration_canceled",
        "Event registration canceled",
        "calendar-x",
        "{who} canceled the registration for {what}",
    ),
    ("event.attended", "Event check-in", "calendar-check", "{who} attended {what}"),
    (
        "session.registered",
        "Session registration",
        _EVENT,
        "{who} registered for {what}",
    ),
    (
        "session.registration_canceled",
        "Session registration canceled",
        "calendar-x",
        "{who} canceled the registration for {what}",
    ),
    ("session.attended", "Session check-in", "calendar-check", "{who} attended {what}"),
    ("list.joined", "List joined", "list-check", "{who} joined {what}"),
    ("list.left", "List left", "list", "{who} left {what}"),
    (
        "linkedin.submitted",
        "LinkedIn form submitted",
        "brand-linkedin",
        "{who} submitted {what}",
    ),
    ("survey.submitted", "Survey submitted", "clipboard", "{who} answered {what}"),
]:
    register_interaction(*_kind)
