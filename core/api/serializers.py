"""Serializers that say what they do not know, with look-ups as ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.utils import model_meta

from core.access.querysets import visible_rows

_by_model: dict[type[models.Model], type[serializers.ModelSerializer]] = {}


def serializer_for(
    model: type[models.Model],
) -> type[serializers.ModelSerializer] | None:
    """The serializer that shows rows of this model, for `?expand=`."""
    return _by_model.get(model)


class StrictSerializer(serializers.Serializer):
    """Unknown keys are refused by name, and so is a read-only one that differs."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the keys, then the values; all problems are answered at once."""
        problems = self._key_problems(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**detail, **problems}) from error
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def _key_problems(self, data: Mapping[str, Any]) -> dict[str, Any]:
        problems: dict[str, Any] = {}
        for name in data:
            field = self.fields.get(name)
            if field is None:
                problems[str(name)[:80]] = serializers.ErrorDetail(
                    "There is no such field.", code="unknown_field"
                )
            elif field.read_only and not self._same(name, data[name]):
                problems[name] = serializers.ErrorDetail(
                    "This field cannot be written.", code="read_only"
                )
        return {name: [problem] for name, problem in problems.items()}

    def _same(self, name: str, value: Any) -> bool:
        """A client may send back what it read."""
        if self.instance is None or not isinstance(self.instance, models.Model):
            return False
        shown = serializers.Serializer.to_representation(self, self.instance)
        return bool(shown.get(name, empty) == value)


@extend_schema_field(OpenApiTypes.INT)
class LookupField(serializers.PrimaryKeyRelatedField):
    """Another record by its id; only those that the caller may see can be chosen."""

    def get_queryset(self) -> Any:
        """The rows that the caller may see."""
        rows = super().get_queryset()
        request = self.context.get("request")
        if rows is None or request is None:
            return rows
        return visible_rows(rows.model, request.user)


class RecordSerializer(StrictSerializer, serializers.ModelSerializer):
    """A record: explicit fields, look-ups as ids, `?expand=` for the objects."""

    serializer_related_field = LookupField

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        meta = getattr(cls, "Meta", None)
        if meta is not None and getattr(meta, "model", None) is not None:
            _by_model.setdefault(meta.model, cls)

    def get_unique_together_validators(self) -> list[Any]:
        """The database decides, in the same transaction."""
        return []

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        kind, kwargs = super().build_standard_field(field_name, model_field)
        if isinstance(model_field, models.GeneratedField):
            kwargs = {"read_only": True}
        return kind, kwargs

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The record, with the look-ups of `?expand=` as objects where visible."""
        shown: dict[str, Any] = super().to_representation(instance)
        for name in self.context.get("expand", ()):
            if name in shown and shown[name] is not None:
                shown[name] = self._expanded(getattr(instance, name)) or shown[name]
        return shown

    def _expanded(self, related: Any) -> dict[str, Any] | None:
        shape = serializer_for(type(related)) if related is not None else None
        if shape is None:
            return None
        inner = {k: v for k, v in self.context.items() if k != "expand"}
        return dict(shape(related, context=inner).data)


def expandable(serializer: type[serializers.ModelSerializer]) -> list[str]:
    """The look-ups of a serializer that can be expanded."""
    meta: Any = serializer.Meta
    relations = model_meta.get_field_info(meta.model).forward_relations
    return [
        name
        for name in meta.fields
        if name in relations and relations[name].related_model in _by_model
    ]
