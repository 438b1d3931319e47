"""The addresses of capture: the public ones, and those of the back office."""

from django.urls import path

from marketing import public
from marketing.models import Form, Page
from marketing.pages import editing, lists, previews, submissions

urlpatterns = [
    path("p/<slug:slug>/", public.page_view, name="public-page"),
    path("p/<slug:slug>/thanks/", public.page_thanks, name="public-page-thanks"),
    path("f/<int:pk>/", public.form_view, name="public-form"),
    path("f/<int:pk>/thanks/", public.form_thanks, name="public-form-thanks"),
    path("forms/", lists.FormList.as_view(), name="form_list"),
    path("forms/new/", editing.FormEdit.as_view(), name="form_create"),
    path("forms/preview/", previews.FormDraft.as_view(), name="form_draft"),
    path("forms/<int:pk>/", editing.FormEdit.as_view(), name="form_edit"),
    path(
        "forms/<int:pk>/go-live/",
        editing.Publish.as_view(model=Form, deed="go-live"),
        name="form_live",
    ),
    path(
        "forms/<int:pk>/stop/",
        editing.Publish.as_view(model=Form, deed="stop"),
        name="form_stop",
    ),
    path("pages/", lists.PageList.as_view(), name="page_list"),
    path("pages/new/", editing.PageEdit.as_view(), name="page_create"),
    path("pages/preview/", previews.PageDraft.as_view(), name="page_draft"),
    path("pages/<int:pk>/", editing.PageEdit.as_view(), name="page_edit"),
    path("pages/<int:pk>/preview/", previews.Preview.as_view(), name="page_preview"),
    path(
        "pages/<int:pk>/go-live/",
        editing.Publish.as_view(model=Page, deed="go-live"),
        name="page_live",
    ),
    path(
        "pages/<int:pk>/stop/",
        editing.Publish.as_view(model=Page, deed="stop"),
        name="page_stop",
    ),
    path("submissions/", lists.SubmissionList.as_view(), name="submission_list"),
    path(
        "submissions/<int:pk>/",
        submissions.SubmissionPage.as_view(),
        name="submission",
    ),
    path(
        "suggestions/<int:pk>/accept/",
        submissions.Decide.as_view(accept=True),
        name="suggestion_accept",
    ),
    path(
        "suggestions/<int:pk>/reject/",
        submissions.Decide.as_view(accept=False),
        name="suggestion_reject",
    ),
]
