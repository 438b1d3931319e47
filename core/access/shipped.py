"""The roles that every installation has: DESIGN's table of rights, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction

from core.access.levels import Level
from core.access.models import Grant, Role

CUSTOMERS = ("contact", "account")
WORK = ("activity", "note", "attachment")
CONTENT = (
    "segment",
    "segment_template",
    "form",
    "page",
    "submission",
    "email",
    "journey",
    "scoring_model",
    "campaign",
)
CATALOGUE = ("product", "tag")
RULES = ("assignment_rule",)
SETTINGS = (
    "matching_strategy",
    "duplicate_rule",
    "custom_field",
    "qualify_mapping",
    "choice",
    "team",
    "role",
    "organisation",
    "pipeline",
    "currency",
    "status_reason",
    "process",
)
CHANGE = ("create", "update", "delete")
HAND_OVER = ("assign",)
LEAD_STEPS = (
    "assign",
    "qualify",
    "disqualify",
    "return_to_marketing",
    "mark_sales_ready",
)
PUBLISH = ("publish",)
RUN = ("activate", "run")
EVERYBODY_READS = (
    *CATALOGUE,
    "user",
    "team",
    "choice",
    "custom_field",
    "pipeline",
    "currency",
    "status_reason",
    "process",
    "competitor",
)

ALL, OWN, TEAM = Level.ALL, Level.OWN, Level.TEAM
BELOW, TEAM_UNOWNED = Level.BELOW, Level.TEAM_UNOWNED

Line = tuple[Iterable[str], Iterable[str], str]


@dataclass(frozen=True)
class ShippedRole:
    """One role: (entities, actions, level) lines that add up."""

    key: str
    name: str
    area: str
    description: str
    lines: tuple[Line, ...]

    def grants(self) -> Iterator[tuple[str, str, str]]:
        """Every (entity, action, level) of the role."""
        for entities, actions, level in self.lines:
            for entity in entities:
                for action in actions:
                    yield entity, action, level


READ = ("read",)
EVERYTHING_READ: Line = (
    (*CUSTOMERS, "lead", "opportunity", *WORK, *CONTENT),
    READ,
    ALL,
)
NAMES_READ: Line = (EVERYBODY_READS, READ, ALL)
SETTINGS_READ: Line = (
    ("workflow", *RULES, *SETTINGS, "user", *CATALOGUE, "competitor"),
    READ,
    ALL,
)

# Possible duplicates: whoever may change one of the two decides about a pair.
DUPLICATES: Line = (("duplicate",), ("read", "update"), ALL)
SCAN: Line = (("duplicate",), ("scan",), ALL)

# Of what one may delete, the bin shows what was deleted.
BIN: Line = (("deleted_record",), ("read", "update"), ALL)

# Whoever finds somebody whom marketing knows may take that person on.
MAKE_SALES: Line = (("contact",), ("make_sales",), ALL)

# How everybody looks at lists is their own affair.
OWN_VIEWS: Line = (("saved_view",), ("read", *CHANGE), OWN)
SHARES_VIEWS: Line = (("saved_view",), ("share",), ALL)

ROLES: tuple[ShippedRole, ...] = (
    ShippedRole(
        "administrator",
        "Administrator",
        "settings",
        "Everything, with people, rights and settings.",
        (
            BIN,
            EVERYTHING_READ,
            SETTINGS_READ,
            ((*CUSTOMERS, *WORK, "campaign"), (*CHANGE, *HAND_OVER), ALL),
            (("lead",), (*CHANGE, *LEAD_STEPS, "reactivate", "delete_closed"), ALL),
            (("lead",), ("take_over",), ALL),
            MAKE_SALES,
            DUPLICATES,
            SCAN,
            (
                ("opportunity",),
                (*CHANGE, "assign", "close", "reopen"),
                ALL,
            ),
            (CONTENT, (*CHANGE, *PUBLISH), ALL),
            (("segment",), ("members",), ALL),
            (("submission",), ("retry",), ALL),
            (("workflow",), (*CHANGE, *RUN), ALL),
            ((*RULES, *SETTINGS, *CATALOGUE, "user", "competitor"), CHANGE, ALL),
            (("import", "api_token", "failed_event"), ("read", *CHANGE), ALL),
            (("audit",), READ, ALL),
            (("saved_view",), ("read", *CHANGE), ALL),
            SHARES_VIEWS,
        ),
    ),
    ShippedRole(
        "marketing_manager",
        "Marketing manager",
        "marketing",
        "All of marketing, with every lead and the workflows.",
        (
            BIN,
            EVERYTHING_READ,
            SETTINGS_READ,
            ((*CUSTOMERS, *WORK), (*CHANGE, *HAND_OVER), ALL),
            MAKE_SALES,
            DUPLICATES,
            SCAN,
            (("lead",), (*CHANGE, *LEAD_STEPS, "reactivate"), ALL),
            (CONTENT, (*CHANGE, *PUBLISH), ALL),
            (("segment",), ("members",), ALL),
            (("submission",), ("retry",), ALL),
            (("workflow",), (*CHANGE, *RUN), ALL),
            (CATALOGUE, CHANGE, ALL),
            (("import",), ("read", "create", "update"), ALL),
            OWN_VIEWS,
            SHARES_VIEWS,
        ),
    ),
    ShippedRole(
        "marketer",
        "Marketer",
        "marketing",
        "Customers, open leads and the content of the own team.",
        (
            BIN,
            EVERYTHING_READ,
            SETTINGS_READ,
            ((*CUSTOMERS, *WORK), (*CHANGE, *HAND_OVER), ALL),
            MAKE_SALES,
            DUPLICATES,
            (("lead",), (*CHANGE, *LEAD_STEPS), ALL),
            (CONTENT, ("create",), ALL),
            (CONTENT, ("update", "delete", *PUBLISH), TEAM),
            # Whoever sees a contact may put it into a static segment.
            (("segment",), ("members",), ALL),
            (("submission",), ("retry",), TEAM),
            (("tag",), CHANGE, ALL),
            (("import",), ("read", "create", "update"), OWN),
            OWN_VIEWS,
        ),
    ),
    ShippedRole(
        "sales_manager",
        "Sales manager",
        "sales",
        "The leads and opportunities of the own team and the teams below it.",
        (
            BIN,
            EVERYTHING_READ,
            SETTINGS_READ,
            (CUSTOMERS, ("create",), ALL),
            MAKE_SALES,
            DUPLICATES,
            SCAN,
            (CUSTOMERS, ("update", "delete", *HAND_OVER), BELOW),
            (("lead", "opportunity"), ("create",), ALL),
            (
                ("lead",),
                ("update", "delete", *LEAD_STEPS, "reactivate", "take_over"),
                BELOW,
            ),
            (("lead",), ("take_over", "assign"), TEAM_UNOWNED),
            (
                ("opportunity",),
                ("update", "delete", "assign", "close", "reopen"),
                BELOW,
            ),
            (WORK, ("create",), ALL),
            (WORK, ("update", "delete"), BELOW),
            (("segment",), ("members",), ALL),
            (RULES, CHANGE, ALL),
            (("tag",), ("create", "update"), ALL),
            (("competitor",), CHANGE, ALL),
            (("import",), ("read", "create", "update"), OWN),
            OWN_VIEWS,
            SHARES_VIEWS,
        ),
    ),
    ShippedRole(
        "salesperson",
        "Salesperson",
        "sales",
        "The own leads and opportunities, and the unowned leads to take over.",
        (
            (CUSTOMERS, READ, ALL),
            (CUSTOMERS, ("create",), ALL),
            MAKE_SALES,
            DUPLICATES,
            (CUSTOMERS, ("update", *HAND_OVER), OWN),
            (("lead",), READ, TEAM_UNOWNED),
            (("lead",), ("create",), ALL),
            (("lead",), ("update", *LEAD_STEPS, "reactivate"), OWN),
            (("lead",), ("take_over",), TEAM_UNOWNED),
            (("competitor",), ("create", "update"), ALL),
            (("opportunity",), READ, TEAM),
            (("opportunity",), ("create",), ALL),
            (("opportunity",), ("update", "assign", "close", "reopen"), OWN),
            (WORK, READ, ALL),
            (WORK, ("create",), ALL),
            (WORK, ("update", "delete"), OWN),
            (("segment", "form", "page", "email", "journey"), READ, ALL),
            (("scoring_model", "campaign"), READ, ALL),
            (("segment",), ("members",), ALL),
            NAMES_READ,
            OWN_VIEWS,
        ),
    ),
    ShippedRole(
        "integration",
        "Integration",
        "marketing",
        "A machine: all customers, leads and opportunities over the API.",
        (
            BIN,
            EVERYTHING_READ,
            ((*CUSTOMERS, *WORK), (*CHANGE, *HAND_OVER), ALL),
            MAKE_SALES,
            DUPLICATES,
            (("lead",), (*CHANGE, *LEAD_STEPS, "reactivate"), ALL),
            (
                ("opportunity",),
                (*CHANGE, "assign", "close", "reopen"),
                ALL,
            ),
            (CONTENT, ("create",), ALL),
            (CONTENT, ("update", "delete", *PUBLISH), OWN),
            (("segment",), ("members",), OWN),
            (("tag",), ("create",), ALL),
            (("import",), ("read", "create", "update"), OWN),
            (("matching_strategy",), READ, ALL),
            NAMES_READ,
            OWN_VIEWS,
        ),
    ),
    ShippedRole(
        "read_only",
        "Read-only",
        "marketing",
        "Reads everything but the settings, changes nothing.",
        (EVERYTHING_READ, NAMES_READ, (("duplicate",), READ, ALL), OWN_VIEWS),
    ),
)


@transaction.atomic
def ensure_roles() -> None:
    """Make the shipped roles, and bring their grants to what the table says.

    A role that an administrator made is never touched; a shipped role can be
    complemented by giving somebody a second role, for grants add up.
    """
    for spec in ROLES:
        role, _ = Role.objects.update_or_create(
            key=spec.key,
            defaults={
                "name": spec.name,
                "description": spec.description,
                "area": spec.area,
                "shipped": True,
            },
        )
        _ensure_grants(role, set(spec.grants()))


def _ensure_grants(role: Role, wanted: set[tuple[str, str, str]]) -> None:
    found = {
        (g.entity, g.action, g.level): g.pk for g in Grant.objects.filter(role=role)
    }
    Grant.objects.filter(
        pk__in=[pk for key, pk in found.items() if key not in wanted]
    ).delete()
    Grant.objects.bulk_create(
        Grant(role=role, entity=entity, action=action, level=level)
        for entity, action, level in sorted(wanted - set(found))
    )
