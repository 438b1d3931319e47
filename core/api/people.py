"""Users, teams and roles over the API: to read."""

from __future__ import annotations

from rest_framework import serializers

from core.access.models import Role, Team, User
from core.api.base import ReadViewSet
from core.api.serializers import RecordSerializer


class UserSerializer(RecordSerializer):
    name = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "name", "email", "job_title", "team", "is_active")
        read_only_fields = fields


class TeamSerializer(RecordSerializer):
    class Meta:
        model = Team
        fields = ("id", "name", "parent", "description")
        read_only_fields = fields


class RoleSerializer(RecordSerializer):
    class Meta:
        model = Role
        fields = ("id", "key", "name", "description", "area", "shipped")
        read_only_fields = fields


class PeopleViewSet(ReadViewSet):
    """Read only; people are changed in the back office and the Django admin."""

    http_method_names = ["get", "head", "options"]


class UserViewSet(PeopleViewSet):
    """People who can sign in, and integrations."""

    entity = "user"
    queryset = User.objects.none()
    serializer_class = UserSerializer
    orderings = {"id": "pk", "username": "username"}
    ordering = "username"


class TeamViewSet(PeopleViewSet):
    """Teams; each may lie below another."""

    entity = "team"
    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    orderings = {"id": "pk", "name": "name"}
    ordering = "name"


class RoleViewSet(PeopleViewSet):
    """Roles; the rights of a user are those of all roles together."""

    entity = "role"
    queryset = Role.objects.none()
    serializer_class = RoleSerializer
    orderings = {"id": "pk", "name": "name"}
    ordering = "name"
