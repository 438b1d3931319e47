"""What each role gets from each route: the table of the route-by-role test.

A row is the name of a route with the roles that may enter it. Everybody else signed
in gets 403 (or is sent away); without sign-in nobody enters. `PUBLIC` routes ask
nobody.
"""

from __future__ import annotations

ADMIN = "administrator"
MANAGER = "marketing_manager"
MARKETER = "marketer"
SALES_MANAGER = "sales_manager"
SALES = "salesperson"
MACHINE = "integration"
READER = "read_only"

ALL = {ADMIN, MANAGER, MARKETER, SALES_MANAGER, SALES, MACHINE, READER}
WRITERS = ALL - {READER}
SETTINGS = {ADMIN, MANAGER, MARKETER, SALES_MANAGER}
BOSSES = {ADMIN, MANAGER}

# Who may list or read each resource of the API, and who may create there.
API: dict[str, tuple[set[str], set[str]]] = {
    "users": (ALL, set()),
    "teams": (ALL, set()),
    "roles": (SETTINGS, set()),
    "jobs": (ALL, set()),
    "forms": (ALL, {ADMIN, MANAGER, MARKETER, MACHINE}),
    "pages": (ALL, {ADMIN, MANAGER, MARKETER, MACHINE}),
    "submissions": (ALL - {SALES}, set()),
    "suggestions": (ALL, set()),
    "interactions": (set(), WRITERS),
    "segments": (ALL, {ADMIN, MANAGER, MARKETER, MACHINE}),
    "scoring-models": (ALL, {ADMIN, MANAGER, MARKETER, MACHINE}),
    "workflows": (SETTINGS, BOSSES),
    "imports": (SETTINGS | {MACHINE}, SETTINGS | {MACHINE}),
    "contacts": (ALL, WRITERS),
    "accounts": (ALL, WRITERS),
    "leads": (ALL, WRITERS),
    "opportunities": (ALL, {ADMIN, SALES_MANAGER, SALES, MACHINE}),
    "activities": (ALL, WRITERS),
    "notes": (ALL, WRITERS),
    "products": (ALL, BOSSES),
    "campaigns": (ALL, {ADMIN, MANAGER, MARKETER, MACHINE}),
    "tags": (ALL, {ADMIN, MANAGER, MARKETER, SALES_MANAGER, MACHINE}),
    "choices": (ALL, {ADMIN}),
    "custom-fields": (ALL, {ADMIN}),
    "matching-strategies": (SETTINGS | {MACHINE}, {ADMIN}),
}

# Who may change (PATCH) an open record that belongs to nobody.
UNOWNED: dict[str, set[str]] = {
    "contacts": {ADMIN, MANAGER, MARKETER, MACHINE},
    "accounts": {ADMIN, MANAGER, MARKETER, MACHINE},
    "leads": {ADMIN, MANAGER, MARKETER, MACHINE},
}
