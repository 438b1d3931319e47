from django.apps import AppConfig

from core.base.shipped import register_shipped


class JournalConfig(AppConfig):
    name = "core.journal"
    label = "journal"
    verbose_name = "Timeline and audit history"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from core.journal.pump import ensure_cursors  # noqa: PLC0415

        register_shipped(ensure_cursors)
