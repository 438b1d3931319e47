"""Addresses of imports."""

from django.urls import path

from crm.imports import views

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("new/", views.import_new, name="import_new"),
    path("<int:pk>/", views.import_show, name="import_show"),
    path("<int:pk>/map/", views.import_map, name="import_map"),
    path("<int:pk>/start/", views.import_begin, name="import_begin"),
    path("<int:pk>/stop/", views.import_halt, name="import_halt"),
    path("<int:pk>/rejected.csv", views.import_rejected, name="import_rejected"),
]
