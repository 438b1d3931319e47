"""The entities of this app, for the table of rights, and who sees what with whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from core.access.entities import Entity, register_entity
from core.access.querysets import widen_visibility
from crm.models import (
    Account,
    Activity,
    Attachment,
    Campaign,
    Choice,
    Contact,
    CustomField,
    DeletedRecord,
    DuplicatePair,
    DuplicateRule,
    Import,
    Lead,
    MatchingStrategy,
    Note,
    Process,
    Product,
    StatusReason,
    Tag,
)
from crm.processes.registry import ProcessEntity, register_process_entity
from crm.regarding import Links, RegardingKind, register_regarding
from crm.services.kinds import LEAD_FIELDS

ASSIGN = {"assign": "Assign to another owner"}
CONTACT_ACTIONS = {**ASSIGN, "make_sales": "Make sales contact"}
LEAD_ACTIONS = {
    **ASSIGN,
    "qualify": "Qualify",
    "disqualify": "Disqualify",
    "reactivate": "Reactivate a closed lead",
    "take_over": "Take over",
    "return_to_marketing": "Return to marketing",
    "mark_sales_ready": "Mark sales ready",
    "delete_closed": "Delete a closed lead",
}


def register_all() -> None:
    """Make customers and leads known as things that roles speak of."""
    for entity in (
        Entity(
            "contact", "Contact", "Contacts", Contact, extra_actions=CONTACT_ACTIONS
        ),
        Entity("account", "Account", "Accounts", Account, extra_actions=ASSIGN),
        Entity("lead", "Lead", "Leads", Lead, extra_actions=LEAD_ACTIONS),
        Entity("activity", "Activity", "Activities", Activity, extra_actions=ASSIGN),
        Entity("note", "Note", "Notes", Note, "created_by", None),
        Entity(
            "attachment", "Attachment", "Attachments", Attachment, "created_by", None
        ),
        Entity("product", "Product", "Products", Product, None, None),
        Entity("campaign", "Campaign", "Campaigns", Campaign, extra_actions=ASSIGN),
        Entity("tag", "Tag", "Tags", Tag, None, None),
        Entity("choice", "Choice", "Choices", Choice, None, None),
        Entity(
            "custom_field", "Custom field", "Custom fields", CustomField, None, None
        ),
        Entity(
            "matching_strategy",
            "Matching strategy",
            "Matching strategies",
            MatchingStrategy,
            None,
            None,
        ),
        Entity(
            "status_reason", "Status reason", "Status reasons", StatusReason, None, None
        ),
        Entity("process", "Process", "Processes", Process, None, None),
        Entity(
            "duplicate",
            "Possible duplicate",
            "Possible duplicates",
            DuplicatePair,
            None,
            None,
            extra_actions={"scan": "Search everything for duplicates"},
        ),
        Entity(
            "duplicate_rule",
            "Duplicate rule",
            "Duplicate rules",
            DuplicateRule,
            None,
            None,
        ),
        Entity("deleted_record", "Deleted record", "Deleted records", DeletedRecord),
        Entity("import", "Import", "Imports", Import, "created_by", None),
    ):
        register_entity(entity)
    for kind in (
        RegardingKind("contact", Contact, lambda c: Links(c.pk, None, c.account_id)),
        RegardingKind("account", Account, lambda a: Links(None, None, a.pk)),
        RegardingKind(
            "lead",
            Lead,
            lambda r: Links(r.parent_contact_id, r.pk, r.parent_account_id),
        ),
        RegardingKind("campaign", Campaign, lambda c: Links()),
    ):
        register_regarding(kind)
    register_process_entity(ProcessEntity("lead", Lead, lead_step_fields))
    widen_visibility("contact", contacts_of_visible_leads)
    widen_visibility("account", accounts_of_visible_leads)


# Flags of a lead that the steps of a process set, each with what follows from it.
LEAD_FLAGS = frozenset(
    (
        "sales_ready",
        "sales_accepted",
        "teleprospecting_ready",
        "teleprospect_accepted",
    )
)


def lead_step_fields() -> frozenset[str]:
    """What the data steps of stages on leads may show."""
    return LEAD_FIELDS | LEAD_FLAGS


def contacts_of_visible_leads(user: Any) -> Q:
    """Whoever may see a lead may see its contact."""
    leads = Lead.objects.visible_to(user).filter(parent_contact__isnull=False)
    return Q(pk__in=leads.values("parent_contact"))


def accounts_of_visible_leads(user: Any) -> Q:
    """Whoever may see a lead may see its account."""
    leads = Lead.objects.visible_to(user).filter(parent_account__isnull=False)
    return Q(pk__in=leads.values("parent_account"))
