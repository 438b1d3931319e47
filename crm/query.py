"""What the query language can reach of customers and leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.access.models import Team, User
from core.query.interactions import register_interactions
from core.query.registry import (
    CUSTOM,
    Field,
    QueryEntity,
    Relation,
    register_query_entity,
)
from crm.models import (
    Account,
    Activity,
    Campaign,
    Choice,
    Contact,
    CustomField,
    Lead,
    LeadParty,
    Product,
    StatusReason,
)
from crm.services.processes import process_choices, stage_choices

# Kept by the database for search, sort and match; they are no facts of their own.
_INTERNAL = frozenset(
    {
        "sort_name",
        "search_text",
        "email_norm",
        "name_norm",
        "custom",
        "version",
        "process_ticks",
    }
)
# Extensible lists: the name of the field is the name of the list of its choices.
_LISTS = frozenset(
    {
        "salutation",
        "industry",
        "lead_source",
        "relationship",
        "buying_role",
        "purchase_timeframe",
        "purchase_process",
    }
)
_CUSTOM_KINDS = {"multi_choice": "multi"}


def _list_choices(name: str) -> Callable[[], list[tuple[str, str]]]:
    def choices() -> list[tuple[str, str]]:
        active = Choice.objects.filter(list=name, active=True)
        return [(value, value) for value in active.values_list("value", flat=True)]

    return choices


def _kind(column: models.Field[Any, Any]) -> str | None:
    if isinstance(column, models.ForeignKey):
        return "lookup"
    if column.choices and isinstance(column, models.CharField):
        return "code"
    if column.name in _LISTS:
        return "choice"
    kinds: list[tuple[type[models.Field[Any, Any]], str]] = [
        (models.DateTimeField, "datetime"),
        (models.DateField, "date"),
        (models.BooleanField, "boolean"),
        (models.IntegerField, "number"),
        (models.DecimalField, "number"),
        (models.CharField, "text"),
        (models.TextField, "text"),
        (ArrayField, "multi"),
    ]
    return next((kind for type_, kind in kinds if isinstance(column, type_)), None)


def field_of(column: Any) -> Field | None:
    """A column as a field of the query language, or None where it is internal."""
    kind = _kind(column)
    if kind is None or column.name in _INTERNAL:
        return None
    label = re.sub(r"line(\d)$", r"line \1", str(column.verbose_name))
    choices: Any = column.flatchoices or None
    if column.name in _LISTS:
        choices = _list_choices(column.name)
    target = None
    if isinstance(column, models.ForeignKey):
        target = column.related_model._meta.model_name
    return Field(
        column.name,
        "ID" if column.primary_key else label[:1].upper() + label[1:],
        kind,
        choices=choices,
        target=target,
        path=column.attname if target else None,
        columns=(column.name,),
    )


def fields_of(model: type[models.Model]) -> list[Field]:
    """Every column of a model that says something, as fields."""
    found = (field_of(column) for column in model._meta.concrete_fields)
    return [field for field in found if field is not None]


def custom_fields(entity: str) -> Callable[[], Iterable[Field]]:
    """The custom fields of an entity, read anew for each tree."""

    def read() -> list[Field]:
        return [
            Field(
                f"{CUSTOM}{item.key}",
                item.label,
                _CUSTOM_KINDS.get(item.kind, item.kind),
                choices=[_choice(choice) for choice in item.choices] or None,
                path="custom",
                json=item.key,
                columns=("custom",),
                hidden=not item.active,
            )
            for item in CustomField.objects.filter(entity=entity)
        ]

    return read


def _choice(value: Any) -> tuple[str, str]:
    """A choice is a text, or an object with its value and label."""
    if isinstance(value, dict):
        stored = str(value.get("value", ""))
        return stored, str(value.get("label", stored))
    return str(value), str(value)


def _people() -> None:
    wanted = ("id", "username", "first_name", "last_name", "email", "is_active")
    columns = [User._meta.get_field(name) for name in (*wanted, "team", "job_title")]
    fields = [field_of(column) for column in columns]
    register_query_entity(
        QueryEntity(
            "user",
            "User",
            "Users",
            User,
            [field for field in fields if field],
            [Relation("team", "Team", "team")],
            start=False,
        )
    )
    register_query_entity(
        QueryEntity("team", "Team", "Teams", Team, fields_of(Team), start=False)
    )


def _lists() -> None:
    for key, model in (("product", Product), ("campaign", Campaign)):
        register_query_entity(
            QueryEntity(
                key,
                key.capitalize(),
                f"{key.capitalize()}s",
                model,
                fields_of(model),
                [Relation("leads", "Leads", "lead")],
                start=False,
            )
        )


_OWNERS = [Relation("owner", "Owner", "user"), Relation("team", "Team", "team")]


def _account() -> None:
    register_query_entity(
        QueryEntity(
            "account",
            "Account",
            "Accounts",
            Account,
            fields_of(Account),
            [
                Relation("contacts", "Contacts", "contact"),
                Relation("primary_contact", "Primary contact", "contact"),
                Relation("leads", "Leads", "lead"),
                Relation("parent", "Parent account", "account"),
                Relation("subsidiaries", "Subsidiaries", "account"),
                Relation("originating_lead", "Originating lead", "lead"),
                Relation(
                    "activities",
                    "Activities",
                    "activity",
                    local="pk",
                    remote="account_id",
                ),
                *_OWNERS,
            ],
            dynamic=custom_fields("account"),
        )
    )


def _contact() -> None:
    register_query_entity(
        QueryEntity(
            "contact",
            "Contact",
            "Contacts",
            Contact,
            fields_of(Contact),
            [
                Relation("account", "Account", "account"),
                Relation("leads", "Leads", "lead"),
                Relation("lead_parties", "Part in leads", "lead_party"),
                Relation("guardian", "Parent or guardian", "contact"),
                Relation("wards", "Children", "contact"),
                Relation("originating_lead", "Originating lead", "lead"),
                Relation(
                    "activities",
                    "Activities",
                    "activity",
                    local="pk",
                    remote="contact_id",
                ),
                *_OWNERS,
            ],
            dynamic=custom_fields("contact"),
        )
    )


def _codes(model: str) -> dict[str, Callable[[], list[tuple[str, str]]]]:
    """Columns whose values are keys of what administrators define."""
    stages = {"stage": lambda: stage_choices(model)} if model == "lead" else {}
    return {
        **stages,
        "process": process_choices,
        "status_reason": lambda: [
            (row.value, row.label) for row in StatusReason.objects.filter(entity=model)
        ],
    }


def coded(entity: str, fields: list[Field]) -> list[Field]:
    """The fields of an entity whose states, stages and processes are data."""
    codes = _codes(entity)
    return [
        replace(field, kind="code", choices=codes[field.name])
        if field.name in codes
        else field
        for field in fields
    ]


def _lead() -> None:
    register_query_entity(
        QueryEntity(
            "lead",
            "Lead",
            "Leads",
            Lead,
            coded("lead", fields_of(Lead)),
            [
                Relation("parent_contact", "Parent contact", "contact"),
                Relation("parent_account", "Parent account", "account"),
                Relation("product", "Product", "product"),
                Relation("campaign", "Campaign", "campaign"),
                Relation("parties", "People and accounts", "lead_party"),
                Relation(
                    "activities", "Activities", "activity", local="pk", remote="lead_id"
                ),
                *_OWNERS,
            ],
            dynamic=custom_fields("lead"),
        )
    )


def _parties() -> None:
    register_query_entity(
        QueryEntity(
            "lead_party",
            "Person or account of a lead",
            "People and accounts of leads",
            LeadParty,
            fields_of(LeadParty),
            [
                Relation("lead", "Lead", "lead"),
                Relation("contact", "Contact", "contact"),
                Relation("account", "Account", "account"),
            ],
            start=False,
        )
    )


def _activity() -> None:
    register_query_entity(
        QueryEntity(
            "activity",
            "Activity",
            "Activities",
            Activity,
            fields_of(Activity),
            [
                Relation("contact", "Contact", "contact"),
                Relation("lead", "Lead", "lead"),
                Relation("account", "Account", "account"),
                *_OWNERS,
            ],
        )
    )


def register() -> None:
    """Register every entity of this app; called from AppConfig.ready()."""
    register_interactions()
    for entity in (_contact, _account, _lead, _parties, _activity, _people, _lists):
        entity()


__all__ = ["coded", "custom_fields", "field_of", "fields_of", "register"]
