"""Writes on people, teams and roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from core.access.entities import all_entities
from core.access.levels import Level
from core.access.models import Grant, Role, Team, User
from core.access.rights import team_ids_below
from core.base.errors import Invalid, Refused


@transaction.atomic
def user_create(
    *,
    username: str,
    roles: Iterable[str],
    password: str | None = None,
    team: Team | None = None,
    **fields: Any,
) -> User:
    """Make a user with the roles of these keys.

    Without a password nobody can sign in, and the user works by token only.
    Raises Invalid for an unknown role, a weak password or a name that is taken.
    """
    user = User(username=username, team=team, **fields)
    if password is None:
        user.set_unusable_password()
    else:
        password_check(password, user)
        user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    user.save()
    user_set_roles(user=user, roles=roles)
    return user


def password_check(password: str, user: User) -> None:
    """Raise Invalid at `password` where it is too easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            "weak_password", " ".join(error.messages), attr="password"
        ) from error


@transaction.atomic
def user_set_roles(*, user: User, roles: Iterable[str]) -> None:
    """Give a user exactly these roles; Invalid at `roles` for an unknown key."""
    wanted = set(roles)
    found = list(Role.objects.filter(key__in=wanted))
    unknown = wanted - {role.key for role in found}
    if unknown:
        raise Invalid(
            "unknown_role",
            f"There is no role {', '.join(sorted(unknown))}.",
            attr="roles",
        )
    user.roles.set(found)


@transaction.atomic
def team_save(*, team: Team, parent: Team | None) -> Team:
    """Put a team in its place; Invalid at `parent` where that made a circle.

    Locks all teams: two moves that make a circle only together are refused too.
    """
    list(Team.objects.select_for_update().values_list("pk", flat=True))
    if parent and team.pk and parent.pk in team_ids_below(team.pk):
        raise Invalid(
            "circle", "A team cannot lie below itself or its own teams.", attr="parent"
        )
    team.parent = parent
    team.save()
    return team


def grant_check(*, entity: str, action: str, level: str) -> None:
    """Raise Invalid where a grant names what nothing knows."""
    known = {item.key: item for item in all_entities()}
    if entity not in known:
        raise Invalid("unknown_entity", f"There is no entity {entity}.", attr="entity")
    if action not in known[entity].actions:
        words = ", ".join(known[entity].actions)
        raise Invalid("unknown_action", f"Choose one of: {words}.", attr="action")
    if level not in Level.values:
        words = ", ".join(Level.values)
        raise Invalid("unknown_level", f"Choose one of: {words}.", attr="level")


@transaction.atomic
def grant_add(*, role: Role, entity: str, action: str, level: str) -> Grant:
    """Grant a right to a role; Refused for a shipped role, whose table is fixed."""
    role_check_open(role)
    grant_check(entity=entity, action=action, level=level)
    return Grant.objects.get_or_create(
        role=role, entity=entity, action=action, level=level
    )[0]


def role_check_open(role: Role) -> None:
    """Raise Refused for a shipped role: give people a second role instead."""
    if role.shipped:
        raise Refused(
            "shipped_role",
            f"The role {role.name} is fixed. Make a role of your own; roles add up.",
        )
