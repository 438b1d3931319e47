"""How alike two records are, by which rule, and the reason in words. No database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from crm.duplicates.folding import Folded

SAME, ALIKE = "same", "alike"
# What a rule must be able to compare of all it weighs.
COVERED = 0.6
# How alike a part that is needed must be.
NEEDED = 0.5
# Where a birthday written day before month counts nearly as the same.
TURNED = 0.9

Compare = Callable[[Folded, Folded], float | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a rule compares."""

    field: str
    how: str = SAME
    weight: float = 1.0
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Parts that are weighed together; `refuse_from` is for the API."""

    key: str
    parts: tuple[Part, ...]
    threshold: float
    refuse_from: float | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike (0 to 1), the reasons in words, and the rule that says so."""

    score: float
    reasons: tuple[str, ...]
    rule: Rule

    @property
    def reason(self) -> str:
        return ", ".join(self.reasons)

    @property
    def refused(self) -> bool:
        """Whether the rule keeps the API from writing this unasked."""
        limit = self.rule.refuse_from
        return limit is not None and self.score >= limit


def _text(name: str) -> Compare:
    def compare(a: Folded, b: Folded) -> float | None:
        one, other = getattr(a, name), getattr(b, name)
        if not one or not other:
            return None
        if one == other:
            return 1.0
        return max(
            JaroWinkler.normalized_similarity(one, other),
            fuzz.token_sort_ratio(one, other) / 100,
        )

    return compare


def _exact(name: str) -> Compare:
    def compare(a: Folded, b: Folded) -> float | None:
        one, other = getattr(a, name), getattr(b, name)
        if not one or not other:
            return None
        return 1.0 if one == other else OSA.normalized_similarity(one, other)

    return compare


def _phone(a: Folded, b: Folded) -> float | None:
    """Shared numbers; one that lacks its country's prefix is the same number."""
    if not a.phone or not b.phone:
        return None
    for one in a.phone:
        for other in b.phone:
            if one == other or one.endswith(other) or other.endswith(one):
                return 1.0
    return 0.0


def _name(a: Folded, b: Folded) -> float | None:
    """First with first and last with last, or the two the wrong way round."""
    straight = _mean(_pair(a.first, b.first), _pair(a.last, b.last))
    if straight == 1.0:
        return straight
    turned = _mean(_pair(a.first, b.last), _pair(a.last, b.first))
    found = [each for each in (straight, turned) if each is not None]
    return max(found, default=None)


def _pair(one: str, other: str) -> float | None:
    if not one or not other:
        return None
    return 1.0 if one == other else JaroWinkler.normalized_similarity(one, other)


def _mean(*parts: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) / len(known) if known else None


def _address(a: Folded, b: Folded) -> float | None:
    """The street counts most; what one of them leaves out does not count."""
    parts = [
        (3.0, _street(a, b)),
        (1.0, _pair(a.city, b.city)),
        (1.0, _exact("postal_code")(a, b)),
    ]
    known = [(weight, alike) for weight, alike in parts if alike is not None]
    if not known:
        return None
    return sum(w * s for w, s in known) / sum(w for w, _ in known)


def _street(a: Folded, b: Folded) -> float | None:
    whole = f"{a.street} {a.street2}".strip(), f"{b.street} {b.street2}".strip()
    if not all(whole):
        return None
    alike = fuzz.token_sort_ratio(*whole)
    if a.street and b.street:
        alike = max(alike, fuzz.token_sort_ratio(a.street, b.street))
    return alike / 100


