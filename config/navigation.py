"""What each area shows where, and which view of a list opens first."""

from __future__ import annotations

from core.ui.navigation import Area, NavEntry, NavGroup, register_area

MARKETING = Area(
    "marketing",
    "Marketing",
    (
        NavGroup(
            "My work",
            (
                NavEntry("Home", "home", "home"),
                NavEntry("Activities", "checklist", "activity_list", "activity"),
                NavEntry("Calendar", "calendar", "calendar", "activity"),
                NavEntry("Marketing calendar", "calendar-event", "marketing_calendar"),
            ),
        ),
        NavGroup(
            "Customers",
            (
                NavEntry("Contacts", "users", "contact_list", "contact", view="all"),
                NavEntry(
                    "Accounts", "building", "account_list", "account", view="active"
                ),
                NavEntry("Leads", "target-arrow", "lead_list", "lead", view="open"),
                NavEntry(
                    "Segments", "chart-donut", "segment_list", "segment", view="live"
                ),
                NavEntry("Subscription lists", "list-check", "subscription_list_list"),
            ),
        ),
        NavGroup(
            "Lead management",
            (
                NavEntry(
                    "Scoring models", "flame", "scoring_model_list", "scoring_model"
                ),
                NavEntry("Workflows", "hierarchy-2", "workflow_list", "workflow"),
                NavEntry("Qualification rules", "user-check", "qualification_rules"),
                NavEntry("Lead sources report", "chart-bar", "lead_sources", "lead"),
            ),
        ),
        NavGroup(
            "Execution",
            (
                NavEntry("Campaigns", "speakerphone", "campaign_list", "campaign"),
                NavEntry("Customer journeys", "route", "journey_list", "journey"),
                NavEntry("Marketing emails", "mail", "email_list", "email"),
            ),
        ),
        NavGroup(
            "Internet marketing",
            (
                NavEntry("Marketing pages", "world", "page_list", "page"),
                NavEntry("Marketing forms", "forms", "form_list", "form"),
                NavEntry(
                    "Submissions",
                    "inbox",
                    "submission_list",
                    "submission",
                    view="failed",
                ),
                NavEntry("Websites", "world-www", "website_list", "website"),
                NavEntry("Redirect URLs", "link", "redirect_list", "redirect"),
            ),
        ),
        NavGroup("Events", (NavEntry("Events", "ticket", "event_list", "event"),)),
        NavGroup("Content", (NavEntry("Files", "files", "file_list", "file"),)),
        NavGroup(
            "Analysis",
            (
                NavEntry("Lead generation", "chart-line", "lead_generation", "lead"),
                NavEntry("Reports", "report", "report_list"),
            ),
        ),
        NavGroup(
            "Data",
            (
                NavEntry("Imports", "upload", "import_list", "import"),
                NavEntry("Duplicates", "git-merge", "duplicate_list", "contact"),
            ),
        ),
    ),
)

SALES = Area(
    "sales",
    "Sales",
    (
        NavGroup(
            "My work",
            (
                NavEntry("Home", "home", "home"),
                NavEntry(
                    "Activities", "checklist", "activity_list", "activity", view="due"
                ),
                NavEntry("Calendar", "calendar", "calendar", "activity"),
            ),
        ),
        NavGroup(
            "Customers",
            (
                NavEntry("Contacts", "users", "contact_list", "contact", view="sales"),
                NavEntry(
                    "Accounts", "building", "account_list", "account", view="mine"
                ),
            ),
        ),
        NavGroup(
            "Sales",
            (
                NavEntry("Leads", "target-arrow", "lead_list", "lead", view="mine"),
                NavEntry(
                    "Opportunities",
                    "coin",
                    "opportunity_list",
                    "opportunity",
                    view="mine",
                ),
                NavEntry("Pipeline", "layout-kanban", "pipeline", "opportunity"),
                NavEntry("Forecast", "trophy", "forecast", "opportunity"),
                NavEntry("Products", "box", "product_list", "product"),
                NavEntry("Competitors", "swords", "competitor_list", "competitor"),
            ),
        ),
        NavGroup(
            "Marketing",
            (
                NavEntry("Lead generation", "chart-line", "lead_generation", "lead"),
                NavEntry(
                    "Segments", "chart-donut", "segment_list", "segment", view="static"
                ),
                NavEntry("Customer journeys", "route", "journey_list", "journey"),
                NavEntry("Events", "ticket", "event_list", "event"),
            ),
        ),
        NavGroup(
            "Analysis",
            (
                NavEntry("Lead sources", "chart-bar", "lead_sources", "lead"),
                NavEntry("Funnel", "filter", "funnel", "lead"),
                NavEntry("Team activity", "report", "team_activity", "activity"),
            ),
        ),
    ),
)

SETTINGS = Area(
    "settings",
    "Settings",
    (
        NavGroup(
            "People",
            (
                NavEntry("Users", "users", "user_list", "user", "update"),
                NavEntry("Teams", "users-group", "team_list", "team", "update"),
                NavEntry("Roles", "shield-check", "role_list", "role"),
            ),
        ),
        NavGroup(
            "Data",
            (
                NavEntry(
                    "Fields",
                    "list-details",
                    "admin:crm_customfield_changelist",
                    "custom_field",
                    "update",
                ),
                NavEntry(
                    "Choices",
                    "list",
                    "admin:crm_choice_changelist",
                    "choice",
                    "update",
                ),
                NavEntry(
                    "Business processes", "route", "process_list", "process", "update"
                ),
                NavEntry(
                    "Status reasons",
                    "tags",
                    "status_reason_list",
                    "status_reason",
                    "update",
                ),
                NavEntry(
                    "Pipelines", "layout-kanban", "pipeline_list", "pipeline", "update"
                ),
                NavEntry("Currencies", "coin", "currency_list", "currency", "update"),
                NavEntry(
                    "Qualify mapping",
                    "arrows-exchange",
                    "qualify_mapping",
                    "qualify_mapping",
                ),
                NavEntry(
                    "Duplicate rules",
                    "git-merge",
                    "admin:crm_duplicaterule_changelist",
                    "duplicate_rule",
                    "update",
                ),
            ),
        ),
        NavGroup(
            "Lead flow",
            (
                NavEntry(
                    "Assignment rules",
                    "route",
                    "assignment_rule_sets",
                    "assignment_rule",
                ),
            ),
        ),
        NavGroup(
            "Capture",
            (
                NavEntry(
                    "Matching strategies",
                    "arrows-exchange",
                    "admin:crm_matchingstrategy_changelist",
                    "matching_strategy",
                    "update",
                ),
            ),
        ),
        NavGroup(
            "System",
            (
                NavEntry(
                    "Organisation", "settings", "organisation", "organisation", "update"
                ),
                NavEntry("Imports", "upload", "import_list", "import"),
                NavEntry("Jobs", "loader-2", "job_list"),
                NavEntry("API tokens", "key", "token_list"),
                NavEntry("Audit history", "history", "audit_search", "audit"),
                NavEntry("Bin", "trash", "bin", "deleted_record"),
                NavEntry(
                    "Failed events",
                    "alert-triangle",
                    "failed_event_list",
                    "failed_event",
                ),
                NavEntry("Status", "gauge", "system_status", "organisation", "update"),
                NavEntry("Django admin", "adjustments", "admin:index"),
            ),
        ),
    ),
    switch=False,
)


def register() -> None:
    """Hand the areas to the shell, once at start-up."""
    for area in (MARKETING, SALES, SETTINGS):
        register_area(area)
