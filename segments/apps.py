from django.apps import AppConfig

from core.base.shipped import register_shipped


class SegmentsConfig(AppConfig):
    name = "segments"
    label = "segments"
    verbose_name = "Segments"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from segments.pages import registered  # noqa: PLC0415
        from segments.registration import register  # noqa: PLC0415
        from segments.shipped import ensure_templates  # noqa: PLC0415

        register()
        registered.register()
        register_shipped(ensure_templates)
