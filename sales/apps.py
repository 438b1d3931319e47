from django.apps import AppConfig

from core.base.shipped import register_shipped


class SalesConfig(AppConfig):
    name = "sales"
    label = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from core.base.models import organisation_checks  # noqa: PLC0415
        from sales import entities, imports, kinds, query  # noqa: PLC0415
        from sales.pages import registered  # noqa: PLC0415
        from sales.services.money import organisation_check  # noqa: PLC0415
        from sales.services.qualify_mapping import ensure_mapping  # noqa: PLC0415
        from sales.shipped import ensure_currencies, ensure_pipeline  # noqa: PLC0415

        entities.register_all()
        kinds.register_all()
        imports.register_entities()
        query.register()
        registered.register_all()
        register_shipped(ensure_pipeline)
        register_shipped(ensure_currencies)
        organisation_checks.append(organisation_check)
        register_shipped(ensure_mapping)
