"""The entities of this app, for the table of rights."""

from core.access.entities import Entity, register_entity
from core.access.models import Role, Team, User
from core.base.models import Organisation
from core.journal.models import Entry, FailedEvent


def register_all() -> None:
    """Make people and settings known as things that roles speak of."""
    for key, label, plural, model in (
        ("user", "User", "Users", User),
        ("team", "Team", "Teams", Team),
        ("role", "Role", "Roles", Role),
        ("audit", "Audit history", "Audit history", Entry),
        ("failed_event", "Failed event", "Failed events", FailedEvent),
        ("organisation", "Organisation", "Organisation", Organisation),
    ):
        register_entity(Entity(key, label, plural, model, None, None))
