"""A dry run says exactly what the real run then does, and an undo takes all of it
back, over random leads. HANDOFF_QUALIFY_CASES says how many (500 for the proof)."""

from __future__ import annotations

import os
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import transaction

from core.base.errors import DomainError
from core.base.models import Organisation
from core.journal.models import Entry
from core.journal.services import acting, record
from crm.models import Account, Activity, Attachment, Contact, Lead, Note
from sales.models import Opportunity, QualifyMapping
from sales.services.lead_qualify import lead_qualify
from sales.services.lead_unqualify import lead_undo_qualify
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    LeadFactory,
    NoteFactory,
)
from tests.sales.factories import OpportunityFactory

CASES = int(os.environ.get("HANDOFF_QUALIFY_CASES", "60"))
MODELS = {"account": Account, "contact": Contact, "opportunity": Opportunity}
ROWS = [Account, Contact, Opportunity, Lead, Activity, Note, Attachment]
# Moved by the database with every change, also with one that brings a value back.
CLOCKS = {"version", "updated_at", "_state"}
LEAD = {
    "topic": ["", "Terminals"],
    "first_name": ["", "Maartje"],
    "last_name": ["", "Berg"],
    "email": ["", "mvdb@koopman.example"],
    "phone": ["", "+31 10 555 0142"],
    "company_name": ["", " ", "Koopman Logistics"],
    "city": ["", "Rotterdam"],
    "need": ["", "Terminals"],
    "number_of_employees": [None, 0, 340],
    "estimated_value": [None, "0.00", "48000.50"],
    "do_not_email": [False, True],
    "tags": [[], ["hot"]],
    "custom": [{}, {"fleet": "40"}],
}
MAPPINGS = (
    ("contact", "description", "need"),
    ("account", "description", "need"),
    ("contact", "custom.fleet", "custom.fleet"),
)


class _Undo(Exception):
    pass


class Case:
    """One random world: settings, a lead, who is there already, and what is asked."""

    def __init__(self, seed: int, cast: Any) -> None:
        self.dice = Random(seed)
        self.cast = cast
        self.settings()
        self.people()
        self.lead = self.make_lead()
        self.hang_on()
        self.options = self.wish()

    def one(self, values: list[Any]) -> Any:
        return self.dice.choice(values)

    def often(self, part: float = 0.5) -> bool:
        return self.dice.random() < part

    def settings(self) -> None:
        organisation = Organisation.current()
        organisation.marketing_only_cleared = self.one(
            ["qualify", "opportunity", "workflow"]
        )
        organisation.qualify_carries = self.one(["none", "copy", "move"])
        organisation.save()
        for entity, field, origin in MAPPINGS:
            if self.often(0.3):
                QualifyMapping.objects.create(
                    entity=entity, field=field, lead_field=origin
                )
        if self.often(0.2):
            QualifyMapping.objects.filter(field__in=["city", "phone"]).delete()

    def people(self) -> None:
        cast = self.cast
        self.account = AccountFactory(
            name=self.one(["Koopman Logistics", "Other"]),
            phone=self.one(["", "9"]),
            primary_contact=ContactFactory() if self.often(0.3) else None,
        )
        self.contact = ContactFactory(
            marketing_only=self.often(),
            owner=self.one([None, cast.ann, cast.carl]),
            phone=self.one(["", "8"]),
            city=self.one(["", "Rome"]),
            custom=self.one([{}, {"other": "x"}, {"fleet": "1"}]),
            account=self.one([None, self.account]),
        )
        self.sale = OpportunityFactory(
            need=self.one(["", "Known"]),
            account=self.one([None, self.account]),
            contact=self.one([None, self.contact]),
        )
        if self.often(0.25):
            AccountFactory(name="KOOPMAN LOGISTICS")
        if self.often(0.25):
            ContactFactory(email="mvdb@koopman.example", first_name="M")

    def make_lead(self) -> Lead:
        cast = self.cast
        owner = {"owner": cast.ben, "team": cast.benelux} if self.often(0.7) else {}
        return LeadFactory(
            **{name: self.one(values) for name, values in LEAD.items()},
            parent_account=self.one([None, None, self.account]),
            parent_contact=self.one([None, None, self.contact]),
            **owner,
        )

    def hang_on(self) -> None:
        about = {"regarding_type": "lead", "regarding_id": self.lead.pk}
        for state in ("open", "completed"):
            if self.often():
                ActivityFactory(**about, lead=self.lead, state=state)
        if self.often():
            contact = self.one([None, self.contact])
            NoteFactory(**about, lead=self.lead, contact=contact)
        if self.often():
            Attachment.objects.create(
                **about, lead=self.lead, file_name="a", size=1, file="a/b"
            )
        if self.often():
            with acting(None, via="form"):
                record("form.submitted", subject=("lead", self.lead.pk))
        if self.often(0.1):
            OpportunityFactory(originating_lead=self.lead)

    def wish(self) -> dict[str, Any]:
        flag = [None, None, True, False]
        options = {
            "create_account": self.one(flag),
            "create_contact": self.one(flag),
            "create_opportunity": self.one(flag),
            "ignore_duplicates": self.often(0.7),
            "status_reason": self.one([None] * 6 + ["qualified", "lost", "new"]),
        }
        if self.often(0.2):
            options["account_id"] = self.account.pk
        if self.often(0.2):
            options["contact_id"] = self.contact.pk
        if self.often(0.2):
            options["opportunity_id"] = self.sale.pk
        if self.often(0.1):
            options["opportunity_customer"] = ("account", self.account.pk)
        return options

    def outcome(self, *, dry_run: bool) -> Any:
        user = self.cast.admin
        try:
            with acting(user, via="api"):
                return lead_qualify(
                    lead_id=self.lead.pk, user=user, dry_run=dry_run, **self.options
                ).as_data()
        except DomainError as refusal:
            return (type(refusal), refusal.code, refusal.attr, refusal.detail)

    def undo(self) -> None:
        with acting(self.cast.admin, via="api"):
            lead_undo_qualify(lead_id=self.lead.pk, user=self.cast.admin)


