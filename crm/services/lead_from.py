"""A lead made from what is there already: a contact, a call, an appointment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core.access.models import User
from core.access.rights import rights_of
from core.base.errors import Denied
from crm.models import Activity, Contact, Lead
from crm.services.activities import activity_links_lead
from crm.services.records import record_create

PERSON = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile_phone",
    "job_title",
    "company_name",
    "city",
    "country",
)


def person_of(contact: Contact, user: Any) -> dict[str, Any]:
    """What a new lead takes from its contact, with where that person came from."""
    carried = {name: getattr(contact, name) for name in PERSON}
    leads = Lead.objects.visible_to(user).filter(parent_contact=contact)
    sources = leads.exclude(lead_source="").order_by("created_at", "pk")
    carried |= {
        "parent_contact": contact.pk,
        "parent_account": contact.account_id,
        "lead_source": sources.values_list("lead_source", flat=True).first(),
    }
    return {name: value for name, value in carried.items() if value}


def carried_from(activity: Activity, user: Any) -> dict[str, Any]:
    """What a new lead takes from an activity: person, company, notes."""
    people = Contact.objects.visible_to(user)
    contact = people.filter(pk=activity.contact_id or 0).first()
    carried = person_of(contact, user) if contact else {}
    if activity.account_id:
        carried.setdefault("parent_account", activity.account_id)
    if activity.product_id:
        carried["product"] = activity.product_id
    said = [activity.subject, activity.description, activity.outcome]
    carried["description"] = "\n".join(dict.fromkeys(part for part in said if part))
    return carried


@transaction.atomic
def lead_from_contact(
    *, contact: Contact, user: User, values: Mapping[str, Any] | None = None
) -> Lead:
    """Make another lead of a person; `values` go before what the contact says.

    Several leads of one contact stand side by side. Raises Denied without the right
    to create leads, Invalid with every wrong field.
    """
    _may_create(user)
    carried = person_of(contact, user) | dict(values or {})
    made: Lead = record_create(entity="lead", values=carried, user=user)
    return made


@transaction.atomic
def lead_from_activity(
    *, activity: Activity, user: User, values: Mapping[str, Any] | None = None
) -> Lead:
    """Make a lead out of a call or an appointment, which then belongs to it."""
    _may_create(user)
    carried = carried_from(activity, user) | dict(values or {})
    carried.setdefault("topic", activity.subject)
    made: Lead = record_create(entity="lead", values=carried, user=user)
    activity_links_lead(activity=activity, lead_id=made.pk)
    return made


def _may_create(user: User) -> None:
    if not rights_of(user).has("lead", "create"):
        raise Denied
