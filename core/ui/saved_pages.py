"""Saving, changing and deleting a view of a list: side panels and their answers."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View
from django_htmx.http import HttpResponseClientRedirect

from core.access.models import User
from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.ui import saved
from core.ui.doors import browser_door
from core.ui.models import SavedView
from core.ui.toasts import toast


class SavedViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ("name", "audience", "opens_first")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs |= {
            "autofocus": True,
            "class": "form-control h",
        }
        choices = list(SavedView.Audience.choices)
        if user.team_id is None:
            choices = [each for each in choices if each[0] != SavedView.Audience.TEAM]
        if not rights_of(user).has(saved.ENTITY, "share"):
            choices = [each for each in choices if each[0] != SavedView.Audience.ALL]
        cast(forms.ChoiceField, self.fields["audience"]).choices = choices

    def clean_name(self) -> str:
        """Spaces around it are nobody's intention."""
        return str(self.cleaned_data["name"]).strip()


class SavedViewPage(LoginRequiredMixin, View):
    """What the two panels share."""

    title = "Save this view"

    def reader(self) -> User:
        return cast(User, self.request.user)

    def panel(
        self, form: SavedViewForm, status: int = 200, **more: Any
    ) -> HttpResponse:
        context = {"form": form, "title": self.title, "url": self.request.path, **more}
        return render(self.request, "ui/_saved_view.html", context, status=status)

    def refused(self, form: SavedViewForm, error: DomainError) -> None:
        form.add_error(error.attr if error.attr in form.fields else None, error.detail)


class SaveView(SavedViewPage):
    """Save the list that is open under a name."""

    def get(self, request: HttpRequest, page: str) -> HttpResponse:
        self._page(page)
        return self.panel(
            SavedViewForm(user=self.reader()), params=request.GET.urlencode()
        )

    def post(self, request: HttpRequest, page: str) -> HttpResponse:
        self._page(page)
        text = request.POST.get("params", "")
        form = SavedViewForm(request.POST, user=self.reader())
        if form.is_valid():
            try:
                with browser_door(request.user):
                    made = self._create(page, QueryDict(text), form.cleaned_data)
                return HttpResponseClientRedirect(saved.address_of(made))
            except DomainError as error:
                self.refused(form, error)
        return self.panel(form, status=422, params=text)

    def _create(self, page: str, params: QueryDict, values: Any) -> SavedView:
        left_out = saved.page_class(page).PASSING
        base = params.get("view", "")
        if base.startswith("v") and base[1:].isdigit():
            offered = SavedView.objects.offered_to(self.reader(), page)
            base = getattr(offered.filter(pk=base[1:]).first(), "base", "")
        kept = saved.params_of(params, left_out)
        return saved.saved_view_create(
            user=self.reader(),
            page=page,
            values={**values, "base": base, "params": kept},
        )

    def _page(self, page: str) -> None:
        try:
            entity = saved.page_class(page).entity
        except DomainError as error:
            raise Http404 from error
        if not rights_of(self.request.user).has(entity, "read"):
            raise Http404


class ChangeView(SavedViewPage):
    """Rename, share, replace or delete a view; an empty POST saves what is open."""

    title = "Change this view"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            rows = SavedView.objects.visible_to(request.user)
            found = rows.filter(pk=kwargs["pk"]).first()
            if found is None:
                raise Http404
            self.view = found
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = SavedViewForm(instance=self.view, user=self.reader())
        return self._shown(form)

    def _shown(self, form: SavedViewForm, status: int = 200) -> HttpResponse:
        changes = may(self.request.user, "update", self.view, saved.ENTITY)
        return self.panel(form, status, view=self.view, changes=changes)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.POST.get("do") == "delete":
            return self._delete()
        if request.POST.get("do") == "replace":
            return self._replace(QueryDict(request.POST.get("params", "")))
        before = SavedView.objects.get(pk=self.view.pk)
        form = SavedViewForm(request.POST, instance=self.view, user=self.reader())
        if form.is_valid():
            try:
                with browser_door(request.user):
                    saved.saved_view_update(
                        view=before, user=self.reader(), values=form.cleaned_data
                    )
                return HttpResponseClientRedirect(saved.address_of(before))
            except DomainError as error:
                self.refused(form, error)
        return self._shown(form, status=422)

    def _replace(self, params: QueryDict) -> HttpResponse:
        left_out = saved.page_class(self.view.page).PASSING
        kept = saved.params_of(params, left_out)
        try:
            with browser_door(self.request.user):
                changed = saved.saved_view_update(
                    view=self.view, user=self.reader(), values={"params": kept}
                )
        except DomainError as error:
            return toast(HttpResponse(status=204), error.detail, tone="bad")
        return HttpResponseClientRedirect(saved.address_of(changed))

    def _delete(self) -> HttpResponse:
        try:
            with browser_door(self.request.user):
                saved.saved_view_delete(view=self.view, user=self.reader())
        except DomainError as error:
            return toast(HttpResponse(status=204), error.detail, tone="bad")
        return HttpResponseClientRedirect(reverse(self.view.page))
