"""The record page: header, facts edited in place, timeline, panels, audit history."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View
from django_htmx.http import trigger_client_event

from core.access.rights import may, rights_of
from core.base.errors import DomainError, Stale
from core.base.keyset import value_of
from core.base.successors import successor_of
from core.base.text import whole_number
from core.journal.models import Entry
from core.ui import audit, cells, timeline
from core.ui.doors import browser_door
from core.ui.forms import RecordForm
from core.ui.lists import ListPage
from core.ui.news import authors
from core.ui.parts import Fact, FactSection, Key, RecordAction, registry
from core.ui.toasts import toast

BUTTONS = 3


class RecordPage(LoginRequiredMixin, View):
    """The page of one record.

    A subclass names `entity`, `model`, `list_page`, `form_class` (whose fields can be
    edited in place), `sections`, `keys`, `actions`, `select` (look-ups to join) and
    `save(record, values, version)`, which calls the service. A stranger gets 404.
    """

    entity: ClassVar[str]
    model: ClassVar[type[Model]]
    list_page: ClassVar[type[ListPage]]
    form_class: ClassVar[type[RecordForm]]
    sections: ClassVar[tuple[FactSection, ...]] = ()
    keys: ClassVar[tuple[Key, ...]] = ()
    actions: ClassVar[tuple[RecordAction, ...]] = ()
    select: ClassVar[tuple[str, ...]] = ("owner", "team")
    composer: ClassVar[str] = ""
    company: ClassVar[bool] = False
    template_name: ClassVar[str] = "ui/record.html"

    # What a subclass says about its record -----------------------------------------

    def heading(self, record: Any) -> str:
        return str(record)

    def badges(self, record: Any) -> list[Any]:
        return []

    def meta(self, record: Any) -> list[tuple[str, str, str]]:
        """The line under the name: (icon, text, address or "")."""
        return []

    def read_only(self, record: Any) -> str:
        """Why nothing can be changed here, or an empty text."""
        return ""

    def scope(self, record: Any) -> timeline.Scope:
        return timeline.Scope((self.entity, record.pk), user=self.request.user)

    def save(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        raise NotImplementedError

    # Reading ----------------------------------------------------------------------

    @cached_property
    def record(self) -> Any:
        rows = self.model._default_manager.visible_to(self.request.user)  # type: ignore[attr-defined]  # every entity's manager has it
        return get_object_or_404(
            rows.select_related(*self.select), pk=self.kwargs["pk"]
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rights_of(request.user).has(self.entity, "read"):
            raise PermissionDenied
        if (moved := self.survivor()) is not None:
            return moved
        doors: dict[str, Callable[[], HttpResponse]] = {
            "field": self.edit_field,
            "show": lambda: self.show_field(self.fact(request.GET.get("field", ""))),
            "timeline": self.timeline_part,
            "audit": self.audit_part,
            "news": self.news_part,
        }
        return doors.get(request.GET.get("part", ""), self.page)()

    def survivor(self) -> HttpResponseBase | None:
        """The way to the record that a merged one is part of now."""
        try:
            found = self.record
        except Http404:
            found = None
        if found is None:
            pk = successor_of(self.entity, self.kwargs["pk"])
            rows: Any = self.model._default_manager
            if pk is None or not rows.visible_to(self.request.user).filter(pk=pk):
                raise Http404
            address = reverse(self.list_page.record_url_name, args=[pk])
            return redirect(f"{address}?merged_from={self.kwargs['pk']}")
        return None

    def page(self) -> HttpResponse:
        record = self.record
        buttons, menu = self.shown_actions()
        context = {
            "page": self,
            "record": record,
            "heading": self.heading(record),
            "badges": self.badges(record),
            "meta": self.meta(record),
            "strip": self.strip(),
            "sections": self.shown_sections(),
            "buttons": buttons,
            "menu": menu,
            "panels": self.panels("right"),
            "tops": self.panels("top"),
            "closed": self.read_only(record),
            "may_edit": self.may_edit,
            "kinds": timeline.KINDS,
            "version": getattr(record, "version", 0),
            "newest": self.newest(),
            **self.neighbours(),
            **self.timeline_context(),
            **self.more(record),
        }
        return render(self.request, self.template_name, context)

    def more(self, record: Any) -> dict[str, Any]:
        """More for the template of a subclass."""
        return {}

    @cached_property
    def may_edit(self) -> bool:
        allowed = may(self.request.user, "update", self.record, self.entity)
        return allowed and not self.read_only(self.record)

    def strip(self) -> list[tuple[Key, Any]]:
        keys = (*self.keys, *registry.keys[self.entity])
        shown = [(key, key.show(self.record)) for key in keys]
        return [(key, value) for key, value in shown if value is not None]

    def all_sections(self) -> list[FactSection]:
        return [*self.sections, *registry.sections[self.entity]]

    def shown_sections(self) -> list[tuple[FactSection, list[tuple[Fact, Any, bool]]]]:
        shown = [
            (
                section,
                [
                    (fact, self.value(fact), self.editable(fact))
                    for fact in section.all_facts(self.record)
                ],
            )
            for section in self.all_sections()
        ]
        return [(section, facts) for section, facts in shown if facts]

    def value(self, fact: Fact) -> Any:
        if fact.show:
            return fact.show(self.record)
        raw = getattr(self.record, fact.name, None)
        display = getattr(self.record, f"get_{fact.name}_display", None)
        return cells.plain(display() if display and raw not in ("", None) else raw)

    def editable(self, fact: Fact) -> bool:
        named = fact.name in self.form_class.base_fields
        return fact.editable and named and self.may_edit

    def shown_actions(self) -> tuple[list[RecordAction], list[RecordAction]]:
        """At most three buttons, the rest for the menu."""
        rights = rights_of(self.request.user)
        every = sorted(
            (*self.actions, *registry.actions[self.entity]), key=lambda a: a.position
        )
        fitting = [
            each
            for each in every
            if rights.has(self.entity, each.action) and each.when(self.record)
        ]
        allowed = {
            name: may(self.request.user, name, self.record, self.entity)
            for name in {each.action for each in fitting}
        }
        fitting = [each for each in fitting if allowed[each.action]]
        buttons = [each for each in fitting if not each.menu][:BUTTONS]
        return buttons, [each for each in fitting if each not in buttons]

    def panels(self, place: str) -> list[dict[str, Any]]:
        shown = []
        for panel in registry.panels[self.entity]:
            if panel.place == place:
                context = panel.context(self.request, self.record)
                if context is not None:
                    shown.append({"panel": panel, **context})
        return shown

    # Neighbours in the list one came from --------------------------------------------

    def neighbours(self) -> dict[str, Any]:
        """The records before and after this one in the list one came from."""
        inside = self.request.GET.get("in", "")
        source = self.list_page()
        source.setup(self.request)
        source.params = QueryDict(inside)
        rows, order = source.ordered(source.rows())
        found = {"list": source, "list_url": reverse(source.url_name) + f"?{inside}"}
        here = rows.filter(pk=self.record.pk).first() if inside else None
        if here is None:
            return found
        place = value_of(here, order.field), here.pk
        for name, backward in (("previous", True), ("following", False)):
            ahead = rows.filter(order.beyond(*place, backward=backward))
            row = order.apply(ahead, backward=backward).values_list("pk", flat=True)[:1]
            if row:
                url = reverse(source.record_url_name, args=[row[0]])
                suffix = QueryDict(mutable=True)
                suffix["in"] = inside
                found[name] = f"{url}?{suffix.urlencode()}"
        return found

    # Timeline and audit history ---------------------------------------------------

    def timeline_context(self) -> dict[str, Any]:
        kind = self.request.GET.get("kind", "all")
        kind = kind if kind in timeline.KINDS else "all"
        place = None
        if self.request.GET.get("before"):
            place = timeline.Place.read(self.request.GET["before"])
            if place is None:
                raise Http404
        scope = self.scope(self.record)
        found, older = timeline.happenings(scope, kind=kind, place=place)
        return {"days": timeline.by_day(found), "older": older, "kind": kind}

    def timeline_part(self) -> HttpResponse:
        context = self.timeline_context() | {"record": self.record, "page": self}
        return render(self.request, "ui/_timeline.html", context)

    def audit_part(self) -> HttpResponse:
        before = self.request.GET.get("before", "")
        rows, older = audit.audit_rows(
            self.entity,
            self.record,
            user=self.request.user,
            before=whole_number(before),
        )
        return render(self.request, "ui/_audit.html", {"rows": rows, "older": older})

    def newest(self) -> int:
        """The number of the last thing that happened to this record."""
        entries = Entry.objects.of_record(self.entity, self.record.pk)
        return entries.values_list("pk", flat=True).first() or 0

    def news_part(self) -> HttpResponse:
        """Who changed the record since the page was read, and whether more happened."""
        given = {}
        for name in ("version", "newest"):
            given[name] = whole_number(self.request.GET.get(name, "")) or 0
        version, newest = getattr(self.record, "version", 0), self.newest()
        if (version, newest) == (given["version"], given["newest"]):
            return HttpResponse(status=204)
        who = []
        if version > given["version"]:
            behind = version - given["version"]
            who = authors(self.entity, self.record.pk, behind, self.request.user)
        context = {
            "record": self.record,
            # Until somebody looks, the page stays behind.
            "version": given["version"] if who else version,
            "newest": newest,
            "who": who,
        }
        answer = render(self.request, "ui/_record_news.html", context)
        if newest != given["newest"]:
            trigger_client_event(answer, "record:news", {})
        return answer

    # Editing in place --------------------------------------------------------------

    def fact(self, name: str) -> Fact:
        for section in self.all_sections():
            for fact in section.all_facts(self.record):
                if fact.name == name:
                    return fact
        raise Http404

    def one_field(self, name: str, data: Any = None) -> RecordForm:
        """The form of one fact."""
        form = self.form_class(data, instance=self.record, user=self.request.user)
        for other in [other for other in form.fields if other != name]:
            del form.fields[other]
        if name not in form.fields:
            raise Http404
        # htmx puts the focus there once the field is on the page.
        form.fields[name].widget.attrs["autofocus"] = True
        return form

    def edit_field(
        self, form: Any = None, error: str = "", status: int = 200
    ) -> HttpResponse:
        if not self.may_edit:
            raise PermissionDenied
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        fact = self.fact(data.get("field", ""))
        form = form or self.one_field(fact.name)
        context = {
            "page": self,
            "record": self.record,
            "fact": fact,
            "error": error,
            "field": form[fact.name],
        }
        return render(self.request, "ui/_fact_edit.html", context, status=status)

    def show_field(self, fact: Fact) -> HttpResponse:
        context = {
            "page": self,
            "record": self.record,
            "fact": fact,
            "value": self.value(fact),
            "editable": self.editable(fact),
        }
        return render(self.request, "ui/_fact.html", context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Save one fact: 412 where somebody else was faster, 422 where it is wrong."""
        if not self.may_edit:
            raise PermissionDenied
        fact = self.fact(request.POST.get("field", ""))
        form = self.one_field(fact.name, request.POST)
        if not form.is_valid():
            return self.edit_field(
                form, " ".join(map(str, form.errors.get(fact.name, []))), 422
            )
        version = request.POST.get("version", "")
        values = {fact.name: form.cleaned_data[fact.name]}
        try:
            with browser_door(request.user):
                self.save(self.record, values, whole_number(version))
        except Stale:
            return self.stale(fact)
        except DomainError as error:
            return self.edit_field(form, error.detail, 422)
        del self.record
        return toast(self.show_field(fact), f"{fact.label} saved.")

    def stale(self, fact: Fact) -> HttpResponse:
        """Say what it is now, and keep what was typed."""
        del self.record
        form = self.one_field(fact.name, self.request.POST)
        now = self.value(fact)
        context = {
            "page": self,
            "record": self.record,
            "fact": fact,
            "field": form[fact.name],
            "now": now,
        }
        return render(self.request, "ui/_fact_edit.html", context, status=412)
