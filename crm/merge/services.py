"""Merging contacts, accounts or leads, and taking them apart again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from core.access.models import User
from core.access.rights import may
from core.base.errors import Denied, Invalid, Refused, Stale
from core.journal.relinking import (
    Move,
    entries_of_contact,
    relink,
    relink_entries,
)
from core.journal.services import record
from crm.duplicates.find import MODELS
from crm.matching.find import hold
from crm.merge import moving, rules
from crm.models import DuplicatePair, Lead, Merge, MergedRecord
from crm.services.kinds import kind_of

Choices = Mapping[str, int]


def fields_to_choose(entity: str) -> list[str]:
    """What somebody chooses when records of this entity become one, as columns."""
    model, names = MODELS[entity], kind_of(entity).fields
    apart = {"tags", "custom", "team"}
    return [
        f.attname
        for f in model._meta.concrete_fields
        if f.name in names - apart and f.attname not in rules.DECIDED
    ]


def primary_of(records: Sequence[Any]) -> Any:
    """Who stays by default: whom sales knows, then the one changed last."""
    return max(
        records,
        key=lambda r: (not getattr(r, "marketing_only", False), r.updated_at, r.pk),
    )


def merge_suggestion(entity: str, records: Sequence[Any]) -> dict[str, int]:
    """For each field (custom ones as custom.KEY) the record it is taken from."""
    values = {r.pk: _flat(entity, r) for r in records}
    newest = [r.pk for r in sorted(records, key=lambda r: r.updated_at, reverse=True)]
    fields = list(next(iter(values.values())))
    return rules.suggested(fields, values, newest)


def _flat(entity: str, each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in fields_to_choose(entity)}


@transaction.atomic
def records_merge(
    *,
    entity: str,
    survivor: int,
    merged: Sequence[int],
    user: User | None,
    choices: Choices | None = None,
    version: int | None = None,
) -> Merge:
    """Make one record of several; `choices` says from which each field is taken.

    What nobody chose comes from the record changed last that says something. A "no"
    of one (do not email, no bulk email, no phone, a lower consent) is a "no" of the
    survivor; tags are united. All that hangs on the others moves, whoever owns it;
    their numbers answer with the survivor from now on.

    Holds the identifying values of all, then locks the rows in the order of their
    numbers: imports, captures, qualifications and other merges wait. Raises Invalid
    for a wrong number of records or choice, Denied where one may not be changed,
    Refused for closed leads, for what exists once only, and where one is gone, Stale
    for a version that moved on. Journals ENTITY.merged and what the rows say.
    """
    ids = _checked_ids(survivor, merged)
    rows = _locked(entity, ids)
    _check(entity, rows, user)
    stays = rows[survivor]
    if version is not None and stays.version != version:
        raise Stale("version_mismatch", f"It is at version {stays.version} now.")
    values = _merged_values(entity, rows, survivor, choices or {})
    others = [pk for pk in ids if pk != survivor]
    log = _take_over(entity, stays, others, values)
    merge = Merge.objects.create(
        entity=entity,
        survivor_id=survivor,
        merged_ids=others,
        names=[_name(rows[pk]) for pk in others],
        log=log,
        merged_by=user,
    )
    log["aliases"] = _old_numbers_follow(entity, merge, others)
    log["pairs"] = _pairs_settle(entity, ids, others, user)
    merge.save(update_fields=["log"])
    record(
        f"{entity}.merged",
        subject=(entity, survivor),
        **_links(entity, stays),
        data={"merge": merge.pk, "merged": others, "names": merge.names},
    )
    return merge


def _name(each: Any) -> str:
    return str(getattr(each, "name", "") or each)


def _links(entity: str, each: Any) -> dict[str, int | None]:
    if entity == "contact":
        return {"contact_id": each.pk, "account_id": each.account_id}
    if entity == "account":
        return {"account_id": each.pk}
    return {"lead_id": each.pk, "contact_id": each.parent_contact_id}


def _checked_ids(survivor: int, merged: Sequence[int]) -> list[int]:
    ids = sorted({survivor, *merged})
    if len(ids) < 2:
        raise Invalid("required", "Name at least one other record.", attr="records")
    if len(ids) > rules.MOST:
        text = f"Merge at most {rules.MOST} records at once."
        raise Invalid("invalid", text, attr="records")
    return ids


def _locked(entity: str, ids: Sequence[int]) -> dict[int, Any]:
    """The rows, after everybody who looks for them was made to wait."""
    model = MODELS[entity]
    hold(*model._default_manager.filter(pk__in=ids).values())
    rows = model._default_manager.select_for_update(of=("self",)).filter(pk__in=ids)
    found = {row.pk: row for row in rows.order_by("pk")}
    gone = [pk for pk in ids if pk not in found]
    if gone:
        raise Refused(
            "gone",
            f"Somebody deleted or merged number {gone[0]} meanwhile.",
            extra={"gone": gone},
        )
    return found


def _check(entity: str, rows: Mapping[int, Any], user: User | None) -> None:
    for each in rows.values():
        if user is not None and not may(user, "update", each, entity):
            raise Denied(f"Your role does not allow changing {_name(each)}.")
        if isinstance(each, Lead) and each.is_closed:
            raise Refused("lead_closed", f"{each} is closed and stays as it is.")


def _merged_values(
    entity: str, rows: Mapping[int, Any], survivor: int, choices: Choices
) -> dict[str, Any]:
    """What the survivor says afterwards, by column."""
    stays = rows[survivor]
    in_order = [stays, *(row for pk, row in rows.items() if pk != survivor)]
    picks = merge_suggestion(entity, list(rows.values()))
    picks |= _chosen(entity, rows, choices)
    values = {name: getattr(rows[pk], name) for name, pk in picks.items()}
    for name in rules.DECIDED:
        if hasattr(stays, name):
            said = [getattr(row, name) for row in in_order]
            values[name] = rules.strictest(name, said)
    for name in rules.FILLED:
        if hasattr(stays, name):
            said = [getattr(row, name) for row in in_order]
            values[name] = next((v for v in said if not rules.is_blank(v)), said[0])
    # The team follows the owner.
    values["team_id"] = rows[picks["owner_id"]].team_id
    values["tags"] = rules.united([row.tags for row in in_order])
    values["custom"] = _custom(rows, choices)
    for name in ("guardian_id", "parent_id"):
        if values.get(name) in rows:
            values[name] = None
    return values


def _chosen(entity: str, rows: Mapping[int, Any], choices: Choices) -> dict[str, int]:
    model, known = MODELS[entity], set(fields_to_choose(entity))
    found = {}
    for name, pk in choices.items():
        if pk not in rows:
            text = "Choose one of the records that are merged."
            raise Invalid("invalid_choice", text, attr=f"values.{name}"[:200])
        if name.startswith("custom."):
            continue
        field = next((f for f in model._meta.concrete_fields if f.name == name), None)
        column = field.attname if field is not None else name
        if column not in known:
            text = "There is nothing to choose of this name."
            raise Invalid("unknown_field", text, attr=f"values.{name}"[:200])
        found[column] = pk
    return found


def _custom(rows: Mapping[int, Any], choices: Choices) -> dict[str, Any]:
    """Custom fields one by one: the chosen record's, else the newest that says it."""
    newest = sorted(rows.values(), key=lambda row: row.updated_at)
    united: dict[str, Any] = {}
    for row in newest:
        united |= {k: v for k, v in row.custom.items() if not rules.is_blank(v)}
    for name, pk in choices.items():
        if name.startswith("custom."):
            key = name.removeprefix("custom.")
            said = rows[pk].custom.get(key)
            united = {k: v for k, v in united.items() if k != key}
            if said is not None:
                united[key] = said
    return united


