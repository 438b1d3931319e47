"""A workflow in plain words: when it starts, for which records, what it does."""

from __future__ import annotations

from collections.abc import Sequence

from core.access.entities import entity_of
from core.base.errors import DomainError
from core.journal.interactions import interaction_kind
from core.query.language import explain
from core.query.registry import query_entity
from segments.models import Segment
from workflows.models import Workflow
from workflows.registry import step_type
from workflows.rules import ARMS, BRANCH, STOP, WAIT, Step
from workflows.services.definition import condition_query
from workflows.services.on_demand import step_sentence

EVENT_LABELS = {
    "lead.sales_ready": "Lead becomes sales ready",
    "lead.qualified": "Lead is qualified",
    "lead.disqualified": "Lead is disqualified",
    "lead.reactivated": "Lead is reactivated",
    "lead.returned_to_marketing": "Lead is returned to marketing",
    "lead.taken_over": "Lead is taken over",
    "score.changed": "Score changes",
    "segment.entered": "Contact enters a segment",
    "segment.left": "Contact leaves a segment",
}


def noun(entity: str, *, plural: bool = False) -> str:
    """What one calls the records of an entity."""
    try:
        found = entity_of(entity)
    except KeyError:
        return entity
    return (found.plural if plural else found.label).lower()


def listed(words: Sequence[str], last: str = "or") -> str:
    """Words with commas, and `last` before the last."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def field_label(entity: str, name: str) -> str:
    found = query_entity(entity)
    known = (found.own_field(name) or found.relation(name)) if found else None
    return known.label.lower() if known else name.replace("_", " ")


def event_label(name: str) -> str:
    kind = interaction_kind(name)
    if kind:
        return kind.label
    return EVENT_LABELS.get(name, name.replace(".", " ").replace("_", " "))


def triggers(workflow: Workflow) -> list[str]:
    """Each way in which the workflow starts, as part of a sentence."""
    one = noun(workflow.entity)
    article = "an" if one[:1] in "aeiou" else "a"
    found = []
    if workflow.on_created:
        found.append(f"{article} {one} is created")
    if workflow.on_changed:
        names = [field_label(workflow.entity, name) for name in workflow.on_changed]
        found.append(f"its {listed(names)} changes")
    if workflow.on_events:
        which = _segments_named(workflow.on_segments)
        told = [event_label(name).lower() for name in workflow.on_events]
        found.append(listed([one.replace("a segment", which) for one in told]))
    return found


def _segments_named(ids: Sequence[int]) -> str:
    rows = Segment.objects.filter(pk__in=ids).order_by("name") if ids else ()
    return listed([row.name for row in rows]) or "a segment"


def triggers_sentence(workflow: Workflow) -> str:
    """When it starts, as one sentence."""
    found = triggers(workflow)
    if not found:
        return "On demand only" if workflow.on_demand else "Nothing starts it yet"
    sentence = f"When {listed(found)}"
    return f"{sentence}, and on demand" if workflow.on_demand else sentence


def condition_sentence(entity: str, condition: object) -> tuple[str, str]:
    """The condition in words, and what is wrong with it ("" where nothing is)."""
    if not condition:
        return f"All {noun(entity, plural=True)}.", ""
    if not isinstance(condition, dict):
        return "", "A condition begins and ends with braces."
    try:
        return explain(condition_query(entity, condition)), ""
    except DomainError as error:
        where = f"{error.attr}: " if error.attr else ""
        return "", f"{where}{error.detail}"


def purpose(workflow: Workflow) -> str:
    """What the workflow will do, in one sentence without its full stop."""
    said = _told(workflow.entity, workflow.steps)
    return said[:1].upper() + said[1:] or "It has no steps yet"


def _told(entity: str, steps: Sequence[Step]) -> str:
    return "; then ".join(_step_told(entity, step) for step in steps)


def _step_told(entity: str, step: Step) -> str:
    if step["type"] == STOP:
        return "stop"
    if step["type"] != BRANCH:
        sentence = step_sentence(step)
        return sentence[:1].lower() + sentence[1:]
    said = step_line(entity, step).rstrip(".")
    then, other = (_told(entity, step.get(arm, [])) for arm in ARMS)
    first = f"for {said[:1].lower()}{said[1:]}: {then or 'do nothing'}"
    return f"{first}; for all others: {other}" if other else first


def step_title(step: Step) -> str:
    """The first line of a step's card."""
    if step["type"] == WAIT:
        return step_sentence(step)
    if step["type"] == STOP:
        return "Stop here"
    if step["type"] == BRANCH:
        return "Does the condition hold?"
    kind = step_type(step["type"])
    return kind.label if kind else "A step that is not installed"


def step_line(entity: str, step: Step) -> str:
    """The second, muted line of a step's card."""
    if step["type"] == WAIT:
        return "Goes on by itself"
    if step["type"] == STOP:
        return "Nothing more is done"
    if step["type"] == BRANCH:
        said, problem = condition_sentence(
            entity, step.get("params", {}).get("condition", {})
        )
        return said or problem
    return step_sentence(step)
