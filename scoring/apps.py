from django.apps import AppConfig


class ScoringConfig(AppConfig):
    name = "scoring"
    label = "scoring"
    verbose_name = "Scoring"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from scoring import notifications  # noqa: PLC0415
        from scoring.pages import registered  # noqa: PLC0415
        from scoring.registration import register  # noqa: PLC0415

        register()
        registered.register_all()
        notifications.register()