def _birth_date(a: Folded, b: Folded) -> float | None:
    if not a.birth_date or not b.birth_date:
        return None
    alike = OSA.normalized_similarity(a.birth_date, b.birth_date)
    if alike < 1 and sorted(a.birth_date) == sorted(b.birth_date):
        return max(alike, TURNED)
    return alike


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that can be compared: its words, how, and where "different" begins."""

    label: str
    compare: Compare
    different: float = 0.6


FEATURES: dict[str, Feature] = {
    "email": Feature("email address", _exact("email"), 0.85),
    "phone": Feature("phone number", _phone, 0.0),
    "name": Feature("name", _name, 0.7),
    "company": Feature("company", _text("company"), 0.7),
    "domain": Feature("domain", _exact("domain"), 0.85),
    "address": Feature("address", _address, 0.5),
    "city": Feature("city", _text("city"), 0.7),
    "postal_code": Feature("postal code", _exact("postal_code"), 0.5),
    "birth_date": Feature("birth date", _birth_date, 0.6),
    "topic": Feature("topic", _text("topic"), 0.7),
    "external_id": Feature("external ID", _exact("external_id"), 0.9),
}
OF_ENTITY: dict[str, tuple[str, ...]] = {
    "contact": (
        *("email", "phone", "name", "company", "domain", "address", "city"),
        *("postal_code", "birth_date", "external_id"),
    ),
    "lead": (
        *("email", "phone", "name", "company", "domain", "address", "city"),
        *("postal_code", "topic", "external_id"),
    ),
    "account": (
        *("company", "email", "phone", "domain", "address", "city"),
        *("postal_code", "external_id"),
    ),
}
# A company is called by its name.
LABELS = {("account", "company"): "name"}


def label_of(entity: str, field: str) -> str:
    """What people read for a part: "name", "email address"."""
    return LABELS.get((entity, field), FEATURES[field].label)


def compare(
    entity: str, rules: Sequence[Rule], a: Folded, b: Folded
) -> Likeness | None:
    """The best of the rules that take these two for one; None where none does."""
    alike = _Alike(a, b)
    found = [each for rule in rules if (each := _by_rule(entity, rule, alike))]
    return max(found, key=lambda each: each.score, default=None)


class _Alike:
    """The raw similarities of two records, each computed once."""

    __slots__ = ("_known", "a", "b")

    def __init__(self, a: Folded, b: Folded) -> None:
        self.a, self.b = a, b
        self._known: dict[str, float | None] = {}

    def raw(self, field: str) -> float | None:
        if field not in self._known:
            self._known[field] = FEATURES[field].compare(self.a, self.b)
        return self._known[field]

    def weighed(self, part: Part) -> float | None:
        """0 for different, 1 for the same; None where one of them says nothing."""
        raw = self.raw(part.field)
        if raw is None or raw == 1.0:
            return raw
        if part.how == SAME:
            return 0.0
        floor = FEATURES[part.field].different
        return max(0.0, (raw - floor) / (1 - floor))


def _by_rule(entity: str, rule: Rule, alike: _Alike) -> Likeness | None:
    total = compared = reached = 0.0
    for part in rule.parts:
        found = alike.weighed(part)
        if part.needed and (found is None or found < NEEDED):
            return None
        total += part.weight
        if found is not None:
            compared += part.weight
            reached += part.weight * found
    if not compared or compared < total * COVERED:
        return None
    score = round(reached / compared, 4)
    if score < rule.threshold:
        return None
    return Likeness(score, _reasons(entity, rule, alike), rule)


def _reasons(entity: str, rule: Rule, alike: _Alike) -> tuple[str, ...]:
    """What speaks for it, the certain things first: "Same email address, name 0.93
    alike"."""
    same, near = [], []
    for part in rule.parts:
        raw, found = alike.raw(part.field), alike.weighed(part)
        label = label_of(entity, part.field)
        if raw == 1.0:
            same.append(f"same {label}")
        elif raw is not None and found:
            near.append(f"{label} {min(raw, 0.99):.2f} alike")
    words = [*same, *near]
    return (words[0][0].upper() + words[0][1:], *words[1:]) if words else ()


def parts_of(data: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """The parts of a stored rule."""
    return tuple(
        Part(
            str(each["field"]),
            str(each.get("how", SAME)),
            float(each.get("weight", 1)),
            bool(each.get("needed")),
        )
        for each in data
    )


def parts_problem(entity: str, data: Any) -> str | None:
    """Why these parts cannot be compared, or None."""
    if not isinstance(data, list) or not data:
        return "Name at least one part to compare."
    known = OF_ENTITY.get(entity, ())
    for each in data:
        problem = _part_problem(known, each)
        if problem:
            return problem
    fields = [each["field"] for each in data]
    return "Name each part once." if len(set(fields)) < len(fields) else None


def _part_problem(known: Sequence[str], part: Any) -> str | None:
    if not isinstance(part, dict) or part.get("field") not in known:
        return f"A part names one of: {', '.join(known)}."
    if part.get("how", SAME) not in (SAME, ALIKE):
        return f'How {part["field"]} is compared is "same" or "alike".'
    weight = part.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or weight <= 0:
        return f"The weight of {part['field']} is a number above 0."
    if not weight <= 100:
        return f"The weight of {part['field']} is at most 100."
    unknown = set(part) - {"field", "how", "weight", "needed"}
    return f"A part has no {min(map(str, unknown))}." if unknown else None
