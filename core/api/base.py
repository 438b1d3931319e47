"""The viewset of records: rights, rows, pages, versions and actions in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model, Prefetch
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, viewsets
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.access.entities import entity_of
from core.access.querysets import visible_rows
from core.access.rights import may
from core.api.door import Door, require, version_of
from core.api.pagination import KeysetPagination
from core.api.querying import QUERY_TIMEOUT_MS, QueryFilter
from core.api.serializers import expandable
from core.base.errors import Refused
from core.base.successors import successor_of
from core.base.text import text_problem
from core.query.guard import evaluating


class SearchFilter(BaseFilterBackend):
    """`?search=`: every word, anywhere, through the queryset's own `search`."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Narrow the rows where the queryset can be searched."""
        text = request.query_params.get("search", "")
        if not text or not hasattr(queryset, "search"):
            return queryset
        if problem := text_problem(text, max_length=200):
            raise exceptions.ValidationError({"search": [problem]})
        return queryset.search(text)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameter, where the rows can be searched."""
        if not hasattr(view.get_queryset(), "search"):
            return []
        return [
            {
                "name": "search",
                "in": "query",
                "required": False,
                "description": "Rows that contain every word.",
                "schema": {"type": "string", "maxLength": 200},
            }
        ]


class KnownParameters(BaseFilterBackend):
    """A filter that nobody knows is a 400, never a silently full list."""

    COMMON = frozenset(
        ("cursor", "page_size", "count", "ordering", "search", "query", "expand")
    )

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Compare the parameters with those of the view's FilterSet."""
        filters = getattr(view, "filterset_class", None)
        known = set(self.COMMON)
        if filters is not None:
            known |= set(filters(None, queryset=queryset).form.fields)
            known |= {
                f"{name}_{part}" for name in set(known) for part in ("after", "before")
            }
        for name in request.query_params:
            if name not in known:
                error = exceptions.ErrorDetail("Unknown filter.", code="unknown_filter")
                raise exceptions.ValidationError({name[:80]: [error]})
        return queryset


class ReadViewSet(Door, viewsets.GenericViewSet):
    """Rows of one entity that the caller may see, as pages and one by one.

    `entity` is the key of the rights; `orderings` maps what may be sorted by to the
    column; `expand` look-ups are named by `?expand=`.
    """

    entity: ClassVar[str]
    orderings: ClassVar[Mapping[str, str]] = {"id": "pk"}
    ordering: ClassVar[str] = "-id"
    related: ClassVar[Sequence[str]] = ()
    # The number that was asked for, where another record answers for it.
    merged_from: int | None = None
    pagination_class = KeysetPagination
    filter_backends = [KnownParameters, DjangoFilterBackend, SearchFilter, QueryFilter]
    lookup_value_regex = "[0-9]{1,18}"

    @property
    def model(self) -> Any:
        """The model whose rows these are, as the entity was registered."""
        return entity_of(self.entity).model

    def get_queryset(self) -> Any:
        """The only rows there are: those that the caller may see."""
        model = self.model
        if getattr(self, "swagger_fake_view", False):
            return model._default_manager.none()
        require(self.request.user, self.entity, "read")
        rows = visible_rows(model, self.request.user)
        rows = rows.select_related(*self.related) if self.related else rows
        return rows.prefetch_related(*self._expansions(model))

    def _expansions(self, model: type[Model]) -> list[Prefetch]:
        """One query a look-up, of the rows that the caller may see."""
        return [
            Prefetch(
                name,
                queryset=visible_rows(
                    model._meta.get_field(name).related_model, self.request.user
                ),
            )
            for name in self.expand_names()
        ]

    def expand_names(self) -> list[str]:
        """What `?expand=` asks for; ValidationError for what cannot be expanded."""
        text = self.request.query_params.get("expand", "")
        names = [name for name in text.split(",") if name]
        shape: Any = self.get_serializer_class()
        known = expandable(shape) if hasattr(shape, "Meta") else []
        for name in names:
            if name not in known:
                words = ", ".join(known) or "nothing"
                raise exceptions.ValidationError({"expand": [f"Choose of: {words}."]})
        return names

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["expand"] = self.expand_names()
        return context

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of rows."""
        with evaluating(QUERY_TIMEOUT_MS):
            rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(parameters=[OpenApiParameter("expand", str)])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One row; its version is in the ETag."""
        return self.shown(self.get_object())

    def get_object(self) -> Any:
        """The row of the address, among those that the caller may see."""
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        return self._survivor() if found is None else found

    def _survivor(self) -> Any:
        """The record that a merged one is part of now: to read; a write is a 409."""
        old = int(self.kwargs["pk"])
        survivor = successor_of(self.entity, old)
        rows = self.get_queryset().filter(pk=survivor) if survivor else ()
        found = next(iter(rows), None)
        if found is None:
            raise Http404
        if self.request.method not in SAFE_METHODS:
            raise Refused(
                "merged",
                f"Number {old} was merged into number {survivor}. Write to that one.",
                extra={"survivor": survivor},
            )
        self.merged_from = old
        return found

    def object_for(self, action: str) -> Any:
        """The row, where the caller may do this to it: 404 unseen, 403 not allowed."""
        found = self.get_object()
        if not may(self.request.user, action, found, self.entity):
            raise exceptions.PermissionDenied("Your role does not allow this.")
        return found

    def shown(self, record: Any, status: int = 200) -> Response:
        """A record as an answer, read with the same serializer as in a list."""
        data = self.get_serializer(record).data
        if self.merged_from is not None:
            data = {**data, "merged_from": self.merged_from}
        response = Response(data, status=status)
        if hasattr(record, "version"):
            response["ETag"] = f'"{record.version}"'
        return response


