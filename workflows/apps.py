from django.apps import AppConfig

from core.base.shipped import register_shipped


class WorkflowsConfig(AppConfig):
    name = "workflows"
    label = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from workflows.pages import registered  # noqa: PLC0415
        from workflows.registration import register  # noqa: PLC0415
        from workflows.shipped import ensure_shipped  # noqa: PLC0415

        register()
        registered.register_all()
        register_shipped(ensure_shipped)
