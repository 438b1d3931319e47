"""Addresses of sales."""

from __future__ import annotations

from django.urls import path

from sales.pages import (
    board,
    competitors,
    dialogs,
    forecast,
    lists,
    parts,
    records,
    reports,
    settings,
)
from sales.pages.mapping import MappingPage
from sales.pages.qualify import QualifyPanel
from sales.processes import designer
from sales.processes import pages as processes

urlpatterns = [
    path("pipeline/", board.PipelineBoard.as_view(), name="pipeline"),
    path("forecast/", forecast.ForecastPage.as_view(), name="forecast"),
    path(
        "settings/status-reasons/",
        designer.StatusReasons.as_view(),
        name="status_reason_list",
    ),
    path("settings/processes/", designer.Processes.as_view(), name="process_list"),
    path(
        "settings/processes/new/",
        designer.ProcessEdit.as_view(),
        name="process_create",
    ),
    path(
        "settings/processes/<int:pk>/",
        designer.ProcessEdit.as_view(),
        name="process_edit",
    ),
    path(
        "settings/pipelines/",
        settings.PipelineListPage.as_view(),
        name="pipeline_list",
    ),
    path(
        "settings/pipelines/new/",
        settings.PipelineEdit.as_view(),
        name="pipeline_create",
    ),
    path(
        "settings/pipelines/<int:pk>/",
        settings.PipelineEdit.as_view(),
        name="pipeline_edit",
    ),
    path(
        "settings/currencies/",
        settings.CurrencyListPage.as_view(),
        name="currency_list",
    ),
    path(
        "settings/currencies/<int:pk>/",
        settings.CurrencyPage.as_view(),
        name="currency",
    ),
    path("reports/lead-sources/", reports.LeadSources.as_view(), name="lead_sources"),
    path("reports/funnel/", reports.Funnel.as_view(), name="funnel"),
    path(
        "reports/team-activity/", reports.TeamActivity.as_view(), name="team_activity"
    ),
    path("opportunities/", lists.OpportunityList.as_view(), name="opportunity_list"),
    path(
        "opportunities/new/",
        records.OpportunityEdit.as_view(),
        name="opportunity_create",
    ),
    path(
        "opportunities/<int:pk>/",
        records.OpportunityPage.as_view(),
        name="opportunity",
    ),
    path(
        "opportunities/<int:pk>/edit/",
        records.OpportunityEdit.as_view(),
        name="opportunity_edit",
    ),
    path("opportunities/<int:pk>/win/", dialogs.Win.as_view(), name="opportunity_win"),
    path(
        "opportunities/<int:pk>/lose/", dialogs.Lose.as_view(), name="opportunity_lose"
    ),
    path(
        "opportunities/<int:pk>/reopen/",
        dialogs.Reopen.as_view(),
        name="opportunity_reopen",
    ),
    path("leads/<int:pk>/process/", processes.LeadMove.as_view(), name="lead_process"),
    path(
        "leads/<int:pk>/process/<slug:stage>/",
        processes.LeadStage.as_view(),
        name="lead_stage",
    ),
    path(
        "opportunities/<int:pk>/process/",
        processes.OpportunityMove.as_view(),
        name="opportunity_process",
    ),
    path(
        "opportunities/<int:pk>/process/<slug:stage>/",
        processes.OpportunityStage.as_view(),
        name="opportunity_stage",
    ),
    path(
        "opportunities/<int:pk>/lines/new/",
        parts.LineNew.as_view(),
        name="line_create",
    ),
    path("opportunity-lines/<int:pk>/", parts.LineEdit.as_view(), name="line_edit"),
    path(
        "opportunities/<int:pk>/competitors/new/",
        parts.RivalNew.as_view(),
        name="rival_create",
    ),
    path(
        "opportunity-competitors/<int:pk>/",
        parts.RivalEdit.as_view(),
        name="rival_edit",
    ),
    path(
        "opportunities/<int:pk>/stakeholders/new/",
        parts.StakeholderNew.as_view(),
        name="stakeholder_create",
    ),
    path(
        "stakeholders/<int:pk>/",
        parts.StakeholderEdit.as_view(),
        name="stakeholder_edit",
    ),
    path("competitors/", competitors.CompetitorList.as_view(), name="competitor_list"),
    path(
        "competitors/new/",
        competitors.CompetitorEdit.as_view(),
        name="competitor_create",
    ),
    path(
        "competitors/<int:pk>/edit/",
        competitors.CompetitorEdit.as_view(),
        name="competitor_edit",
    ),
    path("settings/qualify-mapping/", MappingPage.as_view(), name="qualify_mapping"),
    path("leads/<int:pk>/qualify/", QualifyPanel.as_view(), name="lead_qualify"),
    path(
        "leads/<int:pk>/qualify-now/",
        dialogs.QualifyNow.as_view(),
        name="lead_qualify_now",
    ),
    path(
        "leads/<int:pk>/undo-qualify/",
        dialogs.UndoQualify.as_view(),
        name="lead_undo_qualify",
    ),
    path(
        "leads/<int:pk>/disqualify/",
        dialogs.Disqualify.as_view(),
        name="lead_disqualify",
    ),
    path(
        "leads/<int:pk>/return-to-marketing/",
        dialogs.ReturnToMarketing.as_view(),
        name="lead_return",
    ),
    path(
        "leads/<int:pk>/reactivate/",
        dialogs.Reactivate.as_view(),
        name="lead_reactivate",
    ),
    path(
        "leads/<int:pk>/mark-sales-ready/",
        dialogs.MarkSalesReady.as_view(),
        name="lead_mark_sales_ready",
    ),
    path(
        "leads/<int:pk>/take-over/", dialogs.TakeOver.as_view(), name="lead_take_over"
    ),
]
