"""@mentions in notes: who is meant, who may see it, and who is told."""

from __future__ import annotations

import re

from core.access.models import User
from core.journal.services import record
from crm.models import Note

# A username behind an @ that begins a word; an email address mentions nobody.
_MENTION = re.compile(r"(?<![\w.@+-])@([\w.+-]+(?:@[\w.-]+)?)")
MOST = 20
SAID = 200


def mentioned_names(body: str) -> list[str]:
    """The usernames that a text mentions, each once, at most MOST."""
    found = (name.rstrip(".-") for name in _MENTION.findall(body))
    return list(dict.fromkeys(name for name in found if name))[:MOST]


def mentions_tell(*, note: Note, user: User | None, before: str = "") -> list[User]:
    """Journal note.mentioned for those who are new in a note and may see it.

    Gives the others: colleagues who may not see what the note is about, and are not
    told. Runs in the caller's transaction; a statement for each who is mentioned.
    """
    new = set(mentioned_names(note.body)) - set(mentioned_names(before))
    people = User.objects.filter(username__in=new, is_active=True)
    if user is not None:
        people = people.exclude(pk=user.pk)
    told: list[User] = []
    hidden: list[User] = []
    for person in people.order_by("pk"):
        sees = Note.objects.visible_to(person).filter(pk=note.pk).exists()
        (told if sees else hidden).append(person)
    if told:
        record(
            "note.mentioned",
            subject=("note", note.pk),
            contact_id=note.contact_id,
            lead_id=note.lead_id,
            account_id=note.account_id,
            data={
                "users": [person.pk for person in told],
                "about": [note.regarding_type, note.regarding_id],
                "said": note.body[:SAID],
            },
        )
    return hidden


def named(texts: list[str]) -> list[str]:
    """Texts with the names of colleagues in place of their usernames; one statement."""
    wanted = {name for text in texts for name in mentioned_names(text)}
    if not wanted:
        return texts
    people = {
        user.username: str(user) for user in User.objects.filter(username__in=wanted)
    }

    def name(found: re.Match[str]) -> str:
        said = found[1].rstrip(".-")
        rest = found[1][len(said) :]
        return f"@{people[said]}{rest}" if said in people else found[0]

    return [_MENTION.sub(name, text) for text in texts]
