"""What a submission may change on a record that is already known.

An empty answer never erases, blanks are filled, preferences only grow stricter. A
record of marketing's own is updated; one that sales works with gets suggestions.
"""

from __future__ import annotations

from typing import Any

from crm.models import Contact, Lead
from marketing.models import Form, Submission, Suggestion
from marketing.rules.targets import PREFERENCES, UTM
from marketing.services.answers import Answers

# Of a found lead these are filled once and then stay: they say how it began.
_FIRST_TOUCH = frozenset(
    {*UTM, "referrer", "lead_source", "product", "campaign", "topic"}
)


def sales_owns_contact(contact: Contact) -> bool:
    """Whether salespeople know this person."""
    return not contact.marketing_only


def sales_owns_lead(lead: Lead, form: Form) -> bool:
    """Whether somebody other than the form's owner works with this lead."""
    in_sales = lead.process == Lead.Process.SALES or lead.entered_by_sales
    handed_over = lead.sales_ready or lead.sales_accepted
    others = lead.owner_id is not None and lead.owner_id != form.owner_id
    return in_sales or handed_over or others


def apply_answers(
    record: Contact | Lead, answers: Answers, submission: Submission, *, guarded: bool
) -> set[str]:
    """Set what may be set, suggest the rest; give the names of the changed columns.

    The caller holds the row and saves it. `guarded`: sales works with the record.
    """
    changed: set[str] = set()
    proposed: dict[str, tuple[Any, Any]] = {}
    for name, new in answers.flat().items():
        old = value_of(record, name)
        if same(old, new):
            continue
        if is_blank(old) or name in PREFERENCES:
            changed.add(put(record, name, new))
        elif isinstance(record, Lead) and name in _FIRST_TOUCH:
            continue
        elif guarded:
            proposed[name] = (old, new)
        else:
            changed.add(put(record, name, new))
    if proposed:
        _suggest(record, proposed, submission)
    return changed


def value_of(record: Contact | Lead, name: str) -> Any:
    """What the record holds under this name; custom fields as `custom.KEY`."""
    if name.startswith("custom."):
        return record.custom.get(name.removeprefix("custom."))
    return getattr(record, name)


def put(record: Contact | Lead, name: str, value: Any) -> str:
    """Set a value; give the name of the column that holds it."""
    if name.startswith("custom."):
        record.custom = {**record.custom, name.removeprefix("custom."): value}
        return "custom"
    setattr(record, name, value)
    return name


def is_blank(value: Any) -> bool:
    """Nothing known: not 0 and, but for preferences, not false."""
    return value is None or value in ("", [], {})


def same(old: Any, new: Any) -> bool:
    """Equal, case and blank space aside."""
    if isinstance(old, str) and isinstance(new, str):
        return " ".join(old.split()).lower() == " ".join(new.split()).lower()
    return bool(old == new)


def as_json(value: Any) -> Any:
    """A value as a suggestion keeps it."""
    if value is None or isinstance(value, str | bool | int | float | list | dict):
        return value
    return str(getattr(value, "pk", value))


def _suggest(
    record: Contact | Lead,
    proposed: dict[str, tuple[Any, Any]],
    submission: Submission,
) -> None:
    """The newest proposal for a field takes the place of one still waiting."""
    link = {"contact" if isinstance(record, Contact) else "lead": record}
    Suggestion.objects.waiting().filter(**link, field__in=proposed).delete()
    Suggestion.objects.bulk_create(
        Suggestion(
            **link,
            field=name,
            old=as_json(old),
            new=as_json(new),
            submission=submission,
        )
        for name, (old, new) in proposed.items()
    )
