"""Rows of words into rows of values, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from crm.imports.convert import Bad, Converter, clean_words, converter
from crm.imports.mapping import Plan, Template, Translation
from crm.imports.registry import ImportField
from crm.matching.rules import text_normalise
from crm.models import Choice, Tag

Problem = dict[str, str]


@dataclass
class Converted:
    """One row: its staging id, its values by field, and what is wrong with it."""

    pk: int
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)

    def refuse(self, attr: str, code: str, detail: str) -> None:
        """Mark the row as rejected, with the reason at the field."""
        self.errors.append({"attr": attr, "code": code, "detail": detail})


@dataclass(frozen=True)
class _Step:
    """How one field is read from a row: from a cell or from a template."""

    name: str
    place: int
    template: Template | None
    translate: Translation | None
    convert: Converter


class RowReader:
    """Reads rows by a checked mapping. Made once an import, used chunk by chunk.

    `read` takes one query a list field (once), and one or two a look-up field and
    chunk. It writes new list values and tags where the mapping says "*".
    """

    def __init__(
        self,
        plan: Plan,
        fields: Mapping[str, ImportField],
        *,
        zone: ZoneInfo,
        user: Any,
    ) -> None:
        self.plan = plan
        self.fields = {name: fields[name] for name in plan.fields}
        self.user = user
        converters = {
            name: converter(spec, zone=zone, date_order=plan.date_order)
            for name, spec in self.fields.items()
        }
        sources: list[tuple[str, int, Template | None]] = [
            *((name, place, None) for name, place in plan.columns.items()),
            *((name, -1, template) for name, template in plan.templates.items()),
        ]
        self._steps = [
            _Step(name, place, template, plan.translations.get(name), converters[name])
            for name, place, template in sources
        ]
        self._constants = {
            name: converters[name](clean_words(words))
            for name, words in plan.constants.items()
            if words.strip()
        }
        self._lists: dict[str, dict[str, str]] = {}

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> list[Converted]:
        """Convert rows of (staging id, cells)."""
        done = [self._one(pk, cells) for pk, cells in rows]
        for name, spec in self.fields.items():
            if spec.kind == "lookup":
                self._look_up(name, spec, done)
            elif spec.kind in ("list", "tags"):
                self._settle(name, spec, done)
        return done

    def _one(self, pk: int, cells: Sequence[str]) -> Converted:
        row = Converted(pk)
        values = row.values
        values.update(self._constants)
        for step in self._steps:
            words = step.template.fill(cells) if step.template else cells[step.place]
            if not words:
                continue
            try:
                words = clean_words(words)
                if words and step.translate is not None:
                    words = step.translate(words)
                if words:
                    values[step.name] = step.convert(words)
            except Bad as bad:
                row.refuse(step.name, bad.code, bad.detail)
        return row

    def _look_up(self, name: str, spec: ImportField, rows: list[Converted]) -> None:
        words = {row.values[name] for row in rows if name in row.values}
        if not words or spec.lookup is None:
            return
        found = spec.lookup(words, self.user)
        for row in rows:
            said = row.values.get(name)
            if said is None:
                continue
            ids = set(found.get(said.lower(), ()))
            if len(ids) == 1:
                row.values[name] = ids.pop()
            elif ids:
                row.refuse(name, "ambiguous", f"There are several {said!r}.")
            elif not self._creates_account(name, row):
                row.refuse(name, "unknown", f"There is no {said!r}.")

    def _creates_account(self, name: str, row: Converted) -> bool:
        """Leave the words to `create_accounts`, which makes the account."""
        wanted = self.plan.create_accounts and name in ("account", "parent_account")
        if wanted:
            row.values.setdefault("company_name", row.values.pop(name))
        return wanted

    def _settle(self, name: str, spec: ImportField, rows: list[Converted]) -> None:
        """Spell list values as the list does; add or refuse what is new."""
        known = self._known(spec)
        new = self._new_words(name, rows, known)
        translation = self.plan.translations.get(name)
        if new and (spec.kind == "tags" or (translation and translation.add_new)):
            _add(spec, list(new.values()))
            self._lists.pop(spec.list or "tags")
            known = self._known(spec)
        for row in rows:
            said = row.values.get(name)
            if isinstance(said, list):
                row.values[name] = [known[text_normalise(tag)] for tag in said]
            elif said is not None and text_normalise(said) in known:
                row.values[name] = known[text_normalise(said)]
            elif said is not None:
                row.refuse(name, "unknown", f"{said!r} is not in the list.")

    def _known(self, spec: ImportField) -> dict[str, str]:
        key = spec.list or "tags"
        if key not in self._lists:
            rows = (
                Tag.objects.values_list("name", flat=True)
                if spec.kind == "tags"
                else Choice.objects.filter(list=spec.list)
                .order_by("id")
                .values_list("value", flat=True)
            )
            self._lists[key] = {text_normalise(value): value for value in rows}
        return self._lists[key]

    def _new_words(
        self, name: str, rows: list[Converted], known: Mapping[str, str]
    ) -> dict[str, str]:
        new: dict[str, str] = {}
        for row in rows:
            said = row.values.get(name)
            for word in said if isinstance(said, list) else [said]:
                if word is not None and text_normalise(word) not in known:
                    new.setdefault(text_normalise(word), word)
        return new


def _add(spec: ImportField, words: list[str]) -> None:
    """Add to the list; what another import added meanwhile stays as it is."""
    if spec.kind == "tags":
        Tag.objects.bulk_create([Tag(name=w) for w in words], ignore_conflicts=True)
        return
    last = Choice.objects.filter(list=spec.list).count()
    Choice.objects.bulk_create(
        [
            Choice(list=spec.list, value=word, position=last + n)
            for n, word in enumerate(words)
        ],
        ignore_conflicts=True,
    )
