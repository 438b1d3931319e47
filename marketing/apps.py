from django.apps import AppConfig


class MarketingConfig(AppConfig):
    name = "marketing"
    label = "marketing"
    verbose_name = "Marketing"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from marketing.entities import register_all  # noqa: PLC0415
        from marketing.pages import registered  # noqa: PLC0415

        register_all()
        registered.register_all()
