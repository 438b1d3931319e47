"""Addresses of the shell."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from core.ui import jobs, notifications, saved_pages, views
from core.ui.lookups import LookupAnswer

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", views.ChangePassword.as_view(), name="password_change"),
    path(
        "password/done/", views.PasswordChanged.as_view(), name="password_change_done"
    ),
    path("jobs/", jobs.JobList.as_view(), name="job_list"),
    path("jobs/tray/", jobs.Tray.as_view(), name="job_tray"),
    path("jobs/<int:pk>/", jobs.JobPage.as_view(), name="job"),
    path(
        "views/save/<slug:page>/", saved_pages.SaveView.as_view(), name="saved_view_new"
    ),
    path("views/<int:pk>/", saved_pages.ChangeView.as_view(), name="saved_view"),
    path("notifications/", notifications.Notifications.as_view(), name="notifications"),
    path("notifications/bell/", notifications.Bell.as_view(), name="notification_bell"),
    path(
        "notifications/preferences/",
        notifications.NotificationPreferences.as_view(),
        name="notification_preferences",
    ),
    path(
        "notifications/<int:pk>/open/",
        notifications.OpenNotification.as_view(),
        name="notification_open",
    ),
    path("search/", views.Palette.as_view(), name="search"),
    path("lookup/<slug:key>/", LookupAnswer.as_view(), name="lookup"),
    path("area/<slug:key>/", login_required(views.switch_area), name="area"),
]
