"""Whom a note can mention."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.views.generic import View

from core.access.models import User
from core.access.rights import rights_of
from core.base.text import text_problem

MENTIONABLE = 6


class Mentionable(LoginRequiredMixin, View):
    """Colleagues whose names begin like what was typed behind an @, as JSON."""

    def get(self, request: HttpRequest) -> JsonResponse:
        if not rights_of(request.user).has("user", "read"):
            raise PermissionDenied
        text = request.GET.get("q", "").strip()[:60].lower()
        if text_problem(text) is not None:
            return JsonResponse({"people": []})
        rows = User.objects.visible_to(request.user).filter(is_active=True)
        rows = rows.exclude(username=request.user.get_username()).filter(
            Q(username__lower__startswith=text)
            | Q(first_name__lower__startswith=text)
            | Q(last_name__lower__startswith=text)
        )
        found = rows.order_by("first_name", "last_name", "pk")[:MENTIONABLE]
        people = [
            {"username": row.username, "name": str(row), "title": row.job_title}
            for row in found
        ]
        return JsonResponse({"people": people})
