from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    label = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from sales import entities, kinds, query  # noqa: PLC0415
        from sales.pages import registered  # noqa: PLC0415

        entities.register_all()
        kinds.register_all()
        query.register()
        registered.register_all()
