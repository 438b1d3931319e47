from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

from core.base.checks import database_fits
from core.base.shipped import ensure_shipped


class BaseConfig(AppConfig):
    name = "core.base"
    label = "base"
    verbose_name = "Organisation"

    def ready(self) -> None:
        checks.register(database_fits, checks.Tags.database)
        # Sent once all migrations of all apps have run (apps without models send
        # nothing, so it is this one).
        post_migrate.connect(ensure_shipped, sender=self)
