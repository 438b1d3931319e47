from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "core.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from core.notifications import jobs  # noqa: PLC0415

        jobs.register()
