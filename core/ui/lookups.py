"""Look-ups: a field that finds its record as one types."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.views.generic import View

from core.access.entities import entity_of
from core.access.querysets import visible_rows
from core.access.rights import rights_of
from core.base.text import text_problem, whole_number
from core.ui.search import search_of

LIMIT = 8
MANY = 200


class LookupWidget(forms.TextInput):
    """A text field with a list of finds under it; posts the id of the chosen one."""

    template_name = "ui/lookup.html"

    def __init__(self, search: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.search = search
        self.queryset: Any = None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        label = ""
        number = whole_number(str(value))
        if number is not None and self.queryset is not None:
            found = self.queryset.filter(pk=number).first()
            label = str(found) if found else ""
        context["widget"] |= {
            "label": label,
            "url": reverse("lookup", args=[self.search]),
        }
        return context


class LookupField(forms.ModelChoiceField):
    """A look-up among the rows a user sees; `bind_to(user)` narrows it to those."""

    widget: LookupWidget

    def __init__(self, model: Any, search: str, **kwargs: Any) -> None:
        self.model = model
        kwargs.setdefault("required", False)
        super().__init__(
            model._default_manager.none(), widget=LookupWidget(search), **kwargs
        )

    def bind_to(self, user: Any, keep: Any = None) -> None:
        """Offer what the user sees, and what the record already names."""
        rows = self.model._default_manager
        visible = rows.visible_to(user) if hasattr(rows, "visible_to") else rows.all()
        if keep is not None:
            visible = visible | rows.filter(pk=keep)
        self.queryset = visible
        self.widget.queryset = visible


class LookupAnswer(LoginRequiredMixin, View):
    """What a look-up finds, as JSON."""

    def get(self, request: HttpRequest, key: str) -> JsonResponse:
        search = search_of(key)
        if search is None:
            raise Http404
        if not rights_of(request.user).has(search.entity, "read"):
            raise PermissionDenied
        if "ids" in request.GET:
            return JsonResponse({"hits": self.named(request, search.entity)})
        text = request.GET.get("q", "").strip()[:200]
        hits = []
        if text and text_problem(text) is None:
            hits = search.find(request.user, text, LIMIT)
        return JsonResponse(
            {
                "hits": [
                    {"id": hit.pk, "title": hit.title, "subtitle": hit.subtitle}
                    for hit in hits
                ]
            }
        )

    def named(self, request: HttpRequest, entity: str) -> list[dict[str, Any]]:
        """The names of records whose ids are known, as far as the user sees them."""
        wanted = map(whole_number, request.GET["ids"].split(",")[:MANY])
        ids = [pk for pk in wanted if pk is not None]
        rows = visible_rows(entity_of(entity).model, request.user).filter(pk__in=ids)
        return [{"id": row.pk, "title": str(row), "subtitle": ""} for row in rows]
