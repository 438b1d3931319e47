"""The pages and the API of assignment rules: who may what, and what they show."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.jobs.models import Job
from core.jobs.running import run_to_end
from crm.models import Lead
from sales.assignment.models import AssignmentRule, Availability, DayOff, Given, RuleSet
from sales.assignment.services.assign import MOMENT, leads_assign
from tests.factories import LeadFactory
from tests.sales.assignment.conftest import country

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def boss(client, cast):
    client.force_login(cast.sales_manager, backend=BACKEND)
    return client


@pytest.fixture
def seller(client, cast):
    client.force_login(cast.ben, backend=BACKEND)
    return client


def set_url(main, name="assignment_rule_set"):
    return reverse(name, args=[main.pk])


def form(**values):
    return {"name": "In turn", "to": "round_robin", "available_within": "72"} | values


# Pages --------------------------------------------------------------------------------


def test_manager_makes_a_set_with_a_rule_and_switches_it_on(boss, cast):
    boss.post(
        reverse("assignment_rule_set_create"), {"name": "All", "on_sales_ready": "on"}
    )
    made = RuleSet.objects.get()
    new = reverse("assignment_rule_create", args=[made.pk])
    assert set_url(made) in boss.get(new).content.decode()
    answer = boss.post(
        new, form(active="on", people=[cast.ben.pk], uses_capacity="on", condition="")
    )
    assert answer.status_code == 302, answer.context["form"].errors
    rule = AssignmentRule.objects.get()
    assert (rule.people, rule.available_within, rule.uses_capacity) == (
        [cast.ben.pk],
        72,
        True,
    )
    boss.post(set_url(made, "assignment_rule_set_activate"))
    made.refresh_from_db()
    assert (made.active, made.on_created, made.on_sales_ready) == (True, False, True)
    page = boss.get(set_url(made)).content.decode()
    assert f"To {cast.ben}, in turn" in page


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"to": "user"}, "user", "active person"),
        ({"to": "team"}, "team", "Choose a team"),
        ({"people": []}, "people", "Choose people"),
        ({"condition": '{"field": "x"}'}, "condition", "field"),
        ({"condition": "{"}, "condition", "cannot be read"),
        ({"available_within": "7"}, "available_within", "valid choice"),
        ({"people": ["1000000"]}, "people", "valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(boss, main, cast, sent, field, said):
    values = form(people=[cast.ben.pk]) | sent
    answer = boss.post(reverse("assignment_rule_create", args=[main.pk]), values)
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert not AssignmentRule.objects.exists()


def test_editing_shows_what_is_and_keeps_it(boss, main, rule, cast):
    made = rule(main, people=[cast.ben, cast.carl], condition=country("NL"))
    url = reverse("assignment_rule_edit", args=[made.pk])
    page = boss.get(url)
    checked = [
        w.data["value"] for w in page.context["form"]["people"] if w.data["selected"]
    ]
    assert sorted(int(str(value)) for value in checked) == [cast.ben.pk, cast.carl.pk]
    sent = form(
        name="Dutch",
        people=[cast.carl.pk],
        condition='{"field": "country", "op": "eq", "value": "BE"}',
        version=made.version,
    )
    assert boss.post(url, sent).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.people, made.active) == ("Dutch", [cast.carl.pk], False)
    assert boss.post(url, sent).status_code == 412


def test_order_by_drag_by_menu_and_out_of_date(boss, main, rule, cast):
    one, two, three = (rule(main, people=[cast.ben]) for _ in range(3))
    url = set_url(main, "assignment_rule_order")
    answer = boss.post(url, {"order": f"{three.pk},{one.pk},{two.pk}"})
    assert answer.status_code == 200
    assert [line["rule"] for line in answer.context["lines"]] == [three, one, two]
    boss.post(reverse("assignment_rule_up", args=[two.pk]))
    boss.post(reverse("assignment_rule_down", args=[three.pk]))
    ids = list(main.rules.values_list("pk", flat=True))
    assert ids == [two.pk, three.pk, one.pk]
    boss.post(reverse("assignment_rule_delete", args=[one.pk]))
    answer = boss.post(url, {"order": f"{three.pk},{one.pk},{two.pk}"})
    assert answer.status_code == 409
    assert "Load the page again" in answer.content.decode()


def test_dry_run_promises_what_the_run_then_does(boss, main, rule, cast):
    Lead.objects.all().delete()
    rule(main, people=[cast.ben, cast.carl], condition=country("NL"))
    RuleSet.objects.update(fallback_owner=cast.sales_manager)
    for number in range(7):
        LeadFactory(country="NL" if number < 5 else "BE", sales_ready=True)
    LeadFactory()
    url = set_url(main, "assignment_dry_run")
    page = boss.get(url)
    assert (page.context["number"], page.context["fallbacks"]) == (7, 2)
    promised = {line["lead"].pk: line["after"].pk for line in page.context["examples"]}
    assert Lead.objects.filter(owner=None).count() == 8, "nothing was changed"

    answer = boss.post(url, {"asked": "1", "ready": "1"})
    job = Job.objects.get()
    assert answer.url == reverse("job", args=[job.pk])
    run_to_end(job)
    got = dict(Lead.objects.exclude(owner=None).values_list("pk", "owner"))
    assert got == promised
    assert job.result["assigned"] == 5
    assert job.result["to the fallback owner"] == 2
    assert job.problem_count == 2


def test_dry_run_of_rules_that_are_off(boss, main, rule, cast):
    rule(main, people=[cast.ben])
    RuleSet.objects.update(active=False)
    LeadFactory(sales_ready=True)
    url = set_url(main, "assignment_dry_run")
    assert boss.get(url).context["number"] == 1
    answer = boss.post(url, {"asked": "1", "ready": "1"})
    assert answer.status_code == 409
    assert not Job.objects.exists()


def test_alert_stands_on_the_page_until_it_is_noted(boss, main, rule, cast):
    lead = LeadFactory()
    leads_assign(lead_ids=[lead.pk], moment=MOMENT.ON_DEMAND)
    page = boss.get(set_url(main)).content.decode()
    assert "lead came for which no rule had somebody" in page
    assert "Waiting for an owner" in boss.get(reverse("home")).content.decode()
    boss.post(set_url(main, "assignment_rule_set_dismiss"))
    assert "came for which" not in boss.get(set_url(main)).content.decode()


def test_availability_and_days_off(boss, cast):
    url = reverse("assignment_availability", args=[cast.ben.pk])
    sent = {"takes_leads": "on", "capacity": "40", "time_zone": "Europe/Brussels"}
    sent |= {"from_0": "09:00", "to_0": "17:30"}
    assert boss.post(url, sent).status_code == 302
    row = Availability.objects.get(user=cast.ben)
    assert (row.capacity, row.hours[0], row.hours[1]) == (40, ["09:00", "17:30"], None)
    answer = boss.post(url, sent | {"to_0": ""})
    assert "Give both times" in answer.content.decode()
    off = reverse("assignment_day_off_add", args=[cast.ben.pk])
    boss.post(off, {"first": "2027-03-02", "last": "2027-03-05"})
    day = DayOff.objects.get()
    assert (
        boss.post(off, {"first": "2027-03-05", "last": "2027-03-02"}).status_code == 400
    )
    page = boss.get(reverse("assignment_people")).content.decode()
    assert "Mon 09:00 to 17:30" in page
    assert 'of <span class="num">40' in page
    boss.post(reverse("assignment_day_off_remove", args=[day.pk]))
    assert not DayOff.objects.exists()


def test_seller_sees_why_but_no_rules(seller, main, rule, cast):
    rule(main, people=[cast.ben], condition=country("NL"), name="Dutch leads")
    lead = LeadFactory(country="NL")
    leads_assign(lead_ids=[lead.pk], moment=MOMENT.ON_DEMAND)
    page = seller.get(reverse("lead", args=[lead.pk])).content.decode()
    assert "Why this owner" in page
    assert "Dutch leads" in page
    assert set_url(main) not in page
    for name in ("assignment_rule_sets", "assignment_people"):
        assert seller.get(reverse(name)).status_code == 403
    for name in ("assignment_rule_set", "assignment_dry_run"):
        assert seller.get(set_url(main, name)).status_code == 403


def test_reader_of_rules_changes_none(client, cast, main, rule):
    made = rule(main, people=[cast.ben])
    client.force_login(cast.ann, backend=BACKEND)
    assert client.get(set_url(main)).status_code == 200
    for name in ("activate", "deactivate", "dismiss", "delete"):
        assert (
            client.post(set_url(main, f"assignment_rule_set_{name}")).status_code == 403
        )
    order = set_url(main, "assignment_rule_order")
    assert client.post(order, {"order": "1"}).status_code == 403
    for name in ("up", "down", "delete"):
        url = reverse(f"assignment_rule_{name}", args=[made.pk])
        assert client.post(url).status_code == 403
    url = reverse("assignment_rule_edit", args=[made.pk])
    assert client.get(url).status_code == 403


def test_one_lead_and_a_selection_from_the_list(boss, main, rule, cast):
    rule(main, people=[cast.ben])
    lead, other, owned = LeadFactory(), LeadFactory(), LeadFactory(owner=cast.carl)
    Lead.objects.filter(pk=owned.pk).update(team=cast.nordics)
    boss.post(reverse("lead_assign_by_rules", args=[lead.pk]))
    lead.refresh_from_db()
    assert lead.owner == cast.ben
    ids = {"ids": [other.pk, owned.pk], "action": "assign_by_rules"}
    answer = boss.post(f"{reverse('lead_list')}?view=open", ids)
    assert answer.status_code == 200
    other.refresh_from_db()
    owned.refresh_from_db()
    assert (other.owner, owned.owner) == (cast.ben, cast.carl)
    assert "A salesperson has this lead." in answer.content.decode()


def test_seller_may_not_let_rules_decide_about_others_leads(seller, main, rule, cast):
    rule(main, people=[cast.carl])
    unowned, others = LeadFactory(), LeadFactory(owner=cast.carl, team=cast.nordics)
    for lead, status in ((unowned, 403), (others, 404)):
        url = reverse("lead_assign_by_rules", args=[lead.pk])
        assert seller.post(url).status_code == status
    assert not Given.objects.exists()


# API ----------------------------------------------------------------------------------


def test_api_from_set_to_answer(api, cast):
    boss = api(cast.sales_manager)
    made = boss.post("/api/v1/assignment-rule-sets/", {"name": "All"}).json()
    rules = "/api/v1/assignment-rules/"
    body = {"rule_set": made["id"], "name": "Dutch", "people": [cast.ben.pk]}
    body |= {"condition": country("NL"), "available_within": None}
    first = boss.post(rules, body).json()
    body |= {"name": "Rest", "condition": {}, "people": [cast.carl.pk]}
    second = boss.post(rules, body).json()
    assert (first["position"], second["position"]) == (1, 2)
    url = f"/api/v1/assignment-rule-sets/{made['id']}"
    order = {"order": [second["id"], first["id"]]}
    assert boss.post(f"{url}/order/", order).status_code == 200
    assert boss.post(f"{url}/order/", {"order": [first["id"]]}).status_code == 409
    assert boss.post(f"{url}/activate/").json()["active"] is True
    assert boss.post(f"{url}/activate/").status_code == 409

    lead = LeadFactory(country="NL", sales_ready=True)
    foreseen = boss.post(f"{url}/dry-run/", {}).json()
    assert foreseen["results"][0]["owner"] == cast.carl.pk
    answer = boss.post(f"/api/v1/leads/{lead.pk}/assign-by-rules/", {}).json()
    assert (answer["done"], answer["owner"]) == (True, cast.carl.pk)
    (why,) = boss.get(f"/api/v1/leads/{lead.pk}/assignments/").json()
    assert (why["rule_name"], why["place"], why["moment"]) == ("Rest", 1, "on_demand")
    again = boss.post(f"/api/v1/leads/{lead.pk}/assign-by-rules/", {}).json()
    assert (again["done"], again["code"]) == (False, "has_owner")
    many = {"leads": [lead.pk, 10**9], "take_away": True}
    got = boss.post("/api/v1/leads/assign-by-rules/", many).json()
    assert (got["done"], got["refused"]) == (1, 1)
    assert boss.post(f"{url}/run/", {}).status_code == 202
    assert boss.post(f"{url}/run/", {}).status_code == 409
    assert boss.delete(f"{url}/").status_code == 409


def test_api_availability_and_days_off(api, cast):
    boss = api(cast.sales_manager)
    made = boss.post(
        "/api/v1/availability/",
        {"user": cast.ben.pk, "capacity": 5, "hours": [["09:00", "17:00"]] * 7},
    )
    assert made.status_code == 201
    url = f"/api/v1/availability/{made.json()['id']}/"
    wrong = boss.patch(url, {"hours": [["09:00"]]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["attr"] == "hours"
    day = {"user": cast.ben.pk, "first": "2027-01-04", "last": "2027-01-02"}
    assert boss.post("/api/v1/days-off/", day).status_code == 400
    assert (
        boss.post("/api/v1/days-off/", day | {"last": "2027-01-08"}).status_code == 201
    )
    assert api(cast.ann).patch(url, {"capacity": 1}).status_code == 403
    assert boss.delete(url).status_code == 204


def test_assignments_of_unseen_leads_are_not_there(api, cast, main, rule):
    rule(main, people=[cast.carl])
    lead = LeadFactory(owner=None, team=cast.nordics)
    leads_assign(lead_ids=[lead.pk], moment=MOMENT.ON_DEMAND)
    assert api(cast.ben).get(f"/api/v1/leads/{lead.pk}/assignments/").status_code == 404
    assert api(cast.ben).get("/api/v1/assignments/").status_code == 403
    found = api(cast.sales_manager).get(f"/api/v1/assignments/?lead={lead.pk}").json()
    assert len(found["results"]) == 1


# Cost ---------------------------------------------------------------------------------


def test_page_of_a_set_costs_the_same_for_one_rule_and_ten(
    boss, main, rule, cast, django_assert_max_num_queries
):
    for number in (1, 10):
        while main.rules.count() < number:
            rule(main, people=[cast.ben, cast.carl])
        leads_assign(
            lead_ids=[LeadFactory().pk for _ in range(number)], moment=MOMENT.ON_DEMAND
        )
        with django_assert_max_num_queries(24):
            assert boss.get(set_url(main)).status_code == 200
        with django_assert_max_num_queries(24):
            assert boss.get(reverse("assignment_people")).status_code == 200
