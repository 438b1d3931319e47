"""The Django admin as another door: the same rows, rights and services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from core.access.admin_forms import SEEN, SeenForm, problems_of, refused_form
from core.access.entities import entity_for_model
from core.access.querysets import visible_rows
from core.access.rights import may, rights_of
from core.base.errors import DomainError, Stale
from core.base.models import Stamped
from core.journal.services import acting

SAFE = ("GET", "HEAD", "OPTIONS")
REFUSAL = "_handoff_refusal"


class HandoffModelAdmin(ModelAdmin):
    """Rows by `visible_to`, actions by the roles, writes by services.

    A subclass sets `entity` where the model is not an entity of its own, and writes
    by overriding `create`, `update` and `remove`; the given ones save the row and
    serve for settings without rules.
    """

    entity: ClassVar[str] = ""
    form = SeenForm
    show_full_result_count = False
    list_per_page = 50

    def entity_key(self) -> str:
        """The key under which the rights of these rows are granted."""
        found = entity_for_model(self.model)
        return self.entity or (found.key if found else "")

    def allowed(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        """Whether the roles allow this action, on this row where one is given."""
        user: Any = request.user
        if not user.is_authenticated or not user.is_active:
            return False
        if obj is None or obj.pk is None:
            return rights_of(user).has(self.entity_key(), action)
        return may(user, action, obj, self.entity_key())

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "read")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A hidden row never gets here: the queryset does not hold it.
        return self.allowed(request, "read")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "update", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "delete", obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The rows that the user may see."""
        rows = visible_rows(self.model, request.user)
        ordering = self.get_ordering(request)
        found: QuerySet = rows.order_by(*ordering) if ordering else rows
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search by the indexed text where the rows have one."""
        if search_term and hasattr(queryset, "search"):
            return queryset.search(search_term.replace("\x00", "")), False
        rows, distinct = super().get_search_results(request, queryset, search_term)
        return rows, bool(distinct)

    def formfield_for_foreignkey(
        self, db_field: Any, request: Any, **kwargs: Any
    ) -> Any:
        """Only what the user may see can be chosen."""
        kwargs.setdefault(
            "queryset", visible_rows(db_field.related_model, request.user)
        )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Write inside the door; what a service refuses is undone and told there."""

        def view() -> Any:
            return super(HandoffModelAdmin, self).changeform_view(
                request, object_id, form_url, extra_context
            )

        if request.method in SAFE:
            return view()
        user: Any = request.user
        try:
            with acting(user, via="admin"):
                return view()
        except DomainError as error:
            # The form again, with what was typed and what is wrong with it.
            setattr(request, REFUSAL, error)
            return view()

    def get_form(
        self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form; with what a service refused, where it just did."""
        form = super().get_form(request, obj, change=change, **kwargs)
        error = getattr(request, REFUSAL, None)
        return refused_form(form, error) if error else form

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """The fields, and the version seen where somebody may change the row."""
        sets = super().get_fieldsets(request, obj)
        if not isinstance(obj, Stamped) or not self.has_change_permission(request, obj):
            return sets
        (name, options), *rest = sets
        fields = [*options["fields"], SEEN]
        return [(name, {**options, "fields": fields}), *rest]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> Any:
        """Delete inside the door."""
        return self._through(
            request,
            lambda: super(HandoffModelAdmin, self).delete_view(
                request, object_id, extra_context
            ),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Run actions inside the door."""
        return self._through(
            request,
            lambda: super(HandoffModelAdmin, self).changelist_view(
                request, extra_context
            ),
        )

    def _through(
        self, request: HttpRequest, view: Callable[[], HttpResponseBase]
    ) -> HttpResponseBase:
        if request.method in SAFE:
            return view()
        user: Any = request.user
        try:
            with acting(user, via="admin"):
                return view()
        except DomainError as error:
            messages.error(request, told(error))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Hand the changed fields to the service; the object becomes what it made."""
        values = {
            name: form.cleaned_data[name]
            for name in form.changed_data
            if name in form.cleaned_data and name != SEEN
        }
        if change:
            self.check_seen(request, obj, form.cleaned_data.get(SEEN))
            saved = self.update(request, obj, values)
        else:
            saved = self.create(request, obj, values)
        obj.__dict__.update(saved.__dict__)

    def check_seen(self, request: Any, obj: Any, seen: int | None) -> None:
        """Raise Stale where the row moved on since it was looked at.

        `obj` was read at the start of this request. A service that takes the version
        gets it from `seen_version` and compares it under its lock.
        """
        setattr(request, SEEN, seen)
        if seen is not None and isinstance(obj, Stamped) and obj.version != seen:
            raise Stale(
                "version_mismatch",
                "Somebody changed this meanwhile. Open it again to see what is there "
                "now; what you typed is still below.",
            )

    def seen_version(self, request: HttpRequest) -> int | None:
        """The version that the person looked at, for the service that writes."""
        return getattr(request, SEEN, None)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        """Make the row; `obj` is what the form filled in."""
        obj.save()
        return obj

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        """Change the row; `obj` is what the form filled in."""
        obj.save()
        return obj

    def remove(self, request: Any, obj: Any) -> None:
        """Delete the row."""
        obj.delete()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete each row by the service; DomainError where one may not go."""
        for obj in queryset:
            if not may(request.user, "delete", obj, self.entity_key()):
                raise DomainError("permission_denied", f"You may not delete {obj}.")
            self.remove(request, obj)


class ReadOnlyAdmin(HandoffModelAdmin):
    """Rows to look at; nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PairAdmin(ReadOnlyAdmin):
    """Rows whose key is a pair of other rows, read through a view that names each.

    `pair` are the columns behind the name "1-2": a row is found by them, by the
    table's index, and not by its name.
    """

    pair: ClassVar[tuple[str, str]]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row of this name among those that the user may see."""
        numbers = object_id.split("-")
        if len(numbers) != 2 or not all(map(str.isdecimal, numbers)):
            return None
        found = zip(self.pair, map(int, numbers), strict=True)
        return self.get_queryset(request).filter(**dict(found)).first()


def told(error: DomainError) -> str:
    """What went wrong, with the fields."""
    if not error.extra.get("errors"):
        return error.detail
    return " ".join(
        f"{attr}: {detail}" if attr else detail for attr, detail in problems_of(error)
    )


def admin_csp(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the admin theme evaluates expressions; only `/admin/` may."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/admin/"):
            allowed = {"script-src": ["'unsafe-eval'"]}
            setattr(response, "_csp_update", allowed)  # noqa: B010 - django-csp's hook
        return response

    return middleware


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The one sign-in page, and back to where one wanted to go."""
    target = redirect(settings.LOGIN_URL)
    target["Location"] += f"?next={request.path}"
    return target
