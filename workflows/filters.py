"""What lists of workflows can be narrowed by."""

from __future__ import annotations

from typing import ClassVar

import django_filters

from workflows.models import Run, Workflow


class WorkflowFilter(django_filters.FilterSet):
    """Workflows by record, state and owner."""

    class Meta:
        model = Workflow
        fields: ClassVar = ["entity", "state", "owner", "team"]


class RunFilter(django_filters.FilterSet):
    """Runs by outcome and record."""

    class Meta:
        model = Run
        fields: ClassVar = ["state", "subject_id", "job_id"]
