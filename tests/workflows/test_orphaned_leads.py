"""The shipped workflow that gives orphaned leads their contacts."""

from __future__ import annotations

import pytest

from core.base.errors import Refused
from core.jobs.running import run_to_end
from core.journal.services import acting
from crm.models import Contact, Lead
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.workflows.conftest import settle
from workflows.models import Run, Workflow
from workflows.services.definition import workflow_activate
from workflows.services.on_demand import workflow_dry_run, workflow_run_start
from workflows.shipped import ORPHANED_LEADS, ensure_shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(db):
    ensure_shipped()
    return Workflow.objects.get(key=ORPHANED_LEADS)


def run_on_demand(workflow, cast):
    with acting(cast.ann, via="test"):
        job = workflow_run_start(workflow_id=workflow.pk, user=cast.ann)
    return run_to_end(job)


def test_it_is_shipped_inactive_and_shipping_again_changes_nothing(workflow):
    assert workflow.state == "inactive"
    Workflow.objects.filter(pk=workflow.pk).update(description="Ours")
    ensure_shipped()
    assert Workflow.objects.get(key=ORPHANED_LEADS).description == "Ours"


def test_new_orphaned_lead_gets_a_marketing_only_contact_once_active(workflow, cast):
    before = LeadFactory()
    workflow_activate(workflow_id=workflow.pk, user=cast.admin)
    settle()
    lead = LeadFactory(do_not_email=True)
    settle()
    lead.refresh_from_db()
    assert lead.parent_contact.marketing_only
    assert lead.parent_contact.email == lead.email
    assert lead.parent_contact.do_not_email
    before.refresh_from_db()
    assert before.parent_contact is None


class TestOnDemand:
    def test_every_existing_orphan_gets_one_and_a_second_run_none(self, workflow, cast):
        shared = [LeadFactory(email="info@example.com") for _ in range(3)]
        alone = LeadFactory(email="")
        known = ContactFactory(email="known@example.com")
        matched = LeadFactory(email=" Known@Example.com")
        job = run_on_demand(workflow, cast)
        assert (job.state, job.done) == ("completed", 5)
        assert not Lead.objects.orphaned().exists()
        assert len({Lead.objects.get(pk=x.pk).parent_contact_id for x in shared}) == 1
        assert Lead.objects.get(pk=matched.pk).parent_contact_id == known.pk
        assert Lead.objects.get(pk=alone.pk).parent_contact.marketing_only
        assert not Contact.objects.get(pk=known.pk).marketing_only
        assert job.result["contacts_created"] == 2
        assert job.result["contacts_matched"] == 3
        assert run_on_demand(workflow, cast).done == 0
        assert Contact.objects.count() == 3

    def test_who_is_not_orphaned_open_or_named_is_left_out(self, workflow, cast):
        LeadFactory(parent_account=AccountFactory())
        LeadFactory(parent_contact=ContactFactory())
        LeadFactory(state="disqualified", status_reason="lost")
        LeadFactory(email="", first_name="", last_name="")
        assert run_on_demand(workflow, cast).done == 0

    def test_dry_run_counts_lists_and_says_who_is_left_out(self, workflow):
        leads = [LeadFactory(email="info@example.com") for _ in range(2)]
        LeadFactory(email="", first_name="", last_name="")
        found = workflow_dry_run(workflow=workflow)
        assert (found.count, found.examples) == (2, [lead.pk for lead in leads])
        assert found.preview.figures["New contacts"] == 1
        assert sum(found.preview.skipped.values()) == 1
        assert not Contact.objects.exists()
        assert not Run.objects.exists()

    def test_one_job_at_a_time(self, workflow, cast):
        LeadFactory()
        workflow_run_start(workflow_id=workflow.pk, user=cast.ann)
        with pytest.raises(Refused):
            workflow_run_start(workflow_id=workflow.pk, user=cast.ann)
