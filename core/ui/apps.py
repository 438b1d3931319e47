from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "core.ui"
    label = "ui"
    verbose_name = "Back office"

    def ready(self) -> None:
        # Models are ready only now.
        from core.ui import bulk, saved  # noqa: PLC0415

        bulk.register()
        saved.register()
