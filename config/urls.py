"""Every address of the product, app by app."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import api as _resources  # noqa: F401 - registers the resources
from config import health
from core.api.querying import QuerySchemaView
from core.api.router import router
from sales.api.cohorts import FunnelView, LeadSourcesView, TeamActivityView
from sales.api.reports import ForecastView

handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("status", health.status, name="status"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/", include("core.api.urls")),
    path("api/v1/query/schema/", QuerySchemaView.as_view(), name="query-schema"),
    path("api/v1/", include(router.urls)),
    path("api/v1/reports/forecast/", ForecastView.as_view(), name="report-forecast"),
    path(
        "api/v1/reports/lead-sources/",
        LeadSourcesView.as_view(),
        name="report-lead-sources",
    ),
    path("api/v1/reports/funnel/", FunnelView.as_view(), name="report-funnel"),
    path(
        "api/v1/reports/team-activity/",
        TeamActivityView.as_view(),
        name="report-team-activity",
    ),
    path("settings/", include("config.pages.urls")),
    path("", include("core.ui.urls")),
    path("imports/", include("crm.imports.urls")),
    path("", include("crm.urls")),
    path("", include("segments.urls")),
    path("", include("scoring.urls")),
    path("", include("workflows.urls")),
    path("", include("sales.urls")),
    path("", include("sales.assignment.urls")),
    path("", include("marketing.urls")),
]
