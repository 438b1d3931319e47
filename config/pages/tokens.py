"""A person's own API tokens: made, shown once, revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from config.pages.door import SettingsPage
from core.api.models import ApiToken
from core.api.services import token_create
from core.base.text import whole_number
from core.ui.doors import browser_door


class TokenForm(forms.Form):
    """What the token is for."""

    name = forms.CharField(
        max_length=120,
        label="What is it for?",
        widget=forms.TextInput(attrs={"class": "form-control h"}),
    )


class Tokens(SettingsPage):
    """A token acts as its person, with the same rights and no more."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(TokenForm())

    def show(self, form: TokenForm, made: str = "", status: int = 200) -> HttpResponse:
        user: Any = self.request.user
        context = {"form": form, "made": made, "tokens": user.api_tokens.all()}
        answer = render(self.request, "config/tokens.html", context, status=status)
        # The token is on this page once; nobody finds it in a history.
        answer["Cache-Control"] = "no-store"
        return answer

    def post(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        revoked = request.POST.get("revoke", "")
        if revoked:
            wanted = whole_number(revoked) or 0
            row = get_object_or_404(ApiToken, pk=wanted, user=user)
            with browser_door(user):
                row.delete()
            messages.success(request, f"{row} does not work any more.")
            return redirect("token_list")
        form = TokenForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        with browser_door(user):
            _, text = token_create(user=user, name=form.cleaned_data["name"])
        return self.show(TokenForm(), made=text)
