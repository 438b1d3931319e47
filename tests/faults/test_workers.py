"""Workers killed outright, Redis emptied and restarted: the same end as undisturbed."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.files.base import ContentFile

from core.access.models import User
from core.jobs.models import Job
from core.jobs.running import run_to_end
from core.journal.models import Entry
from core.journal.services import acting
from crm.imports.jobs import import_enqueue
from crm.imports.services import import_create
from crm.models import Contact, Import, Lead
from tests.factories import ContactFactory, LeadFactory
from tests.faults.stack import eventually
from tests.flows import x_education_shape as shape
from workflows.models import Run, Workflow
from workflows.services.on_demand import workflow_run_start
from workflows.shipped import ORPHANED_LEADS

pytestmark = pytest.mark.serial
LEADS = 9_000


def make_orphans():
    """Leads of which some share an address, some have none, some match a contact."""
    for number in range(0, 300, 3):
        ContactFactory(email=f"person{number}@example.com", marketing_only=False)
    rows = []
    for number in range(LEADS):
        email = f"Person{number % 7_000}@example.com" if number % 10 else ""
        rows.append(
            Lead(
                topic=f"Interest {number}",
                last_name=f"Person {number}",
                email=email,
                external_id=f"L{number}",
                do_not_email=number % 13 == 0,
            )
        )
    with acting(None, via="test"):
        Lead.objects.bulk_create(rows, batch_size=2_000)


def run_start():
    workflow = Workflow.objects.get(key=ORPHANED_LEADS)
    with acting(User.objects.get(username="root"), via="test"):
        return workflow_run_start(workflow_id=workflow.pk, user=None)


def outcome():
    """Everything the workflow did, without the numbers that differ from run to run."""
    leads = Lead.objects.select_related("parent_contact").order_by("external_id")
    contact_of = {lead.external_id: lead.parent_contact for lead in leads}
    sharing = {}
    for key, contact in contact_of.items():
        sharing.setdefault(contact.pk, []).append(key)
    return {
        "links": {
            key: (c.email, c.last_name, c.marketing_only, c.do_not_email)
            for key, c in contact_of.items()
        },
        "shared": sorted(tuple(keys) for keys in sharing.values()),
        "contacts": Contact.objects.count(),
        "runs": Counter(
            (run.state, tuple(line["result"] for line in run.log))
            for run in Run.objects.all()
        ),
        "runs of a lead": set(
            Counter(Run.objects.values_list("subject_id", flat=True)).values()
        ),
        "entries": Counter(
            Entry.objects.filter(subject_type__in=["contact", "lead"]).values_list(
                "name", flat=True
            )
        ),
        "job": Job.objects.values_list("state", "done", "total", "problem_count").get(),
        "figures": Job.objects.get().result,
    }


def test_workflow_killed_twice_and_redis_flushed_ends_as_undisturbed(
    stack, cluster, databases, admin
):
    make_orphans()
    disturbed, quiet = databases.name, databases.copied()
    databases.use(quiet)
    run_to_end(run_start())
    expected = outcome()
    assert expected["job"] == ("completed", LEADS, LEADS, 0)
    databases.use(disturbed)

    stack.start("jobs", "beat")
    job = run_start()

    def done_at_least(number):
        return lambda: Job.objects.get(pk=job.pk).done >= number

    eventually(done_at_least(1), "the first part is done", 60)
    stack.kill("jobs")
    parts = [Job.objects.get(pk=job.pk).done]
    cluster.redis_flush()
    stack.start("jobs")
    eventually(done_at_least(parts[0] + 1), "a part after the kill is done", 60)
    stack.kill("jobs")
    parts.append(Job.objects.get(pk=job.pk).done)
    stack.start("jobs")
    spent = eventually(
        lambda: Job.objects.get(pk=job.pk).is_finished, "the job ends", 90
    )

    print(f"\nkilled after {parts} of {LEADS:,} leads; the rest took {spent:.1f} s")
    assert parts[0] < LEADS
    assert outcome() == expected


def test_import_killed_in_the_middle_goes_on(stack, admin, tmp_path):
    path = shape.write(tmp_path / "Leads.csv")
    with acting(admin, via="test"):
        batch = import_create(
            user=admin,
            entity="lead",
            file=ContentFile(path.read_bytes()),
            file_name="Leads.csv",
            mapping=shape.MAPPING,
        )
        keep_where_the_workers_look(batch, stack, path)
        import_enqueue(batch=batch)
    stack.start("jobs", "beat")
    reached = []
    for _ in range(2):
        before = reached[-1] if reached else 0
        eventually(
            lambda before=before: Import.objects.get(pk=batch.pk).done > before,
            "a part is in",
            60,
        )
        stack.kill("jobs")
        reached.append(Import.objects.get(pk=batch.pk).done)
        stack.start("jobs")
    eventually(
        lambda: Import.objects.get(pk=batch.pk).finished_at is not None, "it ends", 90
    )

    print(f"\nkilled after {reached} of {shape.ROWS:,} rows")
    batch.refresh_from_db()
    assert reached[0] < shape.ROWS
    assert (batch.state, batch.total, batch.created) == (
        "completed",
        shape.ROWS,
        shape.ROWS,
    )
    assert batch.updated + batch.unchanged + batch.rejected == 0
    assert Lead.objects.count() == shape.ROWS
    assert Lead.objects.values("external_id").distinct().count() == shape.ROWS


def keep_where_the_workers_look(batch, stack, path):
    """Tests keep files in memory; the workers read the folder of their stack."""
    kept = stack.cluster.folder.media / batch.file.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(path.read_bytes())


def test_workers_go_on_after_redis_was_killed_and_restarted(stack, cluster, admin):
    """Nothing is lost meanwhile, and nobody has to restart a worker."""
    workflow = Workflow.objects.get(key=ORPHANED_LEADS)
    Workflow.objects.filter(pk=workflow.pk).update(state="active")
    stack.start("bell", "jobs", "beat")
    before = LeadFactory()
    eventually(lambda: has_contact(before), "workers work", 60)

    cluster.redis_kill()
    meanwhile = LeadFactory()
    cluster.redis_start()
    after = LeadFactory()

    revived = []

    def both_have_contacts():
        revived.extend(stack.revive())
        return has_contact(meanwhile) and has_contact(after)

    spent = eventually(both_have_contacts, "workers go on", 120)
    print(f"\nboth leads have their contact {spent:.1f} s after Redis came back")
    print(f"fell over and were started again: {revived or 'none'}")
    assert Contact.objects.count() == 3
    assert Run.objects.count() == 3


def has_contact(lead):
    return Lead.objects.filter(pk=lead.pk, parent_contact__isnull=False).exists()
