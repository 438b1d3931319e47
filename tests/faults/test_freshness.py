"""A change shows in every live segment soon, whichever door it came through.

Real workers and real commits; the seconds are printed, and must stay below a generous
bound. The goal is 5 s.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from core.journal.models import Entry
from core.journal.services import acting
from segments.models import Membership
from segments.services.lifecycle import segment_create, segment_go_live
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.faults.stack import ALL, eventually

pytestmark = pytest.mark.serial
BOUND = 30.0
BACKEND = "django.contrib.auth.backends.ModelBackend"


def where(field, value):
    return {"field": field, "op": "eq", "value": value}


def of_leads(condition):
    return {"from": "lead", "where": condition, "to": ["parent_contact"]}


def definitions(city):
    """Segments of every shape that a contact in, or with a lead in, a city enters."""
    here = where("city", city)
    through_lead = {"related": "leads", "where": here}
    return {
        "contact": [
            {"from": "contact", "where": here},
            {"from": "contact", "where": {"not": {**here, "op": "ne"}}},
            {
                "except": [
                    {"from": "contact"},
                    {"from": "contact", "where": {"not": here}},
                ]
            },
            {"from": "account", "to": ["contacts"], "then": here},
            {"from": "contact", "where": {"or": [here, where("city", "Nowhere")]}},
        ],
        "lead": [
            of_leads(here),
            {"from": "contact", "where": through_lead},
            {
                "from": "contact",
                "where": {**through_lead, "count": {"op": "gte", "value": 1}},
            },
            {
                "intersect": [
                    {"from": "contact"},
                    of_leads({"and": [here, where("state", "open")]}),
                ]
            },
        ],
    }


@pytest.fixture
def segments(admin):
    """Live segments for each city a door will set."""
    found = {}
    for city in ("Amsterdam", "Bergen", "Calais", "Dresden"):
        for entity, trees in definitions(city).items():
            for number, tree in enumerate(trees):
                with acting(admin, via="test"):
                    segment = segment_create(
                        user=admin, name=f"{city} {entity} {number}", definition=tree
                    )
                    segment_go_live(segment_id=segment.pk)
                found.setdefault((entity, city), set()).add(segment.pk)
    return found


def by_api(stack, token, admin, record, city):
    path = f"api/v1/{record._meta.model_name}s/{record.pk}/"
    status, text = stack.http("PATCH", path, {"city": city}, token)
    assert status == 200, text


def by_admin(stack, token, admin, record, city):
    client = Client()
    client.force_login(admin, backend=BACKEND)
    url = f"/admin/crm/{record._meta.model_name}/{record.pk}/change/"
    form = client.get(url).context["adminform"].form
    data = {k: v for k, v in form.initial.items() if v is not None}
    data |= {"custom": "{}", "tags": "", "profile_links": "", "city": city}
    answer = client.post(url, data)
    assert answer.status_code == 302, answer.context["errors"]


def by_update(stack, token, admin, record, city):
    with acting(admin, via="test"):
        type(record).objects.filter(pk=record.pk).update(city=city)


def by_sql(stack, token, admin, record, city):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {record._meta.db_table} SET city = %s WHERE id = %s",
            [city, record.pk],
        )


DOORS = {
    "Amsterdam": (by_api, "api"),
    "Bergen": (by_admin, "admin"),
    "Calais": (by_update, "test"),
    "Dresden": (by_sql, None),
}


def segments_of(contact):
    rows = Membership.objects.filter(contact=contact)
    return set(rows.values_list("segment_id", flat=True))


def test_change_shows_in_every_live_segment_and_in_the_history(
    stack, token, admin, segments
):
    contact = ContactFactory(city="Oslo", account=AccountFactory())
    lead = LeadFactory(city="Oslo", parent_contact=contact)
    stack.start(*ALL)
    eventually(all_read, "workers work", 60)
    slowest = {}
    inside = {"contact": set(), "lead": set()}
    before = {"contact": "Oslo", "lead": "Oslo"}
    for city, (door, via) in DOORS.items():
        for record in (contact, lead):
            entity = record._meta.model_name
            door(stack, token, admin, record, city)
            inside[entity] = segments[entity, city]
            spent = eventually(
                lambda: segments_of(contact) == inside["contact"] | inside["lead"],
                f"every segment knows of {door.__name__} of a {entity}",
                BOUND,
            )
            slowest[door.__name__] = max(spent, slowest.get(door.__name__, 0))
            told = Entry.objects.of_record(entity, record.pk).first()
            assert told.name == f"{entity}.updated"
            assert told.data["changes"] == {"city": [before[entity], city]}
            role = connection.settings_dict["USER"]
            assert (told.actor_id, told.via) == (
                (admin.pk, via) if via else (None, f"database:{role}")
            ), (told.actor_id, told.via)
            before[entity] = city
    shown = ", ".join(f"{door} {spent:.2f} s" for door, spent in slowest.items())
    print(
        f"\nslowest of contact and lead in {sum(map(len, segments.values()))} "
        f"live segments: {shown}"
    )


def all_read():
    """Whether the pump has read everything that was written so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and((c.xid, c.position) >= (e.xid, e.id)) "
            "FROM journal_cursor c, (SELECT xid, id FROM journal_entry "
            "ORDER BY xid DESC, id DESC LIMIT 1) e"
        )
        return cursor.fetchone()[0]
