from django.apps import AppConfig

from core.base.shipped import register_shipped


class AccessConfig(AppConfig):
    name = "core.access"
    label = "access"
    verbose_name = "People and rights"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from core.access.registrations import register_all  # noqa: PLC0415
        from core.access.shipped import ensure_roles  # noqa: PLC0415

        register_all()
        register_shipped(ensure_roles)
