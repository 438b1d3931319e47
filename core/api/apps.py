from django.apps import AppConfig

from core.access.entities import Entity, register_entity


class ApiConfig(AppConfig):
    name = "core.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from core.api.models import ApiToken  # noqa: PLC0415

        register_entity(
            Entity("api_token", "API token", "API tokens", ApiToken, "user", None)
        )
