"""Django's admin with our site as the default one."""

from django.contrib.admin.apps import AdminConfig


class HandoffAdminConfig(AdminConfig):
    default_site = "core.access.admin_site.HandoffAdminSite"
