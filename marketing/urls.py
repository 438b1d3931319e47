"""The public addresses of capture."""

from django.urls import path

from marketing import public

urlpatterns = [
    path("p/<slug:slug>/", public.page_view, name="public-page"),
    path("p/<slug:slug>/thanks/", public.page_thanks, name="public-page-thanks"),
    path("f/<int:pk>/", public.form_view, name="public-form"),
    path("f/<int:pk>/thanks/", public.form_thanks, name="public-form-thanks"),
]
