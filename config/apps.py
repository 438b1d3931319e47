from django.apps import AppConfig
from django.db.models.signals import post_migrate

from core.base.shipped import ensure_shipped


class HandoffConfig(AppConfig):
    name = "config"
    label = "config"
    verbose_name = "Handoff"

    def ready(self) -> None:
        # The last app: by now every table of every app exists.
        post_migrate.connect(
            ensure_shipped, sender=self, dispatch_uid="handoff-ensure-shipped"
        )
