"""Addresses of imports."""

from django.urls import path

from crm.imports import views
from crm.imports.undo import views as undo_views

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("new/", views.import_new, name="import_new"),
    path("<int:pk>/", views.import_show, name="import_show"),
    path("<int:pk>/map/", views.import_map, name="import_map"),
    path("<int:pk>/start/", views.import_begin, name="import_begin"),
    path("<int:pk>/stop/", views.import_halt, name="import_halt"),
    path("<int:pk>/rejected.csv", views.import_rejected, name="import_rejected"),
    path("<int:pk>/report.csv", views.import_report, name="import_report"),
    path("<int:pk>/undo/", undo_views.import_undo_panel, name="import_undo"),
    path("<int:pk>/undo/stop/", undo_views.import_undo_stop, name="import_undo_stop"),
]
