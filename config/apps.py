from django.apps import AppConfig

from config import navigation


class HandoffConfig(AppConfig):
    name = "config"
    label = "config"
    verbose_name = "Handoff"

    def ready(self) -> None:
        # Consumers import models, which exist only once the apps are loaded.
        from config import consumers  # noqa: PLC0415

        navigation.register()
        consumers.register()
