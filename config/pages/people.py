"""Users, teams and roles, to be read; they are changed in the Django admin."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.pages.door import SettingsPage
from core.access.entities import Entity, all_entities
from core.access.models import Grant, Role, Team, User

MOST = 500


class Users(SettingsPage):
    entity, action = "user", "update"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = User.objects.visible_to(request.user).select_related("team")
        found = list(rows.prefetch_related("roles")[: MOST + 1])
        context = {"users": found[:MOST], "more": len(found) > MOST}
        return render(request, "config/users.html", context)


class Teams(SettingsPage):
    entity, action = "team", "update"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Team.objects.visible_to(request.user).select_related("parent")
        teams = rows.annotate(people=Count("members"))[:MOST]
        return render(request, "config/teams.html", {"teams": teams})


ORDER = ("read", "create", "update", "delete")
WORDS = {"read": "See", "create": "Create", "update": "Change", "delete": "Delete"}
REACH = {
    "own": "own",
    "team": "of the team",
    "team_unowned": "of the team and unowned",
    "below": "of the team and below",
    "all": "all",
}


def in_words(entity: Entity, grants: dict[str, set[str]]) -> list[tuple[str, str]]:
    """What a role may do with an entity: (See, all), (Change, own)..."""
    words = WORDS | {key: str(said) for key, said in entity.extra_actions.items()}
    actions = [*ORDER, *entity.extra_actions]
    return [
        (
            words[action],
            " and ".join(REACH[level] for level in REACH if level in grants[action]),
        )
        for action in actions
        if grants.get(action)
    ]


class Roles(SettingsPage):
    """Every role with what it may do, entity by entity."""

    entity = "role"

    def get(self, request: HttpRequest) -> HttpResponse:
        roles = list(Role.objects.visible_to(request.user).order_by("area", "name"))
        wanted = request.GET.get("role", "")
        chosen = next((role for role in roles if role.key == wanted), roles[0])
        context = {
            "roles": roles,
            "chosen": chosen,
            "lines": self.lines(chosen),
            "number": chosen.users.filter(is_active=True).count(),
            "may_edit": self.may("update"),
        }
        return render(request, "config/roles.html", context)

    def lines(self, role: Role) -> list[tuple[str, list[tuple[str, str]]]]:
        granted: dict[str, dict[str, set[str]]] = {}
        rows = Grant.objects.filter(role=role)
        for entity, action, level in rows.values_list("entity", "action", "level"):
            granted.setdefault(entity, {}).setdefault(action, set()).add(level)
        return [
            (each.plural, in_words(each, granted.get(each.key, {})))
            for each in all_entities()
        ]
