"""Saved views: a list as somebody left it, for oneself or shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, resolve, reverse

from core.access.entities import Entity, register_entity
from core.access.models import User
from core.access.querysets import widen_visibility
from core.access.rights import may, rights_of
from core.base.errors import Denied, Invalid
from core.base.text import text_problem
from core.ui.models import SavedView, shared_with

ENTITY = "saved_view"
LONGEST = 20_000
MOST = 200
WRITABLE = ("name", "base", "params", "audience", "opens_first")

Params = Mapping[str, Any]


def register() -> None:
    """Make saved views known as things that roles speak of."""
    register_entity(
        Entity(
            ENTITY,
            "Saved view",
            "Saved views",
            SavedView,
            extra_actions={"share": "Share with everybody"},
        )
    )
    widen_visibility(ENTITY, shared_with)


@transaction.atomic
def saved_view_create(*, user: User, page: str, values: Mapping[str, Any]) -> SavedView:
    """Save a list as this user left it. Raises Invalid, Denied for a too wide share."""
    made = SavedView(page=page, owner=user, team=user.team)
    if SavedView.objects.filter(owner=user, page=page).count() >= MOST:
        raise Invalid("too_many", f"You have {MOST} views here. Delete one first.")
    return _saved(made, user, values)


@transaction.atomic
def saved_view_update(
    *, view: SavedView, user: User, values: Mapping[str, Any]
) -> SavedView:
    """Change what a view shows, its name or who sees it."""
    locked = SavedView.objects.select_for_update().get(pk=view.pk)
    if not may(user, "update", locked, ENTITY):
        raise Denied("Only who saved this view may change it.")
    return _saved(locked, user, values)


@transaction.atomic
def saved_view_delete(*, view: SavedView, user: User) -> None:
    """Delete a view; nobody loses a row by it."""
    if not may(user, "delete", view, ENTITY):
        raise Denied("Only who saved this view may delete it.")
    view.delete()


def _saved(view: SavedView, user: User, values: Mapping[str, Any]) -> SavedView:
    wide = values.get("audience") == SavedView.Audience.ALL
    if wide and view.audience != SavedView.Audience.ALL:
        _check_wide(user)
    for name in WRITABLE:
        if name in values:
            setattr(view, name, values[name])
    view.name = str(view.name).strip()
    if problem := text_problem(view.name, max_length=60):
        raise Invalid("invalid", problem, attr="name")
    page = page_class(view.page)
    view.params = params_clean(page, view.params, user)
    if view.base and view.base not in {each.key for each in page().system_views}:
        raise Invalid("unknown_view", "This list has no such view.", attr="base")
    try:
        view.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    if view.opens_first:
        _others(view).update(opens_first=False)
    view.save()
    return view


def _check_wide(user: User) -> None:
    if not rights_of(user).has(ENTITY, "share"):
        raise Denied("Your role shares views with the own team only.")


def _others(view: SavedView) -> Any:
    mine = SavedView.objects.filter(owner=view.owner, page=view.page, opens_first=True)
    return mine.exclude(pk=view.pk)


def page_class(name: str) -> Any:
    """The list page at this address; Invalid where there is none."""
    try:
        found = getattr(resolve(reverse(name)).func, "view_class", None)
    except NoReverseMatch:
        found = None
    if found is None or not hasattr(found, "system_views"):
        raise Invalid("unknown_list", "There is no such list.", attr="page")
    return found


def params_clean(page: Any, params: Params, user: User) -> dict[str, list[str]]:
    """The parameters as they are kept. Raises Invalid for what the list cannot read."""
    if not isinstance(params, Mapping) or len(str(params)) > LONGEST:
        raise Invalid(
            "invalid", "These are not the parameters of a list.", attr="params"
        )
    kept = {
        str(name): [str(each) for each in _listed(value) if str(each)]
        for name, value in params.items()
    }
    kept = {name: values for name, values in sorted(kept.items()) if values}
    kept.pop("view", None)
    _check_params(page, kept, user)
    return kept


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _check_params(page: Any, kept: Mapping[str, list[str]], user: User) -> None:
    """Open the list with them, as its page would."""
    request = HttpRequest()
    request.GET, request.user = QueryDict(urlencode(kept, doseq=True)), user
    trial = page()
    trial.setup(request)
    known = {*trial.own_params, *trial.filterset.form.fields}
    parts = {f"{name}_{end}" for name in known for end in ("after", "before")}
    for name in kept:
        if name not in known | parts:
            raise Invalid(
                "unknown_filter", f"This list has no filter {name}.", attr="params"
            )
    if trial.conditions.problem:
        raise Invalid("invalid_query", trial.conditions.problem, attr="params")
    if errors := trial.filterset.form.errors:
        name, texts = next(iter(errors.items()))
        raise Invalid("invalid_filter", f"{name}: {texts[0]}", attr="params")


def address_of(view: SavedView) -> str:
    """Where this view opens: its list with every parameter in the address."""
    pairs = urlencode({"view": view.key, **view.params}, doseq=True)
    return f"{reverse(view.page)}?{pairs}"


def differs(view: SavedView, params: QueryDict, own: tuple[str, ...]) -> bool:
    """Whether the list in the address is not what was saved any more."""
    return bool(params_of(params, own) != view.params)


def params_of(params: QueryDict, left_out: tuple[str, ...]) -> dict[str, list[str]]:
    """What of an address a saved view keeps."""
    found = {
        name: [each for each in params.getlist(name) if each]
        for name in sorted(params)
        if name not in left_out and name != "view"
    }
    return {name: values for name, values in found.items() if values}
