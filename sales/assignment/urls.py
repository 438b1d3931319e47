"""Addresses of assignment rules in the back office."""

from __future__ import annotations

from django.urls import path

from sales.assignment.pages import editing, leads, people, running, sets

urlpatterns = [
    path("assignment-rules/", sets.RuleSets.as_view(), name="assignment_rule_sets"),
    path(
        "assignment-rules/new/",
        editing.RuleSetEdit.as_view(),
        name="assignment_rule_set_create",
    ),
    path("assignment-rules/people/", people.People.as_view(), name="assignment_people"),
    path(
        "assignment-rules/people/<int:pk>/",
        people.AvailabilityPage.as_view(),
        name="assignment_availability",
    ),
    path(
        "assignment-rules/people/<int:pk>/days-off/",
        people.DaysOff.as_view(),
        name="assignment_day_off_add",
    ),
    path(
        "assignment-rules/days-off/<int:pk>/remove/",
        people.DayOffRemove.as_view(),
        name="assignment_day_off_remove",
    ),
    path(
        "assignment-rules/<int:pk>/",
        sets.RuleSetPage.as_view(),
        name="assignment_rule_set",
    ),
    path(
        "assignment-rules/<int:pk>/edit/",
        editing.RuleSetEdit.as_view(),
        name="assignment_rule_set_edit",
    ),
    *(
        path(
            f"assignment-rules/<int:pk>/{deed}/",
            sets.RuleSetDeed.as_view(deed=deed),
            name=f"assignment_rule_set_{deed}",
        )
        for deed in ("activate", "deactivate", "dismiss", "delete")
    ),
    path(
        "assignment-rules/<int:pk>/order/",
        sets.RuleOrder.as_view(),
        name="assignment_rule_order",
    ),
    path(
        "assignment-rules/<int:pk>/dry-run/",
        running.DryRun.as_view(),
        name="assignment_dry_run",
    ),
    path(
        "assignment-rules/<int:set>/rules/new/",
        editing.RuleEdit.as_view(),
        name="assignment_rule_create",
    ),
    path(
        "assignment-rules/rules/<int:pk>/edit/",
        editing.RuleEdit.as_view(),
        name="assignment_rule_edit",
    ),
    *(
        path(
            f"assignment-rules/rules/<int:pk>/{deed}/",
            sets.RuleDeed.as_view(deed=deed),
            name=f"assignment_rule_{deed}",
        )
        for deed in ("up", "down", "delete")
    ),
    path(
        "leads/<int:pk>/assign-by-rules/",
        leads.AssignByRules.as_view(),
        name="lead_assign_by_rules",
    ),
]
