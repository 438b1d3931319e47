"""The settings page of the mapping: every field, and what of the lead fills it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.generic import View

from core.access.rights import rights_of
from core.base.errors import DomainError
from core.ui.doors import browser_door
from sales.qualification.fields import FIXED, TARGETS, FieldType, misfit
from sales.services.qualify_mapping import (
    field_types,
    mappings_now,
    qualify_mapping_reset,
    qualify_mappings_set,
    target_types,
)

TITLES = {
    "account": ("Account", "building"),
    "contact": ("Contact", "user-circle"),
    "opportunity": ("Opportunity", "coin"),
}


@dataclass(frozen=True)
class Line:
    """A field of a record, what fills it now, and what could."""

    name: str
    label: str
    now: str
    fitting: list[tuple[str, str]]


class MappingPage(LoginRequiredMixin, View):
    """Shown to those who read the settings; changed by administrators."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        user: Any = request.user
        action = "read" if request.method == "GET" else "update"
        if user.is_authenticated and not rights_of(user).has("qualify_mapping", action):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show()

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            with browser_door(request.user):
                self.save(request)
        except DomainError as refusal:
            return self.show(refusal.detail, status=422)
        messages.success(request, "Mapping saved.")
        return redirect("qualify_mapping")

    def save(self, request: HttpRequest) -> None:
        if request.POST.get("deed") == "reset":
            qualify_mapping_reset()
            return
        wanted = {
            (entity, name): request.POST.get(f"{entity}:{name}", "")
            for entity in TARGETS
            for name in target_types(entity)
        }
        qualify_mappings_set(wanted)

    def show(self, error: str = "", status: int = 200) -> HttpResponse:
        sources, now = field_types("lead"), mappings_now()
        context = {
            "groups": [
                {
                    "key": entity,
                    "title": TITLES[entity][0],
                    "icon": TITLES[entity][1],
                    "fixed": _fixed(entity, sources),
                    "lines": _lines(entity, sources, now[entity]),
                }
                for entity in TARGETS
            ],
            "error": error,
            "may_update": rights_of(self.request.user).has("qualify_mapping", "update"),
        }
        return render(self.request, "sales/mapping.html", context, status=status)


def _fixed(entity: str, sources: dict[str, FieldType]) -> list[tuple[str, str]]:
    """The names, which always come from the same place."""
    types = field_types(entity)
    return [
        (types[name].label, sources[origin].label)
        for name, origin in FIXED[entity].items()
    ]


def _lines(
    entity: str, sources: dict[str, FieldType], now: dict[str, str]
) -> list[Line]:
    lines = [
        Line(
            f"{entity}:{name}",
            target.label,
            now.get(name, ""),
            [
                (origin, source.label)
                for origin, source in sources.items()
                if not misfit(source, target)
            ],
        )
        for name, target in target_types(entity).items()
    ]
    return [line for line in lines if line.fitting]
