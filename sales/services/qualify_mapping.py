"""The fields that go over from a lead: reading, changing and checking the mapping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core.base.errors import Invalid
from crm.models import CustomField, Lead
from crm.services.kinds import kind_of
from sales import rules
from sales.models import QualifyMapping
from sales.qualification.fields import (
    CUSTOM,
    FIXED,
    OWN_RULES,
    TARGETS,
    FieldType,
    column_type,
    custom_type,
    misfit,
)

Mappings = dict[str, dict[str, str]]


def field_types(entity: str) -> dict[str, FieldType]:
    """The fields of an entity that a mapping can name, custom ones included."""
    kind = kind_of(entity)
    found = {
        column.name: column_type(column, kind.choices)
        for column in kind.model._meta.concrete_fields
        if column.name in kind.fields and column.name not in OWN_RULES
    }
    rows = CustomField.objects.filter(entity=entity, active=True)
    return found | {
        f"{CUSTOM}{row.key}": custom_type(row.kind, row.label, row.choices)
        for row in rows
    }


def target_types(entity: str) -> dict[str, FieldType]:
    """The fields that can be filled from a lead."""
    fixed = FIXED.get(entity, {})
    return {n: t for n, t in field_types(entity).items() if n not in fixed}


def mappings_now() -> Mappings:
    """{entity: {field: field of the lead}} with the fixed names (one query)."""
    found: Mappings = defaultdict(dict)
    for entity in TARGETS:
        found[entity] = dict(FIXED[entity])
    for entity, name, origin in QualifyMapping.objects.values_list(
        "entity", "field", "lead_field"
    ):
        found[entity][name] = origin
    return found


@transaction.atomic
def qualify_mapping_save(
    *, row: QualifyMapping, values: Mapping[str, Any]
) -> QualifyMapping:
    """Fill a field from a field of the lead, after a check that the types fit.

    Raises Invalid at `entity`, `field` or `lead_field`.
    """
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    if row.entity not in TARGETS:
        raise Invalid(
            "invalid_choice", f"Choose one of: {', '.join(TARGETS)}.", attr="entity"
        )
    target = _known(target_types(row.entity), row.field, "field", row.entity)
    source = _known(field_types("lead"), row.lead_field, "lead_field", "lead")
    if problem := misfit(source, target):
        raise Invalid("types_differ", problem, attr="lead_field")
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    row.save()
    return row


def _known(
    types: Mapping[str, FieldType], name: str, attr: str, entity: str
) -> FieldType:
    found = types.get(name)
    if found is None:
        text = f'"{name[:80]}" is no field of the {entity} that can go over.'
        raise Invalid("unknown_field", text, attr=attr)
    return found


@transaction.atomic
def qualify_mapping_delete(*, row: QualifyMapping) -> None:
    """Leave a field alone from now on; what was filled stays."""
    row.delete()


@transaction.atomic
def qualify_mappings_set(wanted: Mapping[tuple[str, str], str]) -> None:
    """Make the mapping of these (entity, field) what is given; blank leaves one out.

    Only what differs is written; others stay. Raises Invalid for what does not fit.
    """
    found = {(row.entity, row.field): row for row in QualifyMapping.objects.all()}
    for (entity, name), origin in wanted.items():
        row = found.get((entity, name))
        if row is not None and not origin:
            qualify_mapping_delete(row=row)
        elif origin and (row is None or row.lead_field != origin):
            values = {"entity": entity, "field": name, "lead_field": origin}
            qualify_mapping_save(row=row or QualifyMapping(), values=values)


SHIPPED: Mappings = {
    "account": rules.ACCOUNT_FROM_LEAD,
    "contact": rules.CONTACT_FROM_LEAD,
    "opportunity": rules.OPPORTUNITY_FROM_LEAD,
}


def ensure_mapping() -> None:
    """Make the shipped mapping where there is none; what somebody edited stays."""
    if not QualifyMapping.objects.exists():
        QualifyMapping.objects.bulk_create(_shipped_rows(), ignore_conflicts=True)


@transaction.atomic
def qualify_mapping_reset() -> None:
    """Bring back the mapping as it was shipped."""
    QualifyMapping.objects.all().delete()
    QualifyMapping.objects.bulk_create(_shipped_rows())


def _shipped_rows() -> list[QualifyMapping]:
    return [
        QualifyMapping(entity=entity, field=name, lead_field=origin)
        for entity, pairs in SHIPPED.items()
        for name, origin in pairs.items()
        if name not in FIXED[entity]
    ]


def lead_facts(lead: Lead) -> dict[str, Any]:
    """What a lead says, by the names that the mapping uses."""
    facts = {
        column.name: getattr(lead, column.attname)
        for column in lead._meta.concrete_fields
    }
    return facts | {f"{CUSTOM}{key}": value for key, value in lead.custom.items()}


def record_facts(record: Any) -> dict[str, Any]:
    """What a contact, account or opportunity says, by the same names."""
    facts = {
        column.name: getattr(record, column.attname)
        for column in record._meta.concrete_fields
    }
    return facts | {f"{CUSTOM}{key}": value for key, value in record.custom.items()}
