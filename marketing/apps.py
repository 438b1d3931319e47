from django.apps import AppConfig


class MarketingConfig(AppConfig):
    name = "marketing"
    label = "marketing"
    verbose_name = "Marketing"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from crm.merge.registry import register_merge_reference  # noqa: PLC0415
        from marketing import notifications  # noqa: PLC0415
        from marketing.entities import register_all  # noqa: PLC0415
        from marketing.models import Submission  # noqa: PLC0415
        from marketing.pages import registered  # noqa: PLC0415

        register_merge_reference("contact", Submission, "contact_id")
        register_merge_reference("lead", Submission, "lead_id")
        register_all()
        registered.register_all()
        notifications.register()
