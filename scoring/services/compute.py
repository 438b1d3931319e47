"""Scores by SQL: one statement computes and stores a whole batch of leads.

Every rule becomes a query that gives (lead, points); the score is their sum and the
breakdown their list, so that the two can never disagree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from core.query.language import Context, filter_queryset, validate
from core.query.registry import query_entity
from crm.models import Lead
from scoring.models import ScoringModel, ScoringRule


@dataclass
class Sql:
    """A piece of SQL with its parameters, in order."""

    text: str
    params: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """Which leads to score: some, or the next stretch of all."""

    lead_ids: Sequence[int] | None = None
    after: int = 0
    upto: int | None = None

    def leads(self) -> QuerySet[Lead]:
        """Open leads of the batch; a closed lead keeps the score it closed with."""
        leads = Lead._base_manager.filter(state=Lead.State.OPEN)
        if self.lead_ids is not None:
            return leads.filter(pk__in=self.lead_ids)
        return leads.filter(pk__gt=self.after, pk__lte=self.upto)


@dataclass(frozen=True)
class Scored:
    """What one batch did."""

    leads: int
    changed: int


def queryset_sql(rows: QuerySet[Any]) -> Sql:
    """The statement of a queryset, parameters apart."""
    text, params = rows.order_by().query.sql_with_params()
    return Sql(text, list(params))


def condition_sql(rule: ScoringRule, batch: Batch, context: Context) -> Sql:
    """(lead, points) for the leads for which a condition holds."""
    query = validate(
        {"from": "lead", "where": rule.condition}, starts_from="lead", ends_on="lead"
    )
    ids = queryset_sql(filter_queryset(batch.leads(), query, context).values("pk"))
    return Sql(
        f"SELECT c.id AS lead_id, {rule.pk}::bigint AS rule_id, "
        f"{rule.points}::int AS points FROM ({ids.text}) AS c (id)",
        ids.params,
    )


def events_sql(rule: ScoringRule, context: Context) -> Sql:
    """The interactions that a behaviour rule counts; machines never count."""
    entity = query_entity("interaction")
    assert entity is not None, "core.query registers interactions"
    rows = entity.queryset().filter(name__in=rule.interactions, machine=False)
    if rule.window_days:
        rows = rows.filter(
            occurred_at__gte=context.now - dt.timedelta(days=rule.window_days)
        )
    if rule.condition:
        query = validate(
            {"from": "interaction", "where": rule.condition},
            starts_from="interaction",
            ends_on="interaction",
        )
        rows = filter_queryset(rows, query, context)
    return queryset_sql(rows.values("contact_id", "lead_id", "occurred_at", "data"))


_SCOPES = {
    "all": "",
    "since_created": " AND e.occurred_at >= p.created_at",
    "this_lead": (
        " AND (e.lead_id = p.lead_id"
        " OR (p.product_id IS NOT NULL"
        "     AND e.data ->> 'product' = p.product_id::text)"
        " OR (p.campaign_id IS NOT NULL"
        "     AND e.data ->> 'campaign' = p.campaign_id::text))"
    ),
}


def behaviour_sql(rule: ScoringRule, context: Context) -> Sql:
    """(lead, points) for the leads whose people behaved as the rule says."""
    events = events_sql(rule, context)
    joined = (
        f"FROM person p JOIN ({events.text}) AS e ON e.contact_id = p.contact_id"
        f"{_SCOPES[rule.scope]}"
    )
    if rule.frequency == ScoringRule.Frequency.NONE:
        return Sql(
            f"SELECT t.id, {rule.pk}, {rule.points} FROM target t "
            f"WHERE t.id NOT IN (SELECT p.lead_id {joined})",
            events.params,
        )
    worth, params = _worth(rule, context)
    least = rule.times if rule.frequency == ScoringRule.Frequency.AT_LEAST else 1
    return Sql(
        f"SELECT p.lead_id, {rule.pk}, {worth} {joined} "
        f"GROUP BY p.lead_id HAVING count(*) >= {least}",
        params + events.params,
    )


def _worth(rule: ScoringRule, context: Context) -> tuple[str, list[Any]]:
    """Points as SQL: each counts every time, a half-life fades, a cap limits."""
    params: list[Any] = []
    each = rule.frequency == ScoringRule.Frequency.EACH
    if rule.half_life_days:
        age = "extract(epoch FROM (%s::timestamptz - e.occurred_at)) / 86400.0"
        fade = f"power(0.5, greatest(0, {age}) / {rule.half_life_days})"
        params = [context.now]
        amount = f"{'sum' if each else 'max'}({fade})"
    else:
        amount = "count(*)" if each else "1"
    worth = f"round(({rule.points} * {amount})::numeric)"
    if rule.cap is not None:
        worth = f"greatest({-rule.cap}, least({rule.cap}, {worth}))"
    return f"({worth})::int", params


_TARGET = """
WITH target AS MATERIALIZED ({leads}),
person AS MATERIALIZED (
    SELECT id AS lead_id, parent_contact_id AS contact_id, created_at, product_id,
           campaign_id
    FROM target WHERE parent_contact_id IS NOT NULL
    UNION ALL
    -- A lead without a contact is scored by the people of its account.
    SELECT t.id, c.id, t.created_at, t.product_id, t.campaign_id
    FROM target t JOIN crm_contact c ON c.account_id = t.parent_account_id
    WHERE t.parent_contact_id IS NULL
),
given (lead_id, rule_id, points) AS ({rules}),
scored AS (
    SELECT t.id AS lead_id, coalesce(sum(g.points), 0)::int AS score,
           coalesce(jsonb_object_agg(g.rule_id, g.points)
                    FILTER (WHERE g.points <> 0), '{{}}') AS breakdown
    FROM target t LEFT JOIN given g ON g.lead_id = t.id
    GROUP BY t.id
)
"""

_STORE = """,
before AS (
    SELECT lead_id, score FROM scoring_leadscore
    WHERE model_id = %s AND lead_id IN (SELECT id FROM target)
),
written AS (
    INSERT INTO scoring_leadscore (lead_id, model_id, score, grade, breakdown)
    SELECT lead_id, %s, score, {grade}, breakdown FROM scored
    ON CONFLICT (lead_id, model_id) DO UPDATE
    SET score = excluded.score, grade = excluded.grade,
        breakdown = excluded.breakdown, changed_at = now()
    WHERE (scoring_leadscore.score, scoring_leadscore.grade,
           scoring_leadscore.breakdown)
        IS DISTINCT FROM (excluded.score, excluded.grade, excluded.breakdown)
    RETURNING lead_id, score, grade
),
told AS (
    INSERT INTO journal_entry (name, subject_type, subject_id, lead_id, contact_id,
                               account_id, source_type, source_id, data)
    SELECT 'score.changed', 'lead', w.lead_id, w.lead_id, t.parent_contact_id,
           t.parent_account_id, 'scoring_model', %s,
           jsonb_build_object('model', %s::text, 'old', b.score, 'new', w.score,
                              'grade', w.grade)
    FROM written w JOIN target t ON t.id = w.lead_id
    LEFT JOIN before b ON b.lead_id = w.lead_id
    WHERE b.score IS DISTINCT FROM w.score
)
SELECT (SELECT count(*) FROM target), (SELECT count(*) FROM written)
"""


def context_of(model: ScoringModel) -> Context:
    """Windows and relative dates are counted in the model's time zone."""
    return Context(time_zone=model.time_zone, now=timezone.now())


