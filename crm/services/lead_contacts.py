"""Contacts for orphaned leads: matched or made, many in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from core.base.models import Organisation
from core.base.statistics import statistics_renew
from core.base.text import email_normalise
from core.journal.relinking import Move, relink
from crm.matching.find import find_many, hold, strategy_of
from crm.matching.rules import match_key
from crm.models import Contact, Lead, MatchingStrategy

BATCH = 5_000
EXAMPLES = 10
REASONS: Mapping[str, str] = {
    "missing": "The lead does not exist any more.",
    "closed": "The lead is closed.",
    "has_contact": "The lead has a contact already.",
    "has_account": "The lead belongs to an account.",
    "nobody": "The lead has neither a name nor an email address.",
    "busy": "Somebody else is changing the lead; try it again.",
}

# What the contact takes over from its lead, column by column.
_COPIED = [
    "salutation",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile_phone",
    "job_title",
    "company_name",
    "website",
    "linkedin_url",
    "profile_links",
    "buying_role",
    "description",
    "address_line1",
    "address_line2",
    "postal_code",
    "city",
    "state_or_province",
    "country",
    "owner_id",
    "team_id",
]
_PREFERENCES = ("do_not_email", "do_not_bulk_email", "do_not_phone")
# Read for matching, besides what a strategy compares.
_READ = [
    "id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile_phone",
    "company_name",
    "postal_code",
    "city",
    "country",
    "job_title",
    "external_id",
    "state",
    "parent_contact_id",
    "parent_account_id",
    "do_not_email",
    "do_not_bulk_email",
    "do_not_phone",
]


@dataclass
class Report:
    """What became of the leads: who was linked, to whom, and who was left out."""

    links: dict[int, int] = field(default_factory=dict)
    created_ids: list[int] = field(default_factory=list)
    matched_ids: list[int] = field(default_factory=list)
    skipped: dict[int, str] = field(default_factory=dict)

    @property
    def linked(self) -> int:
        """How many leads have a contact now."""
        return len(self.links)

    @property
    def contacts_created(self) -> int:
        return len(self.created_ids)

    @property
    def contacts_matched(self) -> int:
        return len(self.matched_ids)

    def skipped_by_reason(self) -> dict[str, int]:
        """How many leads were left out, by the keys of `REASONS`."""
        counts: dict[str, int] = defaultdict(int)
        for reason in self.skipped.values():
            counts[reason] += 1
        return dict(counts)


def lead_contacts_create(
    *,
    lead_ids: Iterable[int],
    strategy: MatchingStrategy | Sequence[str] | None = None,
    marketing_only: bool | None = None,
) -> Report:
    """Give each orphaned open lead its contact: the one that matches, else a new one.

    Leads with one email share one contact; without an email each gets its own. The
    new contact takes name, email, phones, address, company and owner of the lead;
    the stricter preference wins, also on a contact that matched. `strategy` is the
    contact strategy (shipped: email), `marketing_only` the flag of new contacts
    (None: the organisation's switch).

    One transaction for up to 5,000 leads, more are refused. Takes the locks of
    every identifying value, then the leads' row locks; leads that another
    transaction holds are skipped as busy, so concurrent runs are safe. The changes
    are journaled by the tables' triggers.
    """
    ids = sorted(set(lead_ids))
    if len(ids) > BATCH:
        raise ValueError(f"At most {BATCH} leads at a time.")
    if marketing_only is None:
        marketing_only = Organisation.current().marketing_only_for_automation
    attributes = _attributes(strategy)
    with transaction.atomic():
        report = Report()
        leads = _take(ids, report)
        groups = _groups(leads, attributes)
        matched = _match(groups, attributes)
        report.matched_ids = sorted(set(matched.values()))
        made = _create(groups, matched, marketing_only=marketing_only)
        report.created_ids = sorted(made.values())
        _tighten(groups, matched)
        for key, members in groups.items():
            contact_id = matched.get(key) or made[key]
            report.links.update((lead["id"], contact_id) for lead in members)
        _link(report.links)
        statistics_renew("crm_contact", "crm_lead")
    return report


Lead_ = dict[str, Any]
Groups = dict[tuple[str, ...], list[Lead_]]


def _attributes(strategy: MatchingStrategy | Sequence[str] | None) -> Sequence[str]:
    if strategy is None:
        return strategy_of("contact", "contact-email").attributes
    if isinstance(strategy, MatchingStrategy):
        return strategy.attributes
    return strategy


def _take(ids: list[int], report: Report) -> list[Lead_]:
    """Hold the identities, lock the leads, and sort out who is not for us."""
    before = {row["id"]: row for row in Lead.objects.filter(pk__in=ids).values(*_READ)}
    hold(*before.values())
    rows = (
        Lead.objects.filter(pk__in=ids)
        .order_by("pk")
        .select_for_update(skip_locked=True)
        .values(*_READ)
    )
    taken = {row["id"]: row for row in rows}
    chosen = []
    for pk in ids:
        reason = _reason(before.get(pk), taken.get(pk))
        if reason:
            report.skipped[pk] = reason
        else:
            chosen.append(taken[pk])
    return chosen


def _reason(before: Lead_ | None, now: Lead_ | None) -> str:
    """Why this lead gets no contact, as a key of `REASONS`; empty where it does.

    A lead whose address changed before it was locked is busy: the locks held are
    not those of its new address.
    """
    if before is None:
        return "missing"
    if now is None or _identity(now) != _identity(before):
        return "busy"
    if now["state"] != "open":
        return "closed"
    if now["parent_contact_id"]:
        return "has_contact"
    if now["parent_account_id"]:
        return "has_account"
    named = (now["email"] + now["first_name"] + now["last_name"]).strip()
    return "" if named else "nobody"


def _identity(lead: Lead_) -> tuple[str, ...]:
    return tuple(lead[name] for name in ("email", "phone", "mobile_phone"))


def _groups(leads: list[Lead_], attributes: Sequence[str]) -> Groups:
    """The leads that share a contact: one strategy key, else one email, else alone."""
    groups: Groups = defaultdict(list)
    for lead in leads:
        groups[_group_key(lead, attributes)].append(lead)
    return dict(groups)


def _group_key(lead: Lead_, attributes: Sequence[str]) -> tuple[str, ...]:
    key = match_key(attributes, lead)
    if key:
        return ("match", *key)
    email = email_normalise(lead["email"])
    return ("email", email) if email else ("lead", str(lead["id"]))


def _match(groups: Groups, attributes: Sequence[str]) -> dict[tuple[str, ...], int]:
    keys = [key for key in groups if key[0] == "match"]
    found = find_many("contact", attributes, [groups[key][0] for key in keys])
    return {key: rows[0].pk for key, rows in zip(keys, found, strict=True) if rows}


def _create(
    groups: Groups, matched: Mapping[tuple[str, ...], int], *, marketing_only: bool
) -> dict[tuple[str, ...], int]:
    """Insert one contact a group that matched nobody, from its newest lead."""
    keys = {members[-1]["id"]: key for key, members in groups.items()}
    wanted = {pk: key for pk, key in keys.items() if key not in matched}
    if not wanted:
        return {}
    strict = [_strict(groups[key]) for key in wanted.values()]
    flags = [[row[i] for row in strict] for i in range(len(_PREFERENCES))]
    with connection.cursor() as cursor:
        cursor.execute(_create_sql(), [marketing_only, list(wanted), *flags])
        return {wanted[lead_id]: pk for pk, lead_id in cursor.fetchall()}


def _strict(members: list[Lead_]) -> tuple[bool, ...]:
    """The strictest preference of all these leads."""
    return tuple(any(lead[name] for lead in members) for name in _PREFERENCES)


def _create_sql() -> str:
    """INSERT ... SELECT from the leads, every other column at its default."""
    fixed = {
        "state": "'active'",
        "marketing_only": "%s",
        "source_type": "'lead'",
        "source_id": "l.id",
        **{name: f"w.{name}" for name in _PREFERENCES},
        **{name: f"l.{name}" for name in _COPIED},
    }
    fixed = {"marketing_only": fixed.pop("marketing_only"), **fixed}
    fixed.update(
        (column, sql) for column, sql in _defaults().items() if column not in fixed
    )
    # S608: column names come from the model; every value is a parameter.
    return (
        f"INSERT INTO crm_contact ({', '.join(fixed)}) "  # noqa: S608
        f"SELECT {', '.join(fixed.values())} "
        f"FROM unnest(%s::bigint[], %s::bool[], %s::bool[], %s::bool[]) "
        f"AS w(lead_id, {', '.join(_PREFERENCES)}) "
        "JOIN crm_lead l ON l.id = w.lead_id ORDER BY l.id RETURNING id, source_id"
    )


def _defaults() -> dict[str, str]:
    """The SQL of each contact column that Django, not the database, defaults."""
    found: dict[str, str] = {}
    for column in Contact._meta.concrete_fields:
        if column.generated or column.primary_key or column.has_db_default():
            continue
        default = column.get_default()
        if default is not None:
            found[str(column.column)] = _literal(default)
    return found


def _literal(default: Any) -> str:
    """A column's default in SQL: an empty collection, a truth value, text, a number."""
    if isinstance(default, list | dict):
        return "'{}'"
    if isinstance(default, bool | int):
        return str(default).lower()
    return f"'{default}'"


def _tighten(groups: Groups, matched: Mapping[tuple[str, ...], int]) -> None:
    """Carry the stricter preferences onto the contacts that matched."""
    strict: dict[int, tuple[bool, ...]] = {}
    for key, contact_id in matched.items():
        flags = _strict(groups[key])
        before = strict.get(contact_id, (False,) * len(flags))
        strict[contact_id] = tuple(a or b for a, b in zip(before, flags, strict=True))
    rows = [(pk, *flags) for pk, flags in sorted(strict.items()) if any(flags)]
    if not rows:
        return
    changes = ", ".join(f"{name} = c.{name} OR w.{name}" for name in _PREFERENCES)
    differs = " OR ".join(f"(w.{name} AND NOT c.{name})" for name in _PREFERENCES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE crm_contact c SET {changes} "  # noqa: S608 - own column names
            f"FROM unnest(%s::bigint[], %s::bool[], %s::bool[], %s::bool[]) "
            f"AS w(id, {', '.join(_PREFERENCES)}) WHERE c.id = w.id AND ({differs})",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _link(links: Mapping[int, int]) -> None:
    """Set each lead's parent contact; what the leads did is theirs from now on."""
    if not links:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_lead l SET parent_contact_id = w.contact_id "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS w(id, contact_id) "
            "WHERE l.id = w.id",
            [list(links), list(links.values())],
        )
    moves = (
        Move(subject=("lead", pk), contact_id=contact_id, reason="lead linked")
        for pk, contact_id in links.items()
    )
    relink(*moves, sparing=True)


@dataclass(frozen=True)
class Preview:
    """What `lead_contacts_create` would do with these leads, with a few of each."""

    total: int
    would_match: int
    would_create: int
    contacts_to_create: int
    skipped: dict[str, int]
    examples: dict[str, list[int]]


def orphaned_preview(
    queryset: QuerySet[Lead],
    *,
    strategy: MatchingStrategy | Sequence[str] | None = None,
) -> Preview:
    """Count without writing: leads that would match, be given a new contact, or not.

    Reads the leads in batches of 5,000 and matches each batch by one query.
    `contacts_to_create` counts the people behind `would_create`: leads with one
    email share one.
    """
    attributes = _attributes(strategy)
    counts: dict[str, int] = defaultdict(int)
    examples: dict[str, list[int]] = defaultdict(list)
    new: set[tuple[str, ...]] = set()
    for leads in _batches(queryset):
        outcome = _outcomes(leads, attributes, new)
        for lead_id, word in outcome.items():
            counts[word] += 1
            if len(examples[word]) < EXAMPLES:
                examples[word].append(lead_id)
    match, create = counts.pop("match", 0), counts.pop("create", 0)
    return Preview(
        total=match + create + sum(counts.values()),
        would_match=match,
        would_create=create,
        contacts_to_create=len(new),
        skipped=dict(counts),
        examples=dict(examples),
    )


def _batches(queryset: QuerySet[Lead]) -> Iterable[list[Lead_]]:
    last = 0
    while True:
        rows = queryset.filter(pk__gt=last).order_by("pk").values(*_READ)[:BATCH]
        leads: list[Lead_] = list(rows)
        if not leads:
            return
        yield leads
        last = leads[-1]["id"]


def _outcomes(
    leads: list[Lead_], attributes: Sequence[str], new: set[tuple[str, ...]]
) -> dict[int, str]:
    """A word for each lead: match, create or the reason it is left out."""
    reasons = {lead["id"]: _reason(lead, lead) for lead in leads}
    groups = _groups([lead for lead in leads if not reasons[lead["id"]]], attributes)
    matched = _match(groups, attributes)
    new.update(key for key in groups if key not in matched)
    for key, members in groups.items():
        word = "match" if key in matched else "create"
        reasons.update((lead["id"], word) for lead in members)
    return reasons
