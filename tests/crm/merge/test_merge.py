"""Several records become one with all that hangs on them, and apart again."""

import pytest

from core.base.errors import Denied, Refused
from core.journal.models import Entry
from core.journal.services import acting, record
from crm.duplicates.find import MODELS
from crm.merge.registry import references_to
from crm.merge.services import merge_undo, records_merge
from crm.models import Account, Activity, Contact, Lead, Merge, Note
from segments.models import Membership, Segment, SegmentException
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    LeadFactory,
    NoteFactory,
    TagFactory,
)

pytestmark = pytest.mark.django_db


def about(contact):
    return {"regarding_type": "contact", "regarding_id": contact.pk, "contact": contact}


@pytest.fixture
def two(cast):
    """One person twice, with everything a person can have."""
    TagFactory(name="VIP")
    keep = ContactFactory(
        first_name="Maria",
        last_name="Petersen",
        email="maria@petersen.dk",
        phone="1",
        city="Aarhus",
        owner=cast.ben,
        team=cast.benelux,
        tags=["VIP"],
        custom={"size": "L"},
        consent_level=4,
    )
    gone = ContactFactory(
        first_name="Maria",
        last_name="Pedersen",
        email="",
        job_title="Buyer",
        phone="",
        marketing_only=True,
        do_not_email=True,
        follow_email=False,
        consent_level=2,
        tags=["vip", "Fair"],
        custom={"colour": "red"},
    )
    return keep, gone


@pytest.fixture
def children(two, cast):
    keep, gone = two
    with acting(cast.ann, "test"):
        record(
            "page.visited",
            subject=("contact", gone.pk),
            contact_id=gone.pk,
            url="/pricing/",
        )
    segment = Segment.objects.create(name="Fair", kind="static", state="live")
    both = Segment.objects.create(name="Both", kind="static", state="live")
    Membership.objects.create(segment=segment, contact=gone)
    Membership.objects.create(segment=both, contact=gone)
    Membership.objects.create(segment=both, contact=keep)
    SegmentException.objects.create(segment=segment, contact=gone, mode="never")
    return {
        "lead": LeadFactory(parent_contact=gone, state="disqualified"),
        "activity": ActivityFactory(**about(gone)),
        "note": NoteFactory(**about(gone)),
        "ward": ContactFactory(guardian=gone),
        "account": AccountFactory(primary_contact=gone),
        "segment": segment,
        "both": both,
    }


def merged(keep, *others, user, **more):
    with acting(user, "test"):
        return records_merge(
            entity="contact",
            survivor=keep.pk,
            merged=[each.pk for each in others],
            user=user,
            **more,
        )


def everything():
    """What the database says, but for stamps and the journal."""
    state = {}
    for model in (Contact, Account, Lead, Activity, Note, Membership, SegmentException):
        names = [
            f.attname
            for f in model._meta.concrete_fields
            if f.name not in ("version", "updated_at", "pk")
        ]
        rows = model.objects.values_list(*names)
        state[model.__name__] = sorted(map(repr, rows))
    links = Entry.objects.filter(name="page.visited").values_list("pk", "contact_id")
    state["visits"] = sorted(links)
    return state


def test_values_children_and_history_become_those_of_the_survivor(two, children, cast):
    keep, gone = two
    merged(keep, gone, user=cast.ann)
    keep.refresh_from_db()
    assert not Contact.objects.filter(pk=gone.pk).exists()
    assert (keep.last_name, keep.email) == ("Pedersen", "maria@petersen.dk")
    assert (keep.job_title, keep.phone, keep.city) == ("Buyer", "1", "Aarhus")
    assert (keep.owner, keep.team) == (cast.ben, cast.benelux)
    assert keep.tags == ["VIP", "Fair"]
    assert keep.custom == {"size": "L", "colour": "red"}
    # The stricter wins; sales knew one of them.
    assert keep.do_not_email
    assert not keep.follow_email
    assert keep.consent_level == 2
    assert not keep.marketing_only
    for key in ("activity", "note"):
        children[key].refresh_from_db()
        assert children[key].contact == keep
        assert children[key].regarding_id == keep.pk
    for key, name in (
        ("lead", "parent_contact"),
        ("ward", "guardian"),
        ("account", "primary_contact"),
    ):
        children[key].refresh_from_db()
        assert getattr(children[key], name) == keep
    assert {m.segment for m in keep.memberships.all()} == {
        children["segment"],
        children["both"],
    }
    assert SegmentException.objects.get().contact == keep
    assert Entry.objects.get(name="page.visited").contact_id == keep.pk
    assert Entry.objects.filter(name="identity.joined", contact_id=keep.pk).exists()
    entry = Entry.objects.get(name="contact.merged")
    assert (entry.actor_id, entry.data["merged"]) == (cast.ann.pk, [gone.pk])