def scores_sql(model: ScoringModel, rules: Iterable[ScoringRule], batch: Batch) -> Sql:
    """The statement up to `scored (lead_id, score, breakdown)`."""
    context = context_of(model)
    leads = queryset_sql(
        batch.leads().values(
            "id",
            "parent_contact_id",
            "parent_account_id",
            "created_at",
            "product_id",
            "campaign_id",
        )
    )
    given = [
        condition_sql(rule, batch, context)
        if rule.kind == ScoringRule.Kind.CONDITION
        else behaviour_sql(rule, context)
        for rule in rules
    ]
    text = _TARGET.format(
        leads=leads.text, rules=" UNION ALL ".join(one.text for one in given)
    )
    return Sql(text, leads.params + [p for one in given for p in one.params])


def _grade_sql(grades: Sequence[dict[str, Any]]) -> Sql:
    if not grades:
        return Sql("''")
    whens, params = [], []
    for grade in reversed(grades):
        whens.append("WHEN score >= %s THEN %s")
        params += [grade["from"], grade["name"]]
    return Sql(f"CASE {' '.join(whens)} ELSE '' END", params)


def scores_store(
    *, model: ScoringModel, rules: Sequence[ScoringRule], batch: Batch
) -> Scored:
    """Compute a batch and store what changed; runs in the caller's transaction.

    Journals score.changed for each lead whose score moved.
    """
    sql = scores_sql(model, rules, batch)
    grade = _grade_sql(model.grades)
    params = [
        *sql.params,
        model.pk,
        model.pk,
        *grade.params,
        model.pk,
        model.name,
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.text + _STORE.format(grade=grade.text), params)
        leads, changed = cursor.fetchone()
    return Scored(leads, changed)


def scores_simulate(
    *, model: ScoringModel, rules: Sequence[ScoringRule], batch: Batch
) -> list[tuple[int, int, dict[str, int]]]:
    """What a draft would give: (lead, score, breakdown), stored nowhere."""
    sql = scores_sql(model, rules, batch)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.text + "SELECT lead_id, score, breakdown::text FROM scored", sql.params
        )
        return list(cursor.fetchall())


def model_rules(model: ScoringModel) -> list[ScoringRule]:
    """The rules in their order, in one query."""
    return list(model.rules.order_by(F("position"), F("pk")))
