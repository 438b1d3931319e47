"""When leads are looked at: as the journal tells, and on demand as a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q

from core.access.models import Team, User
from core.base.errors import Refused
from core.jobs.models import Job
from core.jobs.registry import JobRun
from core.jobs.services import job_start
from core.journal.bell import ring
from core.journal.services import acting
from crm.models import Lead
from sales.assignment.models import Due, Given, RuleSet
from sales.assignment.services.assign import (
    MOMENT,
    Assigned,
    assignable,
    leads_assign,
    one_run_at_a_time,
)
from sales.assignment.services.plan import nearest_set

# Small enough that the pump never waits long for a row that a run holds.
DUE_BATCH = 2_000
CHUNK = 5_000
JOB_KIND = "assignment_run"
SWEEP = ("assignment.sweep", "jobs")

_MARK = """
INSERT INTO assignment_due (lead_id, moment)
SELECT v.id, v.moment FROM unnest(%s::bigint[], %s::text[]) AS v(id, moment)
JOIN crm_lead l ON l.id = v.id AND l.state = 'open'
ON CONFLICT (lead_id) DO UPDATE SET moment = excluded.moment
    WHERE assignment_due.moment = 'created'
"""


def leads_mark_due(*, moments: Mapping[int, str]) -> None:
    """Note that these open leads are to be given, each at a moment; ring on commit.

    What became sales ready outweighs what was created; who is gone is left out.
    """
    if not moments:
        return
    ids = sorted(moments)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [ids, [str(moments[pk]) for pk in ids]])
    ring(*SWEEP)


def assign_due_batch() -> int:
    """Give the next leads that are due; says how many were looked at.

    Claim, effect and receipt are one transaction: a killed worker leaves them due.
    """
    with acting(None, via="assignment"):
        one_run_at_a_time()
        rows = Due.objects.select_for_update(skip_locked=True).order_by("since", "pk")
        due = dict(rows.values_list("pk", "moment")[:DUE_BATCH])
        # Deleted first: what is marked meanwhile waits and is looked at again.
        Due.objects.filter(pk__in=due).delete()
        for moment in (MOMENT.SALES_READY, MOMENT.CREATED, MOMENT.ON_DEMAND):
            ids = [pk for pk, said in due.items() if said == moment]
            if ids:
                leads_assign(lead_ids=ids, moment=moment)
    return len(due)


@transaction.atomic
def assignment_run_start(
    *,
    user: User,
    rule_set: RuleSet | None = None,
    sales_ready_only: bool = True,
    take_away: bool = False,
) -> Job:
    """A job that gives the open leads that this user may assign, by the rules now on.

    With a set only the leads it is responsible for. Raises Refused where no rules are
    on or such a job is running already.
    """
    one_run_at_a_time()
    if not RuleSet.objects.active().exists():
        raise Refused("not_active", "Switch the rules on first.")
    if Job.objects.unfinished().filter(kind=JOB_KIND).exists():
        raise Refused("already_running", "Leads are being assigned already.")
    params = {
        "rule_set": rule_set.pk if rule_set else None,
        "sales_ready_only": sales_ready_only,
        "take_away": take_away,
    }
    return job_start(JOB_KIND, user=user, params=params)


def wanted_leads(user: User, *, sales_ready_only: bool, take_away: bool) -> Any:
    """The leads that a run on demand looks at: those that the user may assign."""
    rows = Lead.objects.visible_to(user, "assign").filter(
        assignable(MOMENT.ON_DEMAND, take_away=take_away)
    )
    return rows.filter(sales_ready=True) if sales_ready_only else rows


def run_chunk(run: JobRun) -> bool:
    """The next leads in the order of their ids; True when none is left."""
    take_away = run.params["take_away"]
    rows = wanted_leads(
        run.user, sales_ready_only=run.params["sales_ready_only"], take_away=take_away
    )
    rows = of_set(rows, run.params["rule_set"])
    if "until" not in run.cursor:
        # Leads that arrive meanwhile are given by themselves.
        until = rows.order_by().aggregate(last=Max("pk"))["last"] or 0
        run.cursor.update(after=0, until=until)
        run.total = rows.count()
    ahead = rows.filter(pk__gt=run.cursor["after"], pk__lte=run.cursor["until"])
    ids = list(ahead.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return True
    done = leads_assign(
        lead_ids=ids, moment=MOMENT.ON_DEMAND, user=run.user, take_away=take_away
    )
    _report(run, done)
    run.advance(len(ids))
    run.cursor["after"] = ids[-1]
    return False


def _report(run: JobRun, done: Assigned) -> None:
    for outcome, said in (
        (Given.Outcome.RULE, "assigned"),
        (Given.Outcome.FALLBACK, "to the fallback owner"),
        (Given.Outcome.NOBODY, "without anybody"),
    ):
        run.count(said, done.count(outcome))
    run.count("left as they were", len(done.left))
    for gift in done.gifts:
        if gift.outcome != Given.Outcome.RULE:
            detail = f"No rule had somebody: {gift.facts['why']}."
            run.add_problem({"entity": "lead", "id": gift.lead.pk, "detail": detail})


def of_set(rows: Any, rule_set_id: int | None) -> Any:
    """Only the leads that an active set (or this one) is responsible for."""
    if rule_set_id is None:
        return rows
    sets = RuleSet.objects.filter(Q(active=True) | Q(pk=rule_set_id))
    by_team = {team: pk for pk, team in sets.values_list("pk", "team_id") if team}
    main = rule_set_id not in by_team.values()
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    nearest = {team: nearest_set(team, by_team, parents) for team in parents}
    if main:
        others = [team for team, found in nearest.items() if found is not None]
        return rows.exclude(team__in=others)
    return rows.filter(
        team__in=[team for team, found in nearest.items() if found == rule_set_id]
    )
