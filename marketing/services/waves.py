"""Many submissions matched together, with the outcome of one after the other.

Submissions that share nobody cannot touch each other's contact or lead, so they are
matched in one wave of set-based statements. One that shares an address with an
earlier one waits for the next wave, where it finds what the earlier one made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import OperationalError, connection
from django.utils import timezone

from core.journal.relinking import Move, relink
from core.journal.services import record_many
from crm.matching.find import Candidate, accounts_for, find_many
from crm.models import Account, Contact, Lead
from marketing.models import Submission, Visitor
from marketing.services.inserting import insert_many
from marketing.services.work import Work

_Record = TypeVar("_Record", Contact, Lead)
_TRIES = 3


def waves(works: Sequence[Work]) -> Iterator[list[Work]]:
    """Split works, in their order, into waves in which no two share anybody."""
    run: list[Work] = []
    for work in works:
        if _alone(work):
            yield from _disjoint(run)
            yield [work]
            run = []
        else:
            run.append(work)
    yield from _disjoint(run)


def _disjoint(works: list[Work]) -> Iterator[list[Work]]:
    while works:
        taken: set[tuple[str, Any]] = set()
        wave: list[Work] = []
        later: list[Work] = []
        for work in works:
            shared = _shared(work)
            (wave if taken.isdisjoint(shared) else later).append(work)
            # Also what waits bars the way: nobody overtakes an earlier one.
            taken |= shared
        yield wave
        works = later


def _alone(work: Work) -> bool:
    """Whether more than addresses decides whom this one touches."""
    plan = work.plan
    if plan.with_contact and "email" not in plan.by_contact.attributes:
        return True
    if plan.looks_for_leads and "email" not in plan.by_lead.attributes:
        return True
    # Its contact comes from the cookie alone.
    return not plan.with_contact and work.submission.visitor_id is not None


def _shared(work: Work) -> set[tuple[str, Any]]:
    """What two submissions have in common if they may touch the same records.

    Every strategy here compares the address, and a match never changes the address
    it was found by; so records are shared only with it. The browser's contact is set
    by one submission and read by the next, and so are new accounts.
    """
    found: set[tuple[str, Any]] = {
        ("email", folded(str(answers.columns["email"])))
        for answers in (work.to_contact, work.to_lead)
        if answers.columns.get("email")
    }
    if work.submission.visitor_id is not None:
        found.add(("visitor", work.submission.visitor_id))
    if work.organisation.create_accounts_from_companies:
        company = folded(str(work.company()["company_name"] or ""))
        found |= {("company", company)} if company else set()
    return found


def folded(text: str) -> str:
    """At least as coarse as any comparison of the database.

    Letter by letter, since PostgreSQL folds the dotted capital I and the final sigma
    so, and Python's lower() does not.
    """
    return " ".join("".join(c.lower()[0] for c in text).split())


def match_wave(works: Sequence[Work]) -> None:
    """Match or create what these works ask for, and close their submissions.

    The caller holds the submissions and every identifying value they bring. Holds
    the rows of what is found. Raises OperationalError where a match changed under
    its feet three times.
    """
    _recognise(works)
    _contacts([w for w in works if w.plan.with_contact])
    _contacts_of_browsers([w for w in works if not w.plan.with_contact and w.known])
    _leads([w for w in works if w.plan.with_lead])
    for work in works:
        work.conclude()
    _remember(works)
    record_many([entry for work in works for entry in work.entries()])
    _close(works)


def _recognise(works: Sequence[Work]) -> None:
    ids = {w.submission.visitor_id or 0 for w in works} - {0}
    if not ids:
        return
    rows = Visitor.objects.filter(pk__in=ids).values_list("pk", "contact_id")
    known = dict(rows)
    for work in works:
        work.known = known.get(work.submission.visitor_id or 0)


def _remember(works: Sequence[Work]) -> None:
    """The browsers that asked to be remembered now belong to these contacts."""
    for work in works:
        visitor, contact = work.submission.visitor_id, work.contact
        if work.submission.remember and visitor is not None and contact is not None:
            Visitor.objects.filter(pk=visitor).update(contact=contact)


def _contacts_of_browsers(works: Sequence[Work]) -> None:
    if works:
        rows = Contact.objects.in_bulk([w.known or 0 for w in works])
        for work in works:
            work.contact = rows.get(work.known or 0)


def _contacts(works: Sequence[Work]) -> None:
    found = _matched(works, _find_contacts, Contact.objects.active())
    changes: dict[int, set[str]] = {}
    for work in works:
        contact = found.get(work.submission.pk)
        if contact is None:
            work.contact, work.contact_new = work.new_contact(), True
        else:
            work.contact = contact
            changes.setdefault(contact.pk, set()).update(work.change_contact(contact))
    _link_accounts(works, changes)
    insert_many([_made(w.contact) for w in works if w.contact_new])
    _save(Contact, found.values(), changes)


def _made(record: _Record | None) -> _Record:
    assert record is not None
    return record


def _link_accounts(works: Sequence[Work], changes: dict[int, set[str]]) -> None:
    """Give contacts without an account that of their company."""
    wanting = [w for w in works if _wants_account(w)]
    if not wanting:
        return
    ids = accounts_for([w.company() for w in wanting])
    new = [w.new_account() for w, pk in zip(wanting, ids, strict=True) if pk is None]
    Account.objects.bulk_create([account for account in new if account is not None])
    unknown = iter(new)
    for work, pk in zip(wanting, ids, strict=True):
        account = next(unknown) if pk is None else None
        pk = pk or (account.pk if account else None)
        if pk is not None:
            contact = _made(work.contact)
            contact.account_id = pk
            changes.get(contact.pk, set()).add("account")


def _wants_account(work: Work) -> bool:
    contact = _made(work.contact)
    return contact.account_id is None and (work.contact_new or contact.marketing_only)


def _leads(works: Sequence[Work]) -> None:
    looking = [w for w in works if w.plan.looks_for_leads]
    found = _matched(looking, _find_leads, Lead.objects.open())
    changes: dict[int, set[str]] = {}
    for work in works:
        lead = found.get(work.submission.pk)
        if lead is None:
            work.lead, work.lead_new = work.new_lead(), True
        else:
            work.lead = lead
            changes.setdefault(lead.pk, set()).update(work.change_lead(lead))
    insert_many([_made(w.lead) for w in works if w.lead_new])
    # What these leads did before follows them to the person.
    relink(*(_joining(w) for w in works if w.joined))
    _save(Lead, found.values(), changes)


def _joining(work: Work) -> Move:
    lead = ("lead", _made(work.lead).pk)
    return Move(subject=lead, contact_id=_made(work.contact).pk, reason="submission")


_Find = Callable[[Sequence[Work]], dict[int, int]]


def _matched(works: Sequence[Work], find: _Find, rows: Any) -> dict[int, Any]:
    """The record each work matches, held, by the number of its submission.

    `rows` says what still qualifies: a record may be closed or deactivated between
    the look and the lock, then its work looks again.
    """
    found: dict[int, Any] = {}
    left = list(works)
    for _ in range(_TRIES):
        chosen = find(left)
        held = _held(rows, chosen.values())
        found |= {n: held[pk] for n, pk in chosen.items() if pk in held}
        gone = {n for n, pk in chosen.items() if pk not in held}
        left = [w for w in left if w.submission.pk in gone]
        if not left:
            return found
    raise OperationalError("A matching record changed three times.")


def _held(rows: Any, ids: Any) -> dict[int, Any]:
    """These records under their row locks, taken in order."""
    wanted = set(ids)
    if not wanted:
        return {}
    locked = rows.select_for_update(of=("self",), no_key=True)
    return {row.pk: row for row in locked.filter(pk__in=wanted).order_by("pk")}


def _find_contacts(works: Sequence[Work]) -> dict[int, int]:
    """A recognised visitor decides only between contacts that match."""
    return _find(
        "contact",
        [(w, w.plan.by_contact.attributes, w.to_contact.columns) for w in works],
        lambda work, candidate: candidate.pk == work.known,
    )


def _find_leads(works: Sequence[Work]) -> dict[int, int]:
    """The contact decides only between leads that match."""
    return _find(
        "lead",
        [(w, w.plan.by_lead.attributes, w.lead_key()) for w in works],
        lambda work, candidate: (
            work.contact is not None and candidate.contact_id == work.contact.pk
        ),
    )


def _find(
    target: str,
    wanted: Sequence[tuple[Work, Sequence[str], dict[str, Any]]],
    preferred: Callable[[Work, Candidate], bool],
) -> dict[int, int]:
    """The best match of each work; one query a strategy."""
    best: dict[int, int] = {}
    for attributes in dict.fromkeys(tuple(names) for _, names, _ in wanted):
        group = [(w, row) for w, names, row in wanted if tuple(names) == attributes]
        rows = find_many(target, attributes, [row for _, row in group])
        for (work, _), candidates in zip(group, rows, strict=True):
            own = (c for c in candidates if preferred(work, c))
            chosen = next(own, candidates[0] if candidates else None)
            if chosen is not None:
                best[work.submission.pk] = chosen.pk
    return best


def _save(model: type[_Record], records: Any, changes: dict[int, set[str]]) -> None:
    """Write the changed columns of these held records by one statement."""
    changed = [record for record in records if changes[record.pk]]
    columns = sorted(set().union(*(changes[record.pk] for record in changed)))
    if changed:
        model._default_manager.bulk_update(changed, columns)


_CLOSE = """
UPDATE marketing_submission s SET state = 'success', reason = '', technical = '',
    matched = w.matched, contact_id = w.contact_id, lead_id = w.lead_id,
    attempts = s.attempts + 1, processed_at = w.processed_at
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[])
    AS w(id, matched, contact_id, lead_id, processed_at)
WHERE s.id = w.id
"""


def _close(works: Sequence[Work]) -> None:
    now = timezone.now()
    rows: list[Submission] = [w.submission for w in works]
    for row in rows:
        row.attempts += 1
        row.processed_at = now
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE,
            [
                [row.pk for row in rows],
                [row.matched for row in rows],
                [row.contact_id for row in rows],
                [row.lead_id for row in rows],
                [now for _ in rows],
            ],
        )
