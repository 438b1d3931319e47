"""Assignment rules as a small company has them, and who is away."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from core.access.models import User
from core.journal.services import acting
from crm.models import Lead
from sales.assignment.models import RuleSet
from sales.assignment.services.definition import (
    rule_create,
    rule_set_create,
    rule_set_switch,
)
from sales.assignment.services.on_demand import chosen_assign
from sales.assignment.services.people import availability_save, day_off_add

OFFICE = [["09:00", "17:30"]] * 5 + [None, None]
BY_HAND = 8


def rules() -> None:
    """Two rules that are on, working hours, and some leads given by them.

    Made once everything else has come to rest: what came before stays as it is.
    """
    if RuleSet.objects.exists():
        return
    people = {user.username: user for user in User.objects.all()}
    manager = people["sales_manager"]
    with acting(manager, via="demo"):
        _availability(people)
        _rules(people, manager)
        rows = Lead.objects.open().filter(owner=None, team=None, sales_ready=False)
        ids = list(rows.order_by("-created_at", "pk").values_list("pk", flat=True))
        chosen_assign(lead_ids=ids[:BY_HAND], user=None)


def _availability(people: dict[str, User]) -> None:
    for number, seller in enumerate(_sellers(people)):
        values = {"hours": OFFICE, "capacity": 60 + 20 * number}
        availability_save(user=seller, values=values)
    first = timezone.now().date() + dt.timedelta(days=12)
    last = first + dt.timedelta(days=4)
    day_off_add(user=people["seller2"], first=first, last=last, note="Holiday")


def _sellers(people: dict[str, User]) -> list[User]:
    return [user for name, user in people.items() if name.startswith("seller")]


def _rules(people: dict[str, User], manager: User) -> None:
    made = rule_set_create(
        values={"name": "All leads", "fallback_owner": manager, "on_created": False}
    )
    sellers = [user.pk for user in _sellers(people)]
    large = {"field": "number_of_employees", "op": "gte", "value": 500}
    dutch = {"field": "country", "op": "in", "value": ["Netherlands", "Belgium"]}
    for name, values in (
        ("Large companies", {"condition": large, "to": "user", "user": manager}),
        ("Benelux", {"condition": dutch, "people": sellers}),
        ("Everybody else", {"to": "load", "people": sellers}),
    ):
        rule_create(rule_set_id=made.pk, values={"name": name, **values})
    rule_set_switch(rule_set_id=made.pk, active=True)