def test_undo_brings_every_value_and_every_child_back(two, children, cast):
    keep, gone = two
    keep.guardian = gone
    keep.save()
    before = everything()
    merge = merged(keep, gone, user=cast.ann)
    assert everything() != before
    with acting(cast.ann, "test"):
        merge_undo(merge=merge, user=cast.ann)
    assert everything() == before
    with pytest.raises(Refused, match="undone already"):
        merge_undo(merge=merge, user=cast.ann)


def test_undo_is_refused_once_something_contradicts(two, cast):
    keep, gone = two
    merge = merged(keep, gone, user=cast.ann)
    Contact.objects.filter(pk=keep.pk).update(job_title="Head of buying")
    with pytest.raises(Refused) as refused:
        merge_undo(merge=merge, user=cast.ann)
    assert refused.value.extra == {"fields": ["job_title"]}
    # What the merge did not touch may change.
    Contact.objects.filter(pk=keep.pk).update(job_title="Buyer", country="Denmark")
    merge_undo(merge=merge, user=cast.ann)
    keep.refresh_from_db()
    assert (keep.job_title, keep.country) == ("", "Denmark")


def test_what_moved_on_since_stays_where_it_is(two, children, cast):
    keep, gone = two
    other = ContactFactory()
    merge = merged(keep, gone, user=cast.ann)
    Lead.objects.filter(pk=children["lead"].pk).update(parent_contact=other)
    children["note"].delete()
    merge_undo(merge=merge, user=cast.ann)
    children["lead"].refresh_from_db()
    assert children["lead"].parent_contact == other
    children["activity"].refresh_from_db()
    assert children["activity"].contact == gone


def test_each_field_can_be_chosen(two, cast):
    keep, gone = two
    merged(
        keep,
        gone,
        user=cast.ann,
        choices={"last_name": keep.pk, "city": gone.pk, "custom.size": gone.pk},
    )
    keep.refresh_from_db()
    assert (keep.last_name, keep.city) == ("Petersen", "")
    assert keep.custom == {"colour": "red"}


def test_more_than_two_and_a_chain_lead_to_the_last_one(api, cast):
    a, b, c, d = ContactFactory.create_batch(4)
    merged(b, a, user=cast.ann)
    last = merged(d, b, c, user=cast.ann)
    client = api(cast.ann)
    for old in (a, b, c):
        shown = client.get(f"/api/v1/contacts/{old.pk}/").json()
        assert (shown["id"], shown["merged_from"]) == (d.pk, old.pk)
        answer = client.patch(f"/api/v1/contacts/{old.pk}/", {"city": "x"}, "json")
        assert answer.status_code == 409
        assert answer.json()["survivor"] == d.pk
        page = client.get(f"/contacts/{old.pk}/")
        assert page.headers["Location"].startswith(f"/contacts/{d.pk}/")
    assert "merged_from" not in client.get(f"/api/v1/contacts/{d.pk}/").json()
    merge_undo(merge=last, user=cast.ann)
    assert client.get(f"/api/v1/contacts/{a.pk}/").json()["id"] == b.pk
    assert client.get(f"/api/v1/contacts/{c.pk}/").json()["id"] == c.pk