def everything() -> dict[str, Any]:
    """Every value of every row, and the links of every entry."""
    found: dict[str, Any] = {
        model.__name__: {
            row.pk: {k: v for k, v in vars(row).items() if k not in CLOCKS}
            for row in model.objects.all()
        }
        for model in ROWS
    }
    links = Entry.objects.values_list("pk", "contact_id", "lead_id", "account_id")
    return found | {"entries": {row[0]: row[1:] for row in links}}


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
            name: [old, made.get((looks[name], new), new) if name in looks else new]
            for name, (old, new) in changes.items()
        }

    told = dict(answer, dry_run=None, undo_until=None)
    told["lead_changes"] = shown(answer["lead_changes"])
    for entity in MODELS:
        part = dict(answer[entity], changes=shown(answer[entity]["changes"]))
        part["id"] = None if part["action"] == "create" else part["id"]
        told[entity] = part
    told["created"] = [c["entity"] for c in answer["created"]]
    return told


def assert_stored(answer: dict[str, Any], before: dict[str, Any]) -> None:
    """Every promised new value stands in the database, and nothing else changed."""
    for entity, model in MODELS.items():
        part = answer[entity]
        if part["action"] == "skip":
            continue
        row = model.objects.get(pk=part["id"])
        for name, (_, new) in part["changes"].items():
            stored = getattr(row, model._meta.get_field(name).attname)
            same = stored == new or str(stored) == str(new)
            assert same or Decimal(stored) == Decimal(new), (entity, name)
    for model in (Account, Contact, Opportunity):
        assert_promised(model, answer, before[model.__name__])


def assert_promised(model: Any, answer: dict[str, Any], before: dict[int, Any]) -> None:
    part = answer[model._meta.model_name]
    promised = {model._meta.get_field(name).attname for name in part["changes"]}
    generated = {f.attname for f in model._meta.fields if f.generated}
    for pk, old in before.items():
        row = vars(model.objects.get(pk=pk))
        changed = {name for name in old if row[name] != old[name]} - generated
        assert changed <= (promised if pk == part["id"] else set()), (model, changed)
    assert model.objects.count() - len(before) == (part["action"] == "create")


@pytest.mark.parametrize("part", range(4))
def test_the_dry_run_is_what_then_happens_and_undo_takes_it_back(cast, part):
    done_at_all = 0
    for seed in range(part, CASES, 4):
        try:
            with transaction.atomic():
                done_at_all += one_case(Case(seed, cast))
                raise _Undo
        except _Undo:
            pass
        except AssertionError as error:
            raise AssertionError(f"case {seed}: {error}") from error
    assert done_at_all > CASES // 4 // 4


def one_case(case: Case) -> bool:
    before = everything()
    promised = case.outcome(dry_run=True)
    assert everything() == before
    done = case.outcome(dry_run=False)
    assert as_promised(promised) == as_promised(done)
    if isinstance(done, tuple):
        assert everything() == before
        return False
    assert_stored(done, before)
    if done["state"] == "qualified":
        case.undo()
        after = everything()
        entries = after.pop("entries")
        assert {pk: entries[pk] for pk in before["entries"]} == before.pop("entries")
        assert after == before
    return True