def _take_over(
    entity: str, stays: Any, others: list[int], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Move everything, delete the others, change the survivor; give the log."""
    model = MODELS[entity]
    before = moving.snapshots(model, "id", [stays.pk])[0]
    rows = moving.snapshots(model, "id", others)
    log: dict[str, Any] = {"rows": rows, "entries": {}}
    if entity == "contact":
        log["entries"] = {str(pk): entries_of_contact(pk) for pk in others}
    log["moves"] = moving.children_move(entity, model, others, stays.pk)
    _relink(entity, stays, others, values)
    moving.rows_delete(model, others)
    changed = [n for n, v in values.items() if getattr(stays, n) != v]
    for name in changed:
        setattr(stays, name, values[name])
    if changed:
        stays.save(update_fields=changed)
    after = moving.snapshots(model, "id", [stays.pk])[0]
    names = [n for n in moving.columns_of(model) if before[n] != after[n]]
    names = [n for n in names if n not in ("version", "updated_at")]
    log["before"] = {name: before[name] for name in names}
    log["after"] = {name: after[name] for name in names}
    return log


def _relink(
    entity: str, stays: Any, others: Sequence[int], values: Mapping[str, Any]
) -> None:
    if entity == "contact":
        moves = [
            Move(from_contact=pk, contact_id=stays.pk, reason="merge") for pk in others
        ]
        relink(*moves)
    elif entity == "lead":
        moves = [
            Move(
                subject=("lead", pk),
                lead_id=stays.pk,
                contact_id=values["parent_contact_id"],
                reason="merge",
                overwrite=True,
            )
            for pk in others
        ]
        relink(*moves)


def _old_numbers_follow(
    entity: str, merge: Merge, others: Sequence[int]
) -> list[list[int]]:
    """Numbers that led to the others lead to the survivor; give where they led."""
    older = MergedRecord.objects.filter(entity=entity, survivor_id__in=others)
    led = [list(pair) for pair in older.values_list("pk", "survivor_id")]
    older.update(survivor_id=merge.survivor_id)
    MergedRecord.objects.bulk_create(
        MergedRecord(
            entity=entity, old_id=pk, survivor_id=merge.survivor_id, merge=merge
        )
        for pk in others
    )
    return led


def _pairs_settle(
    entity: str, ids: Sequence[int], others: Sequence[int], user: User | None
) -> list[int]:
    """Pairs among the merged are done; those with others are for the next search."""
    pairs = DuplicatePair.objects.filter(entity=entity)
    inside = pairs.filter(first_id__in=ids, second_id__in=ids)
    done = list(inside.values_list("pk", flat=True))
    inside.update(state="merged", decided_at=timezone.now(), decided_by=user)
    gone = Q(first_id__in=others) | Q(second_id__in=others)
    pairs.filter(gone).exclude(pk__in=done).delete()
    return done


# Undo --------------------------------------------------------------------------------


@transaction.atomic
def merge_undo(*, merge: Merge, user: User | None) -> Merge:
    """Take the records apart: every value and every child goes back.

    Locks the merge, then the survivor. Raises Denied where the survivor may not be
    changed, Refused where the merge was undone, where the survivor is gone or part
    of another, where a value that the merge set was changed since, and where
    something that a record needs was deleted. Journals ENTITY.merge_undone.
    """
    locked = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if locked.undone_at is not None:
        raise Refused("undone", "This merge was undone already.")
    entity, log = locked.entity, locked.log
    model = MODELS[entity]
    hold(*log["rows"])
    rows = model._default_manager.select_for_update(of=("self",))
    stays = rows.filter(pk=locked.survivor_id).first()
    if stays is None:
        raise Refused("survivor_gone", "What they were merged into is gone.")
    if user is not None and not may(user, "update", stays, entity):
        raise Denied
    _check_unchanged(entity, locked)
    try:
        with transaction.atomic():
            _apart(entity, locked)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise Refused(
            "merge_changed",
            "Something that one of the records needs was deleted since.",
        ) from error
    locked.undone_at, locked.undone_by = timezone.now(), user
    locked.save(update_fields=["undone_at", "undone_by"])
    record(
        f"{entity}.merge_undone",
        subject=(entity, stays.pk),
        **_links(entity, stays),
        data={"merge": locked.pk, "merged": locked.merged_ids, "names": locked.names},
    )
    return locked


def _check_unchanged(entity: str, merge: Merge) -> None:
    now = moving.snapshots(MODELS[entity], "id", [merge.survivor_id])[0]
    changed = [n for n, v in merge.log["after"].items() if now.get(n) != v]
    if changed:
        names = ", ".join(n.removesuffix("_id").replace("_", " ") for n in changed)
        raise Refused(
            "merge_changed",
            f"Changed since the merge: {names}. It can no longer be undone.",
            extra={"fields": changed},
        )


def _apart(entity: str, merge: Merge) -> None:
    model, log, survivor = MODELS[entity], merge.log, merge.survivor_id
    moving.rows_put(model, log["rows"])
    moving.columns_set(model, survivor, log["before"])
    moving.children_back(entity, model, log["moves"], survivor)
    for old, ids in log["entries"].items():
        relink_entries(
            ids, from_contact=survivor, contact_id=int(old), reason="merge undone"
        )
    if entity == "lead":
        relink(
            *(
                Move(
                    subject=("lead", row["id"]),
                    lead_id=row["id"],
                    contact_id=row["parent_contact_id"],
                    reason="merge undone",
                    overwrite=True,
                )
                for row in log["rows"]
            )
        )
    MergedRecord.objects.filter(merge=merge).delete()
    for pk, led_to in log["aliases"]:
        MergedRecord.objects.filter(pk=pk).update(survivor_id=led_to)
    pairs = DuplicatePair.objects.filter(pk__in=log["pairs"])
    pairs.update(state="open", decided_at=None, decided_by=None)


def survivor_of(entity: str, pk: int) -> int | None:
    """The record that answers for a number that was merged away."""
    rows = MergedRecord.objects.filter(entity=entity, old_id=pk)
    return rows.values_list("survivor_id", flat=True).first()
