from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "segments"
    label = "segments"
    verbose_name = "Segments"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from segments.pages import registered  # noqa: PLC0415
        from segments.registration import register  # noqa: PLC0415

        register()
        registered.register()
