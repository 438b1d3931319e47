"""Bulk actions as jobs, the tray, and what becomes newer on open pages."""

from urllib.parse import parse_qs, urlparse

import pytest
from django.urls import reverse

from core.jobs.models import Job
from core.jobs.running import run_chunk, run_to_end
from core.ui import bulk
from crm.models import Contact, Lead
from tests.factories import ContactFactory, LeadFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch):
    """Make three rows many."""
    monkeypatch.setattr("core.ui.list_bulk.AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHUNK", 2)


def start(client, query="view=open&city__contains=gent", **data):
    answer = client.post(
        f"{reverse('lead_list')}?{query}", {"action": "assign", "all": "1", **data}
    )
    assert answer.status_code == 204
    return answer


def test_many_rows_are_changed_by_a_job_in_the_listed_view_only(client, cast, few):
    LeadFactory.create_batch(5, city="Gent", owner=cast.ann)
    LeadFactory(city="Rome", owner=cast.ann)
    client.force_login(cast.admin)
    answer = start(client, owner=cast.ben.pk)
    assert "background" in answer["HX-Trigger"]
    assert not Lead.objects.filter(owner=cast.ben).exists()
    job = Job.objects.get()
    run_chunk(job.pk)
    late = LeadFactory(city="Gent", owner=cast.ann)
    run_to_end(job)
    assert job.state == "completed", job.error
    late.refresh_from_db()
    assert late.owner == cast.ann
    assert Lead.objects.filter(owner=cast.ben, city="Gent").count() == job.done == 5
    assert not Lead.objects.filter(owner=cast.ben, city="Rome").exists()
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "Completed" in page


def test_refused_rows_stand_in_the_report_of_the_job(client, cast, few):
    TagFactory(name="x")
    leads = LeadFactory.create_batch(3, city="Gent")
    Lead.objects.filter(pk=leads[0].pk).update(state="disqualified")
    client.force_login(cast.admin)
    start(
        client,
        query="view=closed",
        action="tag",
        add="x",
        all="",
        ids=[each.pk for each in leads],
    )
    job = run_to_end(Job.objects.get())
    assert (job.state, job.done, job.problem_count) == ("completed", 3, 1)
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert str(leads[0]) in page


def test_small_selection_is_done_at_once(client, cast):
    LeadFactory.create_batch(3, city="Gent")
    client.force_login(cast.admin)
    start(client, owner=cast.ben.pk)
    assert Lead.objects.filter(owner=cast.ben).count() == 3
    assert not Job.objects.exists()


def test_job_of_somebody_else_is_not_found_and_cannot_be_canceled(client, cast, few):
    LeadFactory.create_batch(3, city="Gent")
    client.force_login(cast.admin)
    start(client, owner=cast.ben.pk)
    url = reverse("job", args=[Job.objects.get().pk])
    client.force_login(cast.ben)
    assert client.get(url).status_code == 404
    assert client.post(url, {"deed": "cancel"}).status_code == 404
    assert (
        str(Job.objects.get()) not in client.get(reverse("job_list")).content.decode()
    )


def test_canceled_job_changes_nothing_and_can_go_on(client, cast, few):
    LeadFactory.create_batch(3, city="Gent")
    client.force_login(cast.admin)
    start(client, owner=cast.ben.pk)
    job = Job.objects.get()
    client.post(reverse("job", args=[job.pk]), {"deed": "cancel"})
    assert run_to_end(job).state == "canceled"
    assert not Lead.objects.filter(owner=cast.ben).exists()
    client.post(reverse("job", args=[job.pk]), {"deed": "retry"})
    assert run_to_end(job).state == "completed"
    assert Lead.objects.filter(owner=cast.ben).count() == 3


def test_tray_asks_again_only_while_a_job_runs_and_says_when_it_ended(
    client, cast, few
):
    client.force_login(cast.admin)
    tray = client.get(reverse("job_tray")).content.decode()
    assert "every 2s" not in tray
    LeadFactory.create_batch(3, city="Gent")
    start(client, owner=cast.ben.pk)
    job = Job.objects.get()
    assert "every 2s" in client.get(reverse("job_tray")).content.decode()
    run_to_end(job)
    answer = client.get(reverse("job_tray"), {"known": f"{job.pk}."})
    assert "every 2s" not in answer.content.decode()
    assert "completed" in answer["HX-Trigger"]


def news_of(client, url):
    """What an open page would be told now."""
    page = client.get(url).content.decode()
    start = page.index("part=news")
    asked = page[page.rindex('hx-get="', 0, start) + 8 :].split('"')[0]
    asked = asked.replace("&amp;", "&")
    path = urlparse(url).path
    return lambda: client.get(path, parse_qs(urlparse(asked).query))


def test_open_list_is_told_of_new_and_changed_rows_of_its_view(client, cast):
    old = LeadFactory(city="Gent")
    client.force_login(cast.ann)
    news = news_of(client, reverse("lead_list") + "?view=open&city__contains=gent")
    assert "HX-Trigger" not in news()
    LeadFactory(city="Rome")
    assert "HX-Trigger" not in news()
    LeadFactory(city="Gent")
    assert "1 new lead" in news()["HX-Trigger"]
    Lead.objects.exclude(pk=old.pk).delete()
    Lead.objects.filter(pk=old.pk).update(city="Gent 2")
    assert "changed" in news()["HX-Trigger"]


def test_open_list_is_told_nothing_of_rows_one_may_not_see(client, cast):
    client.force_login(cast.ben)
    news = news_of(client, reverse("lead_list") + "?view=open")
    LeadFactory(owner=cast.carl, team=cast.nordics)
    assert "HX-Trigger" not in news()
    LeadFactory(owner=cast.ben, team=cast.benelux)
    assert "1 new lead" in news()["HX-Trigger"]


def test_open_record_says_who_changed_it_but_not_oneself(client, cast):
    contact = ContactFactory(city="Gent", owner=cast.ann)
    url = reverse("contact", args=[contact.pk])
    client.force_login(cast.ann)
    news = news_of(client, url)
    assert news().status_code == 204
    client.post(url, {"field": "city", "city": "Brugge"})
    assert "Changed by" not in news().content.decode()
    client.force_login(cast.admin)
    client.post(url, {"field": "city", "city": "Utrecht"})
    client.force_login(cast.ann)
    told = news()
    assert f"Changed by {cast.admin}" in told.content.decode()
    assert "record:news" in told["HX-Trigger"]
    assert Contact.objects.get().city == "Utrecht"


@pytest.mark.parametrize("seen", ["", "x", "1-x.99999999999999999999-1", "1"])
def test_bad_news_parameters_never_break_a_list(client, cast, seen):
    client.force_login(cast.admin)
    for since in ("", "never", "2026-01-01", "2026-01-01T00:00:00Z"):
        data = {"part": "news", "since": since, "seen": seen}
        assert client.get(reverse("lead_list"), data).status_code == 204
