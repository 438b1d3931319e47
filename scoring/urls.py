"""The addresses of scoring in the back office."""

from django.urls import path

from scoring.pages import editing, lists, page

urlpatterns = [
    path(
        "scoring-models/",
        lists.ScoringModelList.as_view(),
        name="scoring_model_list",
    ),
    path(
        "scoring-models/new/",
        editing.ScoringModelEdit.as_view(),
        name="scoring_model_create",
    ),
    path(
        "scoring-models/<int:pk>/",
        page.ScoringModelPage.as_view(),
        name="scoring_model",
    ),
    path(
        "scoring-models/<int:pk>/edit/",
        editing.ScoringModelEdit.as_view(),
        name="scoring_model_edit",
    ),
    path(
        "scoring-models/<int:pk>/go-live/",
        page.ModelDeed.as_view(deed="go-live"),
        name="scoring_model_live",
    ),
    path(
        "scoring-models/<int:pk>/stop/",
        page.ModelDeed.as_view(deed="stop"),
        name="scoring_model_stop",
    ),
    path(
        "scoring-models/<int:pk>/cancel/",
        page.ModelDeed.as_view(deed="cancel"),
        name="scoring_model_cancel",
    ),
    path(
        "scoring-models/<int:pk>/delete/",
        page.ModelDeed.as_view(deed="delete"),
        name="scoring_model_delete",
    ),
]
