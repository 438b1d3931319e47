"""The Django admin is another door: the same rows, rights and services."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from core.access.models import Grant, Role
from core.journal.models import Entry
from crm.models import Lead
from scoring.models import LeadScore, ScoringModel
from segments.models import Membership, Segment
from tests.conftest import ROOMS
from tests.factories import ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def test_every_model_is_registered():
    ours = [m for m in apps.get_models() if m.__module__.split(".")[0] in ROOMS]
    views = {m._meta.db_table for m in admin.site._registry}
    missing = [
        m._meta.label
        for m in ours
        if not admin.site.is_registered(m)
        and not m._meta.auto_created
        # Django's admin has no way to name a row of two columns: a view does.
        and not (m._meta.is_composite_pk and f"{m._meta.db_table}_listed" in views)
    ]
    assert missing == []


def test_the_door_opens_for_every_role_and_for_nobody_else(client, cast):
    for user in cast.by_role().values():
        client.force_login(user, backend=BACKEND)
        assert client.get("/admin/").status_code == 200, user
    client.force_login(cast.nobody, backend=BACKEND)
    assert client.get("/admin/").status_code == 302


def test_lists_open_for_whoever_may_read(client, cast):
    LeadFactory(parent_contact=ContactFactory(), owner=cast.ben, team=cast.benelux)
    client.force_login(cast.admin, backend=BACKEND)
    for model in admin.site._registry:
        if model.__module__.split(".")[0] not in ROOMS:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        answer = client.get(reverse(name), {"q": "a"})
        assert answer.status_code == 200, model


def test_only_the_own_rows_are_there(client, cast):
    mine = LeadFactory(topic="Mine", owner=cast.ben, team=cast.benelux)
    theirs = LeadFactory(topic="Theirs", owner=cast.carl, team=cast.nordics)
    client.force_login(cast.ben, backend=BACKEND)
    page = client.get("/admin/crm/lead/").content.decode()
    assert "Mine" in page
    assert "Theirs" not in page
    assert client.get(f"/admin/crm/lead/{mine.pk}/change/").status_code == 200
    assert client.get(f"/admin/crm/lead/{theirs.pk}/change/").status_code == 302
    assert client.get("/admin/access/role/").status_code == 403


def test_a_change_goes_through_the_service_and_names_its_actor(client, cast):
    lead = LeadFactory(topic="Old", last_name="Wong", lead_source="")
    client.force_login(cast.ann, backend=BACKEND)
    url = f"/admin/crm/lead/{lead.pk}/change/"
    form = client.get(url).context["adminform"].form
    data = {k: v for k, v in form.initial.items() if v is not None}
    data |= {"topic": "New", "lead_source": "google", "custom": "{}", "tags": ""}
    data["profile_links"] = ""
    answer = client.post(url, data)
    assert answer.status_code == 302, answer.context["errors"]
    lead.refresh_from_db()
    assert (lead.topic, lead.lead_source) == ("New", "Google")
    entry = Entry.objects.filter(name="lead.updated").latest("id")
    assert (entry.actor_id, entry.via) == (cast.ann.pk, "admin")
    data["lead_source"] = "Pigeon"
    refused = client.post(url, data, follow=True)
    assert "Pigeon" in refused.content.decode()
    assert Lead.objects.get().lead_source == "Google"


def test_closed_lead_and_shipped_role_are_fixed(client, cast):
    lead = LeadFactory(state="qualified", status_reason="qualified")
    client.force_login(cast.admin, backend=BACKEND)
    page = client.get(f"/admin/crm/lead/{lead.pk}/change/").content.decode()
    assert "_save" not in page
    grant = Grant.objects.filter(role=Role.objects.get(key="marketer")).first()
    client.post(f"/admin/access/grant/{grant.pk}/delete/", {"post": "yes"})
    assert Grant.objects.filter(pk=grant.pk).exists()


def test_only_the_admin_may_evaluate(client, cast):
    client.force_login(cast.admin, backend=BACKEND)
    assert "'unsafe-eval'" in client.get("/admin/")["Content-Security-Policy"]
    docs = client.get("/api/docs/")
    assert "unsafe-eval" not in docs["Content-Security-Policy"]


def form_data(client, url):
    """What a browser would send back unchanged."""
    form = client.get(url).context["adminform"].form
    data = {k: v for k, v in form.initial.items() if v is not None}
    return data | {"custom": "{}", "tags": "", "profile_links": ""}


def test_a_refused_change_keeps_what_was_typed(client, cast):
    """The error stands at its field; nothing is written and nothing is lost."""
    lead = LeadFactory(topic="Old", last_name="Wong")
    client.force_login(cast.ann, backend=BACKEND)
    url = f"/admin/crm/lead/{lead.pk}/change/"
    data = form_data(client, url)
    data |= {"topic": "Typed with care", "lead_source": "Pigeon"}
    answer = client.post(url, data)
    form = answer.context["adminform"].form
    assert answer.status_code == 200
    assert "Pigeon" in form.errors["lead_source"][0]
    assert 'value="Typed with care"' in answer.content.decode()
    assert Lead.objects.get().topic == "Old"


@pytest.mark.parametrize(
    ("model", "factory", "field"),
    [("lead", LeadFactory, "topic"), ("contact", ContactFactory, "last_name")],
)
def test_who_saves_last_does_not_overwrite_unseen(client, cast, model, factory, field):
    record = factory()
    client.force_login(cast.admin, backend=BACKEND)
    url = f"/admin/crm/{model}/{record.pk}/change/"
    data = form_data(client, url)
    type(record).objects.filter(pk=record.pk).update(**{field: "By a colleague"})
    answer = client.post(url, data | {field: "Mine"})
    assert answer.status_code == 200
    assert "Somebody changed this meanwhile" in answer.content.decode()
    record.refresh_from_db()
    assert getattr(record, field) == "By a colleague"
    data = form_data(client, url)
    assert client.post(url, data | {field: "Mine"}).status_code == 302
    record.refresh_from_db()
    assert getattr(record, field) == "Mine"


def test_pairs_are_shown_as_far_as_one_sees_both(client, cast):
    """A membership and a score have no key of one column; the admin lists them so."""
    model = ScoringModel.objects.create(name="Interest")
    for owner, team, name in (
        (cast.ben, cast.benelux, "Mine"),
        (cast.carl, cast.nordics, "Theirs"),
    ):
        lead = LeadFactory(owner=owner, team=team, last_name=name, topic="")
        LeadScore.objects.create(lead=lead, model=model, score=7, breakdown={"1": 7})
    client.force_login(cast.ben, backend=BACKEND)
    page = client.get("/admin/scoring/leadscorelisted/").content.decode()
    assert "Mine" in page
    assert "Theirs" not in page
    mine, theirs = (Lead.objects.get(last_name=n).pk for n in ("Mine", "Theirs"))
    url = "/admin/scoring/leadscorelisted/{}-{}/change/"
    assert client.get(url.format(mine, model.pk)).status_code == 200
    assert client.get(url.format(theirs, model.pk)).status_code == 302
    assert client.get("/admin/scoring/leadscorelisted/x/change/").status_code == 302
    segment = Segment.objects.create(name="Fair", kind="static")
    contact = ContactFactory(last_name="Somebody")
    Membership.objects.create(segment=segment, contact=contact, added_by=cast.ann)
    page = client.get("/admin/segments/membershiplisted/").content.decode()
    assert "Somebody" in page
