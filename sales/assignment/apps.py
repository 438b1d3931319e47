from django.apps import AppConfig


class AssignmentConfig(AppConfig):
    name = "sales.assignment"
    label = "assignment"
    verbose_name = "Assignment rules"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from sales.assignment import entities, notifications  # noqa: PLC0415
        from sales.assignment.pages import leads  # noqa: PLC0415

        entities.register_all()
        leads.register_all()
        notifications.register()
