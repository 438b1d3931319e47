from django.apps import AppConfig

from core.base.shipped import register_shipped

# The runs of workflows on one entity, for merges.
RUNS_OF = (
    "EXISTS (SELECT 1 FROM workflows_workflowversion v "
    "JOIN workflows_workflow w ON w.id = v.workflow_id "
    "WHERE v.id = t.version_id AND w.entity = '{}')"
)


class WorkflowsConfig(AppConfig):
    name = "workflows"
    label = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        # Models may be imported only once the apps are loaded.
        from crm.merge.registry import register_merge_reference  # noqa: PLC0415
        from workflows.models import Run  # noqa: PLC0415
        from workflows.pages import registered  # noqa: PLC0415
        from workflows.registration import register  # noqa: PLC0415
        from workflows.shipped import ensure_shipped  # noqa: PLC0415

        for entity in ("contact", "account", "lead"):
            register_merge_reference(
                entity,
                Run,
                "subject_id",
                narrow=RUNS_OF.format(entity),
            )
        register()
        registered.register_all()
        register_shipped(ensure_shipped)
