"""Reports: every number opens exactly its rows, for every role, and adds up."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal as D
from urllib.parse import urlsplit

import pytest
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from core.journal.services import acting
from crm.models import Activity, Lead
from crm.pages.homes import lead_generation
from crm.services.lead_lifecycle import lead_take_over
from sales.cohorts import Scope, cohort_lines, whole_line
from sales.funnel import stages_reached
from sales.reports import lead_source_report
from sales.team_activity import team_activity
from tests.factories import (
    ActivityFactory,
    CampaignFactory,
    ContactFactory,
    LeadFactory,
    NoteFactory,
    ProductFactory,
)
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
NOW = timezone.now()


def made(lead, days):
    """Let a lead have been created so many days ago."""
    Lead.objects.filter(pk=lead.pk).update(created_at=NOW - dt.timedelta(days=days))
    return lead


@pytest.fixture
def sold(cast):
    """Leads of several sources, people, teams and months, with what they brought."""
    campaign, product = CampaignFactory(), ProductFactory()

    def lead(source, state="open", user=None, ago=0, **more):
        closed = {"closed_at": NOW, "closed_by": user} if state != "open" else {}
        team = user.team if user else None
        more |= {"lead_source": source, "state": state, "owner": user, "team": team}
        return made(LeadFactory(**more, **closed), ago)

    def won(of, value, **more):
        closed = {"state": "won", "status_reason": "won", "closed_at": NOW}
        more |= {"originating_lead": of, "owner": of.owner, "team": of.team}
        OpportunityFactory(actual_value=D(value), **closed, **more)

    ben, carl = cast.ben, cast.carl
    won(lead("Web", "qualified", ben, ago=10, campaign=campaign), "0.10")
    won(lead("web", "qualified", ben, ago=20), "0.20")
    OpportunityFactory(
        originating_lead=lead("WEB", "qualified", carl, ago=70, product=product),
        estimated_value=D(200),
        probability=50,
        owner=carl,
        team=carl.team,
    )
    # Sold by somebody else than whose lead it was.
    OpportunityFactory(
        originating_lead=lead('Fair, "A" & B', "qualified", ben, ago=3),
        estimated_value=D(7),
        owner=carl,
        team=carl.team,
    )
    lead("Web", "disqualified", ben, ago=40)
    for source in ("", "", 'Fair, "A" & B', "Ärzte", "ärzte", "50% off", "P"):
        lead(source)
    lead("", "open", carl, ago=70)
    return campaign, product


@pytest.fixture
def done(cast):
    contact = ContactFactory(owner=cast.ben, team=cast.benelux)
    about = {"regarding_type": "contact", "regarding_id": contact.pk}
    about["contact"] = contact
    for kind, number in (("phone_call", 2), ("appointment", 1), ("task", 3)):
        for _ in range(number):
            ActivityFactory(
                kind=kind,
                state="completed",
                completed_at=NOW,
                owner=cast.ben,
                **about,
            )
    ActivityFactory(kind="task", state="completed", owner=cast.carl, **about)
    Activity.objects.filter(owner=cast.carl).update(
        completed_at=NOW - dt.timedelta(days=90)
    )
    ActivityFactory(kind="task", owner=cast.ben, **about)
    NoteFactory(created_by=cast.ben, **about)
    for user in (cast.ben, cast.ben, cast.carl):
        with acting(user, "test"):
            lead_take_over(lead_id=LeadFactory(team=user.team).pk, user=user)


def linked(page):
    """Every number on the page that can be clicked, with how many rows it says."""
    rows = [*page["lines"], *([page["total"]] if page["lines"] else [])]
    rows += page.get("stages") or []
    found = [cell for row in rows for cell in row["cells"] if cell["url"]]
    found += [
        {"url": step["url"], "value": step["number"], "kind": "number"}
        for step in page.get("steps") or []
        if step["url"]
    ]
    return found


def listed(user, url):
    """The rows that the list behind this address shows to somebody."""
    page = resolve(urlsplit(url).path).func.view_class()
    request = RequestFactory().get(url)
    request.user = user
    page.setup(request)
    assert page.filterset.form.is_valid(), url
    return list(page.rows())


DAY = f"{timezone.localdate() - dt.timedelta(days=30)}"
PAGES = [
    "/reports/lead-sources/",
    f"/reports/lead-sources/?first={DAY}",
    f"/reports/lead-sources/?last={DAY}&team={{team}}",
    "/reports/lead-sources/?campaign={campaign}",
    "/reports/lead-sources/?product={product}",
    "/reports/funnel/",
    f"/reports/funnel/?by=team&first={DAY}",
    f"/reports/funnel/?by=owner&last={timezone.localdate()}",
    "/reports/funnel/?by=month&owner={owner}",
    "/reports/team-activity/",
    f"/reports/team-activity/?first={DAY}&team={{team}}",
]


@pytest.mark.parametrize(
    "role",
    [
        "administrator",
        "marketing_manager",
        "marketer",
        "sales_manager",
        "salesperson",
        "integration",
        "read_only",
    ],
)
def test_every_number_opens_exactly_its_rows(client, cast, sold, done, role):
    user = cast.by_role()[role]
    client.force_login(user, backend=BACKEND)
    campaign, product = sold
    named = {
        "team": cast.europe.pk,
        "owner": cast.ben.pk,
        "campaign": campaign.pk,
        "product": product.pk,
    }
    seen = 0
    for path in PAGES:
        page = client.get(path.format(**named))
        assert page.status_code == 200
        for cell in linked(page.context):
            rows = listed(user, cell["url"])
            if cell["kind"] == "money":
                shown = sum(row.value_base for row in rows)
                assert shown == cell["value"], (path, cell)
            else:
                assert len(rows) == cell["value"], (path, cell)
            seen += 1
    assert seen > 60


def test_sources_that_differ_in_case_are_one_and_blank_is_its_own(cast, sold):
    lines = {line.label: line for line in lead_source_report(user=cast.admin)}
    web = lines["WEB"]
    assert (web.leads, web.qualified, web.disqualified) == (4, 3, 1)
    assert (web.rate, web.win_rate) == (D("75.0"), D("100.0"))
    assert (web.won, web.won_value, web.open_value) == (2, D("0.30"), D(200))
    assert web.expected_value == D("100.30")
    assert web.days_to_qualify == D("20.0")
    assert web.days_to_win == D("15.0")
    assert lines[""].leads == 3
    assert len([label for label in lines if label.lower() == "ärzte"]) == 1
    whole = whole_line(user=cast.admin)
    assert whole.leads == sum(line.leads for line in lines.values()) == 13
    assert whole.won_value == D("0.30")


def test_months_teams_and_owners_add_up_to_the_whole(cast, sold):
    for user in (cast.admin, cast.sales_manager, cast.ben):
        whole = whole_line(user=user)
        for by in ("source", "month", "team", "owner"):
            lines = cohort_lines(user=user, by=by)
            for name in ("leads", "qualified", "opportunities", "won", "won_value"):
                total = sum(getattr(line, name) for line in lines)
                assert total == getattr(whole, name), (by, name)


def test_as_many_queries_for_one_line_as_for_ten(cast, django_assert_num_queries):
    LeadFactory(owner=cast.ben, team=cast.benelux)
    cohort_lines(user=cast.admin, by="owner")
    for by, number in (("source", 2), ("month", 2), ("team", 3), ("owner", 3)):
        with django_assert_num_queries(number):
            cohort_lines(user=cast.admin, by=by)
    for number in range(10):
        owner = cast.ben if number % 2 else cast.carl
        LeadFactory(owner=owner, team=owner.team, lead_source=f"S {number}")
    for by, number in (("source", 2), ("month", 2), ("team", 3), ("owner", 3)):
        with django_assert_num_queries(number):
            cohort_lines(user=cast.admin, by=by)
    with django_assert_num_queries(3):
        stages_reached(user=cast.admin)


def test_stages_count_those_who_were_there(client, cast):
    stays, moves = LeadFactory(), LeadFactory()
    for stage in ("automated_marketing_qualification", "inquiry", "sales_acceptance"):
        Lead.objects.filter(pk=moves.pk).update(stage=stage)
    found = {row.stage: row for row in stages_reached(user=cast.admin)}
    assert (found["inquiry"].reached, found["inquiry"].here) == (2, 1)
    assert (found["sales_acceptance"].reached, found["sales_acceptance"].here) == (1, 1)
    assert found["automated_marketing_qualification"].reached == 1
    assert stays.pk


def test_what_people_did(cast, done):
    lines = {line.pk: line.number for line in team_activity(user=cast.admin)}
    ben, carl = lines[cast.ben.pk], lines[cast.carl.pk]
    assert (ben["phone_call"], ben["appointment"], ben["task"]) == (2, 1, 3)
    assert (ben["notes"], ben["taken"]) == (1, 2)
    assert (carl["task"], carl["taken"]) == (1, 1)
    first = timezone.localdate() - dt.timedelta(days=30)
    lines = {
        line.pk: line.number for line in team_activity(user=cast.admin, first=first)
    }
    assert lines[cast.carl.pk]["task"] == 0
    of_team = team_activity(user=cast.admin, team_id=cast.nordics.pk)
    assert [line.pk for line in of_team] == [cast.carl.pk]


def test_the_rest_of_the_sources_on_the_home_opens_its_rows(cast, sold):
    request = type("Request", (), {"user": cast.ann})()
    chart = lead_generation(request)["chart"]
    seen = 0
    for piece in chart.pieces:
        number = int(piece.title.rsplit(": ", 1)[1].split(" ", 1)[0])
        assert len(listed(cast.ann, piece.url)) == number, piece
        seen += "Other sources" in piece.title
    assert seen


def test_over_the_api_the_same_numbers(api, cast, sold, done):
    client = api(cast.sales_manager)
    for path in ("lead-sources", "funnel", "funnel/?by=team", "funnel/?by=owner"):
        path = path if "?" in path else f"{path}/"
        answer = client.get(f"/api/v1/reports/{path}")
        assert answer.status_code == 200, answer.json()
        for line in [answer.json()["total"], *answer.json()["results"]]:
            asked = {**line["query"], "count": "exact"}
            assert client.get("/api/v1/leads/", asked).json()["count"] == line["leads"]
    doing = client.get("/api/v1/reports/team-activity/").json()
    assert doing["total"]["number"]["taken"] == 3
    wrong = client.get("/api/v1/reports/funnel/?by=colour")
    assert wrong.status_code == 400
    for asked in ({"leads": "colour=red"}, {"leads": "created_from=x"}):
        assert client.get("/api/v1/opportunities/", asked).status_code == 400
    other = {"lead_source__other": "Web"}
    assert client.get("/api/v1/leads/", other).status_code == 400
    other = {"lead_source__other": json.dumps(["WEB"]), "count": "exact"}
    assert client.get("/api/v1/leads/", other).json()["count"] == 9 + 3


def test_as_csv(client, cast, sold, done):
    client.force_login(cast.admin, backend=BACKEND)
    for name, line in (
        ("lead_sources", "WEB,4,0,3,1,75.0,3,2,100.0,0.30,200.00,100.30,20.0,15.0"),
        ("funnel", "All,16"),
        ("team_activity", "All,4,2,1"),
    ):
        sent = client.get(reverse(name), {"part": "export"})
        text = b"".join(sent.streaming_content).decode()
        assert line in text, text


def test_a_period_without_leads_is_empty(client, cast, sold):
    client.force_login(cast.admin, backend=BACKEND)
    for name in ("lead_sources", "funnel", "team_activity"):
        page = client.get(reverse(name), {"first": "2001-01-01", "last": "2001-01-01"})
        assert "Nothing to show" in page.content.decode()
    assert Scope(first=dt.date(2001, 1, 1)).where() == {"created_from": "2001-01-01"}
