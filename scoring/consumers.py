"""Which leads a change makes due: the journal says what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.journal.consumers import Batch
from core.query.language import Query, QueryError, dependencies, validate
from crm.models import Lead
from scoring.models import ScoringModel, ScoringRule
from scoring.services.run import leads_mark_due, models_live
from segments.freshness import Touched, concerned_ids, is_concerned


def handle(batch: Batch) -> None:
    """Mark the open leads due whose score these entries may change.

    A few small statements a batch and rule; the computing is done outside by
    scoring.sweep.
    """
    models = models_live()
    if not models:
        return
    touched = Touched()
    for entry in batch.entries:
        touched.add(entry)
    due = _by_people(batch, touched)
    for query in _conditions(models):
        needs = dependencies(query)
        if is_concerned(needs, touched):
            due |= _open(pk__in=concerned_ids(query, needs, touched))
    leads_mark_due(lead_ids=due)


def _by_people(batch: Batch, touched: Touched) -> set[int]:
    """The leads themselves, those of the people, and those of the accounts."""
    leads = {entry.lead_id for entry in batch.entries if entry.lead_id}
    contacts = {entry.contact_id for entry in batch.entries if entry.contact_id}
    accounts = {
        entry.subject_id for entry in batch.entries if entry.subject_type == "account"
    }
    # An account also loses the behaviour of who left it.
    accounts |= touched.linked["contact", "account"]
    due = _open(pk__in=leads) | _open(parent_contact__in=contacts)
    due |= _open(parent_account__in=accounts)
    due |= _open(parent_contact__account__in=accounts)
    # A lead without a contact is scored by all people of its account.
    due |= _open(parent_contact=None, parent_account__contacts__in=contacts)
    return due


def _conditions(models: Iterable[ScoringModel]) -> Iterator[Query]:
    """What the condition rules of live models ask of a lead; broken ones left out."""
    rules = ScoringRule.objects.filter(
        model__in=list(models), kind=ScoringRule.Kind.CONDITION
    )
    for condition in rules.values_list("condition", flat=True):
        tree = {"from": "lead", "where": condition}
        try:
            yield validate(tree, starts_from="lead", ends_on="lead")
        except QueryError:
            continue


def _open(**where: object) -> set[int]:
    if any(not value for key, value in where.items() if key.endswith("__in")):
        return set()
    return set(Lead.objects.open().filter(**where).values_list("pk", flat=True))