class RecordViewSet(ReadViewSet):
    """Records with their writes: each goes to a service of the owning app.

    A subclass says how to write by `create_record`, `update_record` and
    `delete_record`; it never saves a serializer.
    """

    http_method_names = ["get", "post", "patch", "put", "delete", "head", "options"]

    def create_record(self, values: dict[str, Any]) -> Any:
        """Make the record by a service."""
        raise exceptions.MethodNotAllowed("POST")

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        """Change the record by a service."""
        raise exceptions.MethodNotAllowed("PATCH")

    def delete_record(self, record: Any, version: int | None) -> None:
        """Delete the record by a service."""
        raise exceptions.MethodNotAllowed("DELETE")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a record."""
        require(request.user, self.entity, "create")
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.shown(self.create_record(serializer.validated_data), status=201)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the fields of a record."""
        return self._update(request, partial=False)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the given fields of a record."""
        return self._update(request, partial=True)

    def _update(self, request: Request, *, partial: bool) -> Response:
        record = self.object_for("update")
        serializer = self.get_serializer(record, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        if {"owner", "team"} & set(values) and self._changes_hands(record, values):
            self.object_for("assign")
        return self.shown(self.update_record(record, values, version_of(request)))

    def _changes_hands(self, record: Any, values: dict[str, Any]) -> bool:
        return any(
            name in values and getattr(record, name) != values[name]
            for name in ("owner", "team")
        )

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a record."""
        record = self.object_for("delete")
        self.delete_record(record, version_of(request))
        return Response(status=204)


RecordAction = Callable[[Any, Request, Any, dict[str, Any]], Any]


def record_action(
    name: str,
    *,
    right: str,
    request: type[BaseSerializer] | None = None,
    response: Any = None,
) -> Callable[[RecordAction], Any]:
    """An action of a record: `POST {resource}/{id}/{name}/`.

    The function gets (view, request, record, values): the record is one that the
    caller sees and has the right on, the values are the validated body. What it
    returns is answered: a record as its representation, a Response as it is,
    anything else as JSON.

    Inside a viewset it is a method; an upper app adds it to another app's viewset by
    `extend(LeadViewSet, qualify)`.
    """

    def wrap(function: RecordAction) -> Any:
        def run(self: Any, http: Request, pk: str, **kwargs: Any) -> Response:
            record = self.object_for(right)
            values = body_of(self, http, request)
            try:
                found = function(self, http, record, values)
            except type(record).DoesNotExist as gone:
                # Deleted or merged away since it was looked up.
                raise exceptions.NotFound from gone
            if isinstance(found, Response):
                return found
            return self.shown(found) if isinstance(found, Model) else Response(found)

        run.__name__ = name.replace("-", "_")
        run.__doc__ = function.__doc__
        described = extend_schema(
            request=request, **({} if response is None else {"responses": response})
        )(run)
        return action(
            detail=True,
            methods=["post"],
            url_path=name,
            url_name=name,
            filter_backends=[],
            pagination_class=None,
        )(described)

    return wrap


def body_of(
    view: Any, request: Request, shape: type[BaseSerializer] | None
) -> dict[str, Any]:
    """The validated body; without a serializer the body must be empty."""
    if shape is None:
        if request.data:
            raise exceptions.ValidationError(
                {
                    str(name)[:80]: [
                        exceptions.ErrorDetail("Unknown.", code="unknown_field")
                    ]
                    for name in request.data
                }
            )
        return {}
    serializer = shape(data=request.data, context=view.get_serializer_context())
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def extend(viewset: type[viewsets.GenericViewSet], extra: Any) -> None:
    """Add an action made by `record_action` or DRF's `action` to a viewset.

    Called when an upper app's API module is loaded, before the addresses are made.
    """
    setattr(viewset, extra.__name__, extra)
