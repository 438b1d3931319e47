"""Addresses of the settings."""

from __future__ import annotations

from django.urls import path

from config.pages import people, system, tokens

urlpatterns = [
    path("users/", people.Users.as_view(), name="user_list"),
    path("teams/", people.Teams.as_view(), name="team_list"),
    path("roles/", people.Roles.as_view(), name="role_list"),
    path("organisation/", system.OrganisationPage.as_view(), name="organisation"),
    path("tokens/", tokens.Tokens.as_view(), name="token_list"),
    path("audit/", system.Audit.as_view(), name="audit_search"),
    path("failed-events/", system.FailedEvents.as_view(), name="failed_event_list"),
    path("status/", system.Status.as_view(), name="system_status"),
]
