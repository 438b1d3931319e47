"""Who may sign in to the demonstration data. Known to everybody: never on a server."""

from __future__ import annotations

PASSWORD = "handoff"  # noqa: S105 - printed at every start; the data is made up
USERS = {
    "admin": "administrator",
    "marketer": "marketer",
    "marketing_manager": "marketing manager",
    "seller1": "salesperson",
    "seller2": "salesperson in another team",
    "sales_manager": "sales manager",
    "integration": "integration (API)",
}


def sign_in_lines() -> list[str]:
    """The lines that tell a person how to look around."""
    width = max(map(len, USERS))
    people = [f"    {name:<{width}}  {what}" for name, what in USERS.items()]
    return [f"Sign in with the password '{PASSWORD}' as one of:", *people]
