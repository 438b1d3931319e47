from django.apps import AppConfig

from core.base.shipped import register_shipped


class CrmConfig(AppConfig):
    name = "crm"
    label = "crm"
    verbose_name = "Customers and leads"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from crm.duplicates.scan import register_kinds as register_scans  # noqa: PLC0415
        from crm.duplicates.shipped import ensure_rules  # noqa: PLC0415
        from crm.entities import register_all  # noqa: PLC0415
        from crm.imports.entities import register_entities  # noqa: PLC0415
        from crm.imports.jobs import register_kind  # noqa: PLC0415
        from crm.imports.undo import services as import_undo  # noqa: PLC0415
        from crm.lists import ensure_lists  # noqa: PLC0415
        from crm.merge import registered as merge  # noqa: PLC0415
        from crm.notifications import register as register_news  # noqa: PLC0415
        from crm.pages import merged, registered  # noqa: PLC0415
        from crm.processes.shipped import ensure_processes  # noqa: PLC0415
        from crm.query import register as register_query  # noqa: PLC0415
        from crm.services import kinds  # noqa: PLC0415
        from crm.services.status_reasons import ensure_status_reasons  # noqa: PLC0415
        from crm.shipped import ensure_strategies  # noqa: PLC0415

        register_all()
        register_query()
        kinds.register_all()
        register_entities()
        register_kind()
        import_undo.register_kind()
        register_scans()
        merge.register_all()
        register_news()
        registered.register_all()
        merged.register_all()
        register_shipped(ensure_lists)
        register_shipped(ensure_strategies)
        register_shipped(ensure_status_reasons)
        register_shipped(ensure_processes)
        register_shipped(ensure_rules)