def test_accounts_and_leads(cast):
    a, b = AccountFactory(name="A"), AccountFactory(name="A GmbH", city="Bonn")
    person = ContactFactory(account=b)
    one, two = LeadFactory(parent_account=b, budget="10.50"), LeadFactory(city="Bonn")
    merges = [
        records_merge(entity="account", survivor=a.pk, merged=[b.pk], user=cast.admin),
        records_merge(entity="lead", survivor=two.pk, merged=[one.pk], user=cast.admin),
    ]
    for each in (a, person, two):
        each.refresh_from_db()
    assert (a.city, person.account, two.parent_account) == ("Bonn", a, a)
    assert str(two.budget) == "10.50"
    for merge in reversed(merges):
        merge_undo(merge=merge, user=cast.admin)
    for each in (a, person, one, two):
        each.refresh_from_db()
    assert (a.city, person.account, one.parent_account) == ("", b, b)
    assert two.budget is None


def test_what_is_refused(two, cast):
    keep, gone = two
    with pytest.raises(Denied):
        merged(keep, gone, user=cast.ben)
    with pytest.raises(Refused) as refused:
        merged(keep, Contact(pk=10**9), user=cast.ann)
    assert refused.value.code == "gone"
    open_lead, closed = LeadFactory(), LeadFactory(state="qualified")
    with pytest.raises(Refused) as refused:
        records_merge(
            entity="lead", survivor=open_lead.pk, merged=[closed.pk], user=cast.admin
        )
    assert refused.value.code == "lead_closed"
    assert not Merge.objects.exists()


def test_over_the_api(api, two, cast):
    keep, gone = two
    url = f"/api/v1/contacts/{keep.pk}/merge/"
    client = api(cast.ann)
    body = {"records": [gone.pk], "dry_run": True}
    planned = client.post(url, body, "json").json()["values"]
    assert (planned["job_title"], planned["phone"]) == (gone.pk, keep.pk)
    for bad, attr in (
        ({"records": [10**9]}, "records[0]"),
        ({"records": [keep.pk]}, "records"),
        ({"records": [gone.pk], "values": {"colour": gone.pk}}, "values.colour"),
        ({"records": [gone.pk], "values": {"city": 10**9}}, "values.city"),
    ):
        answer = client.post(url, bad, "json")
        assert answer.status_code == 400, answer.json()
        assert answer.json()["errors"][0]["attr"] == attr
    answer = client.post(url, {"records": [gone.pk]}, "json")
    assert (answer.status_code, answer.json()["id"]) == (200, keep.pk)
    merge = client.get(f"/api/v1/merges/{answer.json()['merge']}/").json()
    assert merge["merged_ids"] == [gone.pk]
    undone = client.post(f"/api/v1/merges/{merge['id']}/undo/")
    assert undone.json()["undone_by"] == cast.ann.pk
    assert client.get(f"/api/v1/contacts/{gone.pk}/").json()["id"] == gone.pk


def test_by_the_pages(client, two, cast):
    keep, gone = two
    client.force_login(cast.ann, backend="django.contrib.auth.backends.ModelBackend")
    url = f"/merge/contact/?ids={keep.pk},{gone.pk}"
    page = client.get(url)
    assert b"Pedersen" in page.content
    assert b"Do not allow, as one of them says" in page.content
    sent = {"ids": [keep.pk, gone.pk], "primary": keep.pk, "take:last_name": keep.pk}
    answer = client.post("/merge/contact/", sent)
    assert answer.headers["Location"] == f"/contacts/{keep.pk}/"
    keep.refresh_from_db()
    assert keep.last_name == "Petersen"
    assert b"/undo/" in client.get(f"/contacts/{keep.pk}/").content
    merge = Merge.objects.get()
    client.post(f"/merges/{merge.pk}/undo/")
    assert Contact.objects.filter(pk=gone.pk).exists()


def test_nothing_points_to_a_record_unseen():
    """Whatever an app hangs on a customer by a foreign key follows a merge."""
    for entity, model in MODELS.items():
        known = {(r.model, r.column) for r in references_to(entity, model)}
        for each in model._meta.related_objects:
            assert (each.related_model, each.field.attname) in known
