from django.apps import AppConfig
from django.db.models.signals import post_migrate

from core.base.shipped import ensure_shipped


class BaseConfig(AppConfig):
    name = "core.base"
    label = "base"
    verbose_name = "Organisation"

    def ready(self) -> None:
        # Sent once all migrations of all apps have run (apps without models send
        # nothing, so it is this one).
        post_migrate.connect(ensure_shipped, sender=self)
