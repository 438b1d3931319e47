"""What somebody is shown of likely duplicates, and when the API refuses a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, prefetch_related_objects

from core.base.errors import Refused
from crm.duplicates.find import MODELS, Likely, find_duplicates, rules_of
from crm.duplicates.folding import READS


@dataclass(frozen=True)
class Shown:
    """A likely duplicate as one user may know of it: hidden ones by name and owner."""

    entity: str
    likely: Likely
    visible: bool

    @property
    def record(self) -> Any:
        return self.likely.record

    @property
    def name(self) -> str:
        return str(getattr(self.record, "name", self.record))

    @property
    def marketing_only(self) -> bool:
        return bool(getattr(self.record, "marketing_only", False))

    def as_data(self) -> dict[str, Any]:
        """For the API."""
        owner = str(self.record.owner or "")
        shown: dict[str, Any] = {
            "entity": self.entity,
            "name": self.name,
            "owner": owner,
        }
        if self.visible:
            shown |= {
                "id": self.record.pk,
                "score": self.likely.score,
                "similarity": round(100 * self.likely.score),
                "reasons": list(self.likely.reasons),
                "marketing_only": self.marketing_only,
            }
        return shown


def shown_to(user: Any, entity: str, found: Sequence[Likely]) -> list[Shown]:
    """What this user may know of what was found (two queries, none for nothing);
    None is the system, which knows all."""
    if not found:
        return []
    prefetch_related_objects([each.record for each in found], "owner")
    if user is None:
        return [Shown(entity, each, visible=True) for each in found]
    ids = [each.record.pk for each in found]
    rows = MODELS[entity]._default_manager.visible_to(user).filter(pk__in=ids)
    seen = set(rows.values_list("pk", flat=True))
    return [Shown(entity, each, each.record.pk in seen) for each in found]


def duplicates_shown(
    entity: str, values: Mapping[str, Any], user: Any, *, record: Model | None = None
) -> list[Shown]:
    """Likely duplicates of what is typed, for a form; `record` is the one changed.

    Nothing where a change touches none of the fields that are compared.
    """
    compared = _compared(entity, values, record)
    if compared is None:
        return []
    own = () if record is None else (record.pk,)
    return shown_to(user, entity, find_duplicates(entity, compared, exclude=own))


def refuse_duplicates(
    entity: str, values: Mapping[str, Any], user: Any, *, record: Model | None = None
) -> None:
    """Raise Refused (likely_duplicate, with the candidates) as the rules say.

    Only rules with a `refuse_from` refuse; without any this is one query.
    """
    compared = _compared(entity, values, record)
    if compared is None or all(r.refuse_from is None for r in rules_of(entity)):
        return
    own = () if record is None else (record.pk,)
    likely = find_duplicates(entity, compared, exclude=own)
    found = shown_to(user, entity, [each for each in likely if each.refused])
    if found:
        names = ", ".join(each.name for each in found)
        raise Refused(
            "likely_duplicate",
            f"There is likely the same already: {names}. Use that one, or send "
            "ignore_duplicates.",
            extra={"candidates": [each.as_data() for each in found]},
        )


def _compared(
    entity: str, values: Mapping[str, Any], record: Model | None
) -> dict[str, Any] | None:
    """What would be stored, as far as it is compared; None where nothing moves."""
    names = READS[entity]
    if record is None:
        return {name: values[name] for name in names if name in values}
    before = {name: getattr(record, name) for name in names}
    after = {**before, **{name: values[name] for name in names if name in values}}
    return None if after == before else after
