from django.apps import AppConfig

from config import navigation


class HandoffConfig(AppConfig):
    name = "config"
    label = "config"
    verbose_name = "Handoff"

    def ready(self) -> None:
        navigation.register()
