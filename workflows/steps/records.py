"""Steps that change the record itself, or put something on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access.models import Team, User
from core.base.errors import DomainError, Invalid
from crm.models import Activity
from crm.services.activities import activity_log
from crm.services.kinds import kind_of
from crm.services.records import record_assign, record_update
from crm.services.values import values_clean
from workflows.registry import Outcome, Param, StepContext, StepType

RECORDS = ("contact", "lead", "account")
Do = Callable[[Any], Outcome]


def each(context: StepContext, ids: Sequence[int], do: Do) -> dict[int, Outcome]:
    """Do something for every record by itself; a refusal is that record's outcome."""
    records = kind_of(context.entity).model._default_manager.in_bulk(list(ids))
    return {pk: _one(records.get(pk), do) for pk in ids}


def _one(record: Any, do: Do) -> Outcome:
    if record is None:
        return Outcome("The record does not exist any more.", "skipped")
    try:
        with transaction.atomic():
            return do(record)
    except DomainError as error:
        return Outcome(error.detail, "skipped")


def set_field(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Set one field to a value, by the rules of the record."""
    values = {params["field"]: params["value"]}

    def change(record: Any) -> Outcome:
        record_update(record=record, values=values, user=context.user)
        return Outcome(f"Set {params['field'].replace('_', ' ')}.")

    return each(context, ids, change)


def check_field(entity: str, params: Mapping[str, Any]) -> None:
    """The field exists, may be set, and takes the value."""
    kind = kind_of(entity)
    if params["field"] not in kind.fields:
        raise Invalid("unknown_field", "There is no such field.", attr="field")
    values = {params["field"]: params["value"]}
    try:
        values_clean(kind, values, kind.model())
    except Invalid as error:
        raise Invalid(error.code, error.detail, attr="value") from error


SET_FIELD = StepType(
    key="set_field",
    label="Set a field",
    entities=RECORDS,
    run_many=set_field,
    sentence=lambda params: (
        f"Set {str(params.get('field', '')).replace('_', ' ')} to "
        f"{params.get('value')!s}"
    ),
    params=(Param("field", "Field", "field"), Param("value", "Value", "value")),
    check=check_field,
    icon="pencil",
)


def _chosen(params: Mapping[str, Any]) -> tuple[User | None, Team | None]:
    """The person and the team that the step names."""
    user, team = params.get("user") or 0, params.get("team") or 0
    return (
        User.objects.filter(pk=user).first(),
        Team.objects.filter(pk=team).first(),
    )


def assign(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Give the records to a person or a team."""
    owner, team = _chosen(params)

    def give(record: Any) -> Outcome:
        record_assign(record=record, owner=owner, team=team, user=context.user)
        return Outcome(f"Assigned to {owner or team}.")

    return each(context, ids, give)


def check_assign(entity: str, params: Mapping[str, Any]) -> None:
    """There is somebody to assign to."""
    if not params.get("user") and not params.get("team"):
        raise Invalid("required", "Choose a person or a team.", attr="user")
    if params.get("user") and not _active_user(params["user"]):
        raise Invalid("does_not_exist", "There is no such active user.", attr="user")
    if params.get("team") and not Team.objects.filter(pk=params["team"]).exists():
        raise Invalid("does_not_exist", "There is no such team.", attr="team")


def _active_user(pk: Any) -> bool:
    return isinstance(pk, int) and User.objects.filter(pk=pk, is_active=True).exists()


def _assign_sentence(params: Mapping[str, Any]) -> str:
    owner, team = _chosen(params)
    return f"Assign to {owner or team or 'nobody'}"


ASSIGN = StepType(
    key="assign",
    label="Assign",
    entities=RECORDS,
    run_many=assign,
    sentence=_assign_sentence,
    params=(
        Param("user", "Person", "user", required=False),
        Param("team", "Team", "team", required=False),
    ),
    check=check_assign,
    icon="user-share",
)


def create_activity(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Put a task, call or appointment on the record, for its owner."""
    due = timezone.now() + dt.timedelta(days=params.get("due_in_days") or 0)

    def put(record: Any) -> Outcome:
        owner, _ = _chosen(params)
        activity = activity_log(
            regarding_type=context.entity,
            regarding_id=record.pk,
            user=context.user,
            kind=params["kind"],
            subject=params["subject"],
            description=params.get("description", ""),
            due_at=due,
            owner=owner or record.owner,
        )
        return Outcome("Activity created.", data={"activity": activity.pk})

    return each(context, ids, put)


def _kinds() -> list[tuple[str, str]]:
    """The kinds of activity that are planned, not those that tell what happened."""
    choices = Activity.Kind.choices
    return [
        (key, str(label)) for key, label in choices if key not in Activity.BY_SYSTEM
    ]


def check_activity(entity: str, params: Mapping[str, Any]) -> None:
    """The kind exists and the due date is a number of days."""
    if params["kind"] not in dict(_kinds()):
        raise Invalid("invalid_choice", "There is no such kind.", attr="kind")
    days = params.get("due_in_days")
    if days is not None and (type(days) is not int or not 0 <= days <= 3650):
        raise Invalid("invalid", "Give a number of days.", attr="due_in_days")


CREATE_ACTIVITY = StepType(
    key="create_activity",
    label="Create an activity",
    entities=RECORDS,
    run_many=create_activity,
    sentence=lambda params: (
        f"Create a {str(params.get('kind', 'task')).replace('_', ' ')}: "
        f"{params.get('subject', '')}"
    ),
    params=(
        Param("kind", "Kind", "choice", choices=_kinds),
        Param("subject", "Subject"),
        Param("description", "Description", required=False),
        Param("due_in_days", "Due in days", "number", required=False),
        Param(
            "user",
            "Owner",
            "user",
            required=False,
            help_text="The owner of the record where nobody is chosen.",
        ),
    ),
    check=check_activity,
    icon="checkbox",
)
