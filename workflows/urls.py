"""The addresses of workflows in the back office."""

from django.urls import path

from workflows.pages import editing, lists, running, runs, screens, steps

urlpatterns = [
    path("workflows/", lists.WorkflowList.as_view(), name="workflow_list"),
    path("workflows/new/", editing.WorkflowEdit.as_view(), name="workflow_create"),
    path(
        "workflows/condition/",
        editing.ConditionSentence.as_view(),
        name="workflow_condition",
    ),
    path(
        "workflows/<int:pk>/edit/",
        editing.WorkflowEdit.as_view(),
        name="workflow_edit",
    ),
    path("workflows/<int:pk>/steps/", steps.StepDesk.as_view(), name="workflow_step"),
    path("workflows/<int:pk>/", screens.WorkflowPage.as_view(), name="workflow"),
    path(
        "workflows/<int:pk>/history/",
        screens.HistoryPage.as_view(),
        name="workflow_history",
    ),
    path(
        "workflows/<int:pk>/activate/",
        screens.Deed.as_view(deed="activate"),
        name="workflow_activate",
    ),
    path(
        "workflows/<int:pk>/deactivate/",
        screens.Deed.as_view(deed="deactivate"),
        name="workflow_deactivate",
    ),
    path(
        "workflows/<int:pk>/delete/",
        screens.Deed.as_view(deed="delete"),
        name="workflow_delete",
    ),
    path(
        "workflows/<int:pk>/run/",
        running.DryRunPage.as_view(),
        name="workflow_dry_run",
    ),
    path(
        "workflows/<int:pk>/jobs/<int:job>/",
        running.JobPage.as_view(),
        name="workflow_job",
    ),
    path(
        "workflows/<int:pk>/jobs/<int:job>/cancel/",
        running.JobDeed.as_view(deed="cancel"),
        name="workflow_job_cancel",
    ),
    path(
        "workflows/<int:pk>/jobs/<int:job>/retry/",
        running.JobDeed.as_view(deed="retry"),
        name="workflow_job_retry",
    ),
    path(
        "workflows/<int:pk>/jobs/<int:job>/passed-over.csv",
        running.JobSkipped.as_view(),
        name="workflow_job_skipped",
    ),
    path("workflows/<int:pk>/runs/", runs.RunsPage.as_view(), name="workflow_runs"),
    path(
        "workflows/<int:pk>/runs/retry/",
        runs.RetryRuns.as_view(),
        name="workflow_runs_retry",
    ),
]
