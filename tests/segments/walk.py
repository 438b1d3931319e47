"""Random changes to everything that segments and scores read."""

from __future__ import annotations

import random

from django.db import connection

from core.journal.services import acting, record
from crm.models import Account, Contact, Lead
from crm.services.lead_contacts import lead_contacts_create

CITIES = ["", "Rome", "rome", "Oslo"]
TOPICS = ["", "Solar", "Wind"]
INDUSTRIES = ["", "Retail", "Logistics"]
KINDS = ["page.visited", "email.clicked"]


def clause(field, value, op="eq"):
    return {"field": field, "op": op, "value": value}


VISITS = clause("name", "page.visited")
DEFINITIONS = [
    {"from": "contact", "where": clause("city", "rome")},
    {"from": "contact", "where": {"not": clause("city", "rome")}},
    {
        "from": "lead",
        "where": {"and": [clause("topic", "solar"), clause("state", "open")]},
        "to": ["parent_contact"],
    },
    {
        "from": "account",
        "where": clause("industry", "retail"),
        "to": ["contacts"],
        "then": clause("marketing_only", False),
    },
    {
        "from": "lead",
        "where": clause("topic", "wind"),
        "to": ["parent_account", "contacts"],
    },
    {
        "from": "contact",
        "where": {
            "related": "account",
            "where": {
                "related": "primary_contact",
                "where": clause("city", "rome"),
            },
        },
    },
    {
        "from": "contact",
        "where": {
            "related": "leads",
            "where": {
                "related": "parent_account",
                "where": {"related": "contacts", "count": {"op": "gte", "value": 2}},
            },
        },
    },
    {
        "from": "contact",
        "where": {
            "related": "interactions",
            "where": VISITS,
            "count": {"op": "gte", "value": 2},
        },
    },
    {
        "from": "contact",
        "where": {
            "and": [
                {
                    "related": "interactions",
                    "where": clause("name", "email.clicked"),
                    "count": {"op": "eq", "value": 0},
                },
                {
                    "related": "leads",
                    "where": {"related": "interactions", "where": VISITS},
                },
            ]
        },
    },
    {"from": "interaction", "where": VISITS, "to": ["contact"]},
    {"from": "interaction", "to": ["lead", "parent_contact"]},
]


def compounds(base):
    """Sets of the segments before them, by their ids."""
    return [
        {"except": [{"from": "contact"}, {"segment": base[0]}, {"segment": base[7]}]},
        {"union": [{"segment": base[2]}, {"intersect": [{"segment": base[0]},
                                                         {"segment": base[9]}]}]},
    ]  # fmt: skip


class Walk:
    """A company that changes step by step, the same way for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        for name in ("Acme", "Brug", "Cato"):
            Account.objects.create(name=name, industry=self.dice.choice(INDUSTRIES))
        for _ in range(8):
            self.contact_made()
            self.lead_made()

    def some(self, model):
        """A row that exists, or None."""
        ids = list(model.objects.order_by("pk").values_list("pk", flat=True))
        return self.dice.choice(ids) if ids and self.dice.random() > 0.1 else None

    def step(self) -> str:
        """One random change; its name."""
        steps = [
            self.contact_made, self.lead_made, self.contact_changed,
            self.contact_changed, self.lead_changed, self.lead_changed,
            self.account_changed, self.account_changed, self.contacts_moved,
            self.lead_moved, self.happened, self.happened, self.happened_to_lead,
            self.gone, self.orphans_get_contacts, self.by_sql,
        ]  # fmt: skip
        chosen = self.dice.choice(steps)
        with acting(None, via="walk"):
            chosen()
        return chosen.__name__

    def contact_made(self):
        Contact.objects.create(
            last_name="Person",
            email=f"p{self.dice.randrange(30)}@example.com",
            city=self.dice.choice(CITIES),
            marketing_only=self.dice.random() < 0.5,
            account_id=self.some(Account),
        )

    def lead_made(self):
        Lead.objects.create(
            topic=self.dice.choice(TOPICS),
            last_name="Prospect",
            email=f"p{self.dice.randrange(30)}@example.com",
            city=self.dice.choice(CITIES),
            parent_contact_id=self.dice.choice([None, self.some(Contact)]),
            parent_account_id=self.dice.choice([None, self.some(Account)]),
        )

    def contact_changed(self):
        Contact.objects.filter(pk=self.some(Contact)).update(
            city=self.dice.choice(CITIES), marketing_only=self.dice.random() < 0.5
        )

    def lead_changed(self):
        Lead.objects.filter(pk=self.some(Lead)).update(
            topic=self.dice.choice(TOPICS),
            city=self.dice.choice(CITIES),
            state=self.dice.choice(["open", "open", "disqualified"]),
        )

    def account_changed(self):
        Account.objects.filter(pk=self.some(Account)).update(
            industry=self.dice.choice(INDUSTRIES),
            primary_contact_id=self.some(Contact),
        )

    def contacts_moved(self):
        rows = Contact.objects.filter(pk__in=[self.some(Contact), self.some(Contact)])
        rows.update(account_id=self.some(Account))

    def lead_moved(self):
        Lead.objects.filter(pk=self.some(Lead)).update(
            parent_contact_id=self.some(Contact), parent_account_id=self.some(Account)
        )

    def happened(self):
        record(
            self.dice.choice(KINDS),
            contact_id=self.some(Contact),
            account_id=self.some(Account),
            machine=self.dice.random() < 0.2,
        )

    def happened_to_lead(self):
        """To a lead, perhaps one without a contact: relinked once it has one."""
        lead = Lead.objects.filter(pk=self.some(Lead)).first()
        if lead is not None:
            record(
                self.dice.choice(KINDS),
                subject=("lead", lead.pk),
                lead_id=lead.pk,
                contact_id=lead.parent_contact_id,
            )

    def gone(self):
        model = self.dice.choice([Contact, Lead, Lead, Account])
        model.objects.filter(pk=self.some(model)).delete()
        if model is Account and Account.objects.count() < 2:
            Account.objects.create(name="Anew", industry="Retail")

    def orphans_get_contacts(self):
        lead_contacts_create(
            lead_ids=Lead.objects.orphaned().values_list("pk", flat=True)
        )

    def by_sql(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE crm_contact SET city = %s, updated_at = now() WHERE id = %s",
                [self.dice.choice(CITIES), self.some(Contact)],
            )
