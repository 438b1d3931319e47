"""A dry run says exactly what the real run then does, over random leads."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import DomainError
from core.base.models import Organisation
from core.journal.models import Entry
from core.journal.services import acting
from crm.models import Account, Activity, Contact, Lead, Note
from sales.models import Opportunity
from sales.services.lead_qualify import lead_qualify
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    LeadFactory,
)
from tests.sales.factories import OpportunityFactory

MODELS = {"account": Account, "contact": Contact, "opportunity": Opportunity}
flag = st.sampled_from([None, True, False])
cases = st.fixed_dictionaries(
    {
        "lead": st.fixed_dictionaries(
            {
                "topic": st.sampled_from(["", "Terminals"]),
                "first_name": st.sampled_from(["", "Maartje"]),
                "last_name": st.sampled_from(["", "Berg"]),
                "email": st.sampled_from(["", "mvdb@koopman.example"]),
                "phone": st.sampled_from(["", "+31 10 555 0142"]),
                "company_name": st.sampled_from(["", " ", "Koopman Logistics"]),
                "city": st.sampled_from(["", "Rotterdam"]),
                "number_of_employees": st.sampled_from([None, 0, 340]),
                "estimated_value": st.sampled_from([None, "0.00", "48000.50"]),
                "do_not_email": st.booleans(),
            }
        ),
        "owned": st.booleans(),
        "parent_account": st.sampled_from([None, "Koopman Logistics", "Other"]),
        "parent_contact": st.sampled_from([None, "plain", "marketing", "employed"]),
        "twin_account": st.booleans(),
        "twin_contact": st.booleans(),
        "activity": st.booleans(),
        "open_before": st.booleans(),
        "cleared": st.sampled_from(["qualify", "opportunity", "workflow"]),
        "options": st.fixed_dictionaries(
            {
                "create_account": flag,
                "create_contact": flag,
                "create_opportunity": flag,
                "ignore_duplicates": st.booleans(),
                "status_reason": st.sampled_from([None, "qualified", "lost", "new"]),
            }
        ),
    }
)


class _Undo(Exception):
    pass


def given_lead(case: dict[str, Any], cast) -> Lead:
    organisation = Organisation.current()
    organisation.marketing_only_cleared = case["cleared"]
    organisation.save()
    if case["twin_account"]:
        AccountFactory(name="KOOPMAN LOGISTICS")
    if case["twin_contact"]:
        ContactFactory(email="mvdb@koopman.example", first_name="M")
    parents: dict[str, Any] = {}
    if case["parent_account"]:
        parents["parent_account"] = AccountFactory(name=case["parent_account"])
    if case["parent_contact"]:
        kind = case["parent_contact"]
        parents["parent_contact"] = ContactFactory(
            marketing_only=kind == "marketing",
            owner=cast.ann,
            account=AccountFactory() if kind == "employed" else None,
        )
    owner = {"owner": cast.ben, "team": cast.benelux} if case["owned"] else {}
    lead = LeadFactory(**case["lead"], **parents, **owner)
    if case["activity"]:
        ActivityFactory(regarding_type="lead", regarding_id=lead.pk, lead=lead)
    if case["open_before"]:
        OpportunityFactory(originating_lead=lead)
    return lead


def outcome(lead: Lead, user: Any, options: dict[str, Any], *, dry_run: bool) -> Any:
    try:
        with acting(user, via="api"):
            return lead_qualify(
                lead_id=lead.pk, user=user, dry_run=dry_run, **options
            ).as_data()
    except DomainError as refusal:
        return (type(refusal), refusal.code, refusal.attr, refusal.detail)


def counts() -> list[int]:
    models = [Account, Contact, Opportunity, Activity, Note]
    return [m.objects.count() for m in models] + [
        Entry.objects.count(),
        Lead.objects.filter(state="open").count(),
    ]


def as_promised(answer: Any) -> Any:
    """An answer with the ids of what was made replaced by what a dry run says."""
    if isinstance(answer, tuple):
        return answer
    made = {(c["entity"], c["id"]): f"new {c['entity']}" for c in answer["created"]}
    looks = {
        "account": "account",
        "parent_account": "account",
        "contact": "contact",
        "parent_contact": "contact",
        "primary_contact": "contact",
    }

    def shown(changes: dict[str, Any]) -> dict[str, Any]:
        return {
            name: [old, made.get((looks.get(name), new), new)]
            for name, (old, new) in changes.items()
        }

    told = dict(answer, dry_run=None, lead_changes=shown(answer["lead_changes"]))
    for entity in MODELS:
        part = dict(answer[entity], changes=shown(answer[entity]["changes"]))
        part["id"] = None if part["action"] == "create" else part["id"]
        told[entity] = part
    told["created"] = [c["entity"] for c in answer["created"]]
    return told


def assert_stored(answer: dict[str, Any]) -> None:
    """Every promised new value stands in the database."""
    for entity, model in MODELS.items():
        part = answer[entity]
        if part["action"] == "skip":
            continue
        row = model.objects.get(pk=part["id"])
        for name, (_, new) in part["changes"].items():
            field = model._meta.get_field(name)
            stored = getattr(row, field.attname)
            assert stored == new or str(stored) == str(new), (entity, name)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases)
def test_the_dry_run_is_what_then_happens(cast, case):
    try:
        with transaction.atomic():
            lead = given_lead(case, cast)
            before = counts()
            promised = outcome(lead, cast.admin, case["options"], dry_run=True)
            assert counts() == before
            done = outcome(lead, cast.admin, case["options"], dry_run=False)
            assert as_promised(promised) == as_promised(done)
            if isinstance(done, tuple):
                assert counts() == before
            else:
                assert_stored(done)
            raise _Undo
    except _Undo:
        pass
