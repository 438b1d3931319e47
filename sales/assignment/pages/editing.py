"""Making and editing rule sets and rules."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from core.base.errors import DomainError
from core.ui.forms import FormPage, RecordForm
from sales.assignment.forms import RuleForm, RuleSetForm
from sales.assignment.models import AssignmentRule, RuleSet
from sales.assignment.services import definition


class RuleSetEdit(FormPage):
    entity, model, noun = "assignment_rule", RuleSet, "set of rules"
    form_class = RuleSetForm
    list_url_name = "assignment_rule_sets"
    record_url_name = "assignment_rule_set"

    def initial(self) -> dict[str, Any]:
        return {"name": "All leads", **super().initial()}

    def create(self, values: dict[str, Any]) -> Any:
        return definition.rule_set_create(values=values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        return definition.rule_set_update(
            rule_set_id=record.pk, values=values, expected_version=version
        )


class RuleEdit(FormPage):
    """A rule of the set in the address (`set`), or the rule in it (`pk`)."""

    entity, model, noun = "assignment_rule", AssignmentRule, "rule"
    form_class = RuleForm
    list_url_name = "assignment_rule_sets"
    record_url_name = "assignment_rule_set"
    template_name = "assignment/rule_edit.html"

    def rule_set(self) -> RuleSet:
        rows = RuleSet.objects.visible_to(self.request.user)
        found: RuleSet = get_object_or_404(rows, pk=self.kwargs["set"])
        return found

    def record(self) -> Any:
        found = super().record()
        if found is None:
            self.rule_set()
        return found

    def create(self, values: dict[str, Any]) -> Any:
        return definition.rule_create(rule_set_id=self.rule_set().pk, values=values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        return definition.rule_update(
            rule_id=record.pk, values=values, expected_version=version
        )

    def url_of(self, record: Any) -> str:
        return reverse(self.record_url_name, args=[record.rule_set_id])

    def add_problems(self, form: RecordForm, error: DomainError) -> None:
        """A place inside the condition is said with what is wrong there."""
        if (error.attr or "").startswith("condition."):
            form.add_error("condition", f"{error.attr}: {error.detail}")
            return
        super().add_problems(form, error)

    def url_of_list(self) -> str:
        return reverse(self.record_url_name, args=[self.kwargs["set"]])
