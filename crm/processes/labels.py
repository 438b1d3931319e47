"""Names of stages and reasons beside the rows of a list, in the same query."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, OuterRef, Subquery, TextField
from django.db.models.expressions import BaseExpression

from crm.models import StatusReason


class StageName(Func):
    """What the stage of a row is called: in its process, else in any other."""

    output_field = TextField()
    template = (
        "(SELECT s ->> 'name' FROM crm_process p, jsonb_array_elements(p.stages) s "
        "WHERE s ->> 'key' = %(stage)s ORDER BY p.key = %(process)s DESC, p.id LIMIT 1)"
    )

    def __init__(self, process: str = "process", stage: str = "stage") -> None:
        super().__init__(F(process), F(stage))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **more: Any) -> Any:
        process, stage = (compiler.compile(e)[0] for e in self.source_expressions)
        more |= {"process": process, "stage": stage}
        return super().as_sql(compiler, connection, *args, **more)


def reason_name(entity: str) -> BaseExpression:
    """What the status reason of a row is called."""
    rows = StatusReason.objects.filter(entity=entity, value=OuterRef("status_reason"))
    return Subquery(rows.values("label")[:1])
