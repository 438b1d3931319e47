"""The page and the form of an opportunity."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html

from core.base.models import Organisation
from core.base.text import whole_number
from core.ui import cells, timeline
from core.ui.forms import FormPage
from core.ui.lookups import LookupField
from core.ui.parts import Fact, FactSection, Key, RecordAction
from crm.forms import CrmForm, DateInput
from crm.models import Account, Campaign, Contact, Lead, Product
from crm.pages.records import CrmRecord
from crm.pages.shared import BELONGS, ORIGIN, OWNER, delete, edit, link
from sales.models import Opportunity, Pipeline, PipelineStage
from sales.pages.lists import OpportunityList, in_stage, opportunity_badge
from sales.services.money import currency_choices
from sales.services.opportunities import opportunity_create, opportunity_update


def stage_choices(pipeline_id: int | None, row: Opportunity) -> list[tuple[str, str]]:
    """The stages of the chosen pipeline; where another is chosen, also the old one."""
    rows = PipelineStage.objects.of(pipeline_id or row.pipeline_id or 0)
    found = dict(rows.values_list("key", "name"))
    found.setdefault(row.stage, row.stage)
    return list(found.items())


def _choosing(field: forms.Field, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    """The same field, as one to choose from a list."""
    return forms.ChoiceField(
        label=field.label,
        required=False,
        choices=choices,
        help_text=field.help_text,
        widget=forms.Select(attrs={"class": "form-select h"}),
    )


class OpportunityForm(CrmForm):
    entity = "opportunity"
    sections = (
        (
            "Opportunity",
            (
                "name",
                "account",
                "contact",
                "estimated_value",
                "amount_from_lines",
                "currency",
                "estimated_close",
                "pipeline",
                "stage",
                "probability",
                "product",
                "campaign",
            ),
        ),
        (
            "Need",
            ("need", "proposed_solution", "budget", "decision_maker", "description"),
        ),
        ("Belongs to", ("owner", "team", "tags")),
    )
    account = LookupField(Account, "account")
    contact = LookupField(Contact, "contact")
    product = LookupField(Product, "product")
    campaign = LookupField(Campaign, "campaign")

    class Meta:
        model = Opportunity
        fields = (
            "name",
            "account",
            "contact",
            "estimated_value",
            "amount_from_lines",
            "currency",
            "estimated_close",
            "pipeline",
            "stage",
            "probability",
            "product",
            "campaign",
            "need",
            "proposed_solution",
            "budget",
            "decision_maker",
            "description",
            "owner",
            "team",
            "tags",
        )
        widgets = {"estimated_close": DateInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: Opportunity = self.instance
        chosen = self.data.get("pipeline") if self.is_bound else None
        pipeline_id = whole_number(str(chosen)) if chosen else row.pipeline_id
        for name, choices in (
            ("stage", stage_choices(pipeline_id, row)),
            ("currency", currency_choices(row.currency)),
        ):
            if name in self.fields:
                self.fields[name] = _choosing(self.fields[name], choices)
        if "pipeline" in self.fields:
            pipelines: Any = self.fields["pipeline"]
            active = Pipeline.objects.filter(active=True)
            pipelines.queryset = active | Pipeline.objects.filter(
                pk=row.pipeline_id or 0
            )
            pipelines.empty_label, pipelines.required = None, False

    def values(self) -> dict[str, Any]:
        """A probability that nobody touched follows the stage, a stage the pipeline."""
        found = super().values()
        if found.get("amount_from_lines"):
            found.pop("estimated_value", None)
        for name in ("pipeline", "stage", "currency"):
            if name in found and not found[name]:
                found.pop(name)
        if found.get("probability") is None or "probability" not in self.changed_data:
            found.pop("probability", None)
        if self.instance.pk is None and found.get("owner") is None:
            # Nobody's would be seen by nobody of the maker's team.
            found.pop("owner", None)
        return found


class OpportunityEdit(FormPage):
    entity, model, noun = "opportunity", Opportunity, "opportunity"
    form_class = OpportunityForm
    list_url_name, record_url_name = "opportunity_list", "opportunity"

    def create(self, values: dict[str, Any]) -> Model:
        user: Any = self.request.user
        return opportunity_create(user=user, values=values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Model:
        user: Any = self.request.user
        return opportunity_update(
            opportunity_id=record.pk, user=user, values=values, expected_version=version
        )


def money(row: Opportunity, name: str) -> Any:
    """An amount in the currency of the opportunity."""
    return cells.amount(getattr(row, name), row.currency)


def converted(row: Opportunity) -> Any:
    """The amount in the organisation's currency, where that is another one."""
    base = Organisation.current().currency
    if row.currency == base or row.value_base is None:
        return cells.EMPTY
    rate = f"at {row.rate.normalize():f}"
    return format_html(
        '{} <span class="mut">{}</span>', cells.amount(row.value_base, base), rate
    )


def _is_open(row: Opportunity) -> bool:
    return not row.is_closed


class OpportunityPage(CrmRecord):
    entity, model, list_page = "opportunity", Opportunity, OpportunityList
    form_class = OpportunityForm
    select = (
        "owner",
        "team",
        "account",
        "contact",
        "product",
        "campaign",
        "created_by",
        "pipeline",
        "stage_row",
    )
    keys = (
        Key("Value", lambda r: cells.amount(r.value, r.currency)),
        Key("Stage", lambda r: r.get_stage_display(), wide=True),
        Key("Probability", lambda r: f"{r.probability}%"),
        Key("Estimated close", lambda r: cells.day(r.estimated_close)),
        OWNER,
    )
    sections = (
        FactSection(
            "Opportunity",
            (
                Fact("name", "Topic"),
                Fact("account", "Account", lambda r: link(r.account, "account")),
                Fact("contact", "Contact", lambda r: link(r.contact, "contact")),
                Fact(
                    "estimated_value",
                    "Estimated value",
                    lambda r: money(r, "estimated_value"),
                ),
                Fact(
                    "actual_value",
                    "Actual value",
                    lambda r: money(r, "actual_value"),
                    editable=False,
                ),
                Fact("amount_from_lines", "Value from lines"),
                Fact("currency", "Currency"),
                Fact("rate", "Converted", converted, editable=False),
                Fact("estimated_close", "Estimated close"),
                Fact("pipeline", "Pipeline", lambda r: r.pipeline.name),
                Fact("stage", "Stage", lambda r: r.get_stage_display()),
                Fact("stage_since", "In this stage", in_stage, editable=False),
                Fact("probability", "Probability", lambda r: f"{r.probability}%"),
                Fact("product", "Product"),
                Fact("campaign", "Campaign"),
            ),
        ),
        FactSection(
            "Need",
            (
                Fact("need", "Need"),
                Fact("proposed_solution", "Solution"),
                Fact("budget", "Budget", lambda r: money(r, "budget")),
                Fact("decision_maker", "Decision maker"),
                Fact("description", "Description"),
            ),
        ),
        FactSection(
            "Came from",
            (
                Fact("originating_lead", "Lead", editable=False),
                Fact("lead_source", "Source", editable=False),
            ),
        ),
        BELONGS,
        ORIGIN,
    )
    actions = (
        RecordAction(
            "win",
            "Close as won",
            "trophy",
            lambda r: reverse("opportunity_win", args=[r.pk]),
            method="panel",
            action="close",
            primary=True,
            when=_is_open,
            position=10,
        ),
        RecordAction(
            "lose",
            "Close as lost",
            "x",
            lambda r: reverse("opportunity_lose", args=[r.pk]),
            method="panel",
            action="close",
            when=_is_open,
            position=20,
        ),
        RecordAction(
            "reopen",
            "Reopen",
            "refresh",
            lambda r: reverse("opportunity_reopen", args=[r.pk]),
            method="post",
            action="reopen",
            when=lambda r: r.is_closed,
            position=10,
        ),
        edit("opportunity"),
        delete("opportunity"),
    )

    def badges(self, record: Any) -> list[Any]:
        return [opportunity_badge(record)]

    def meta(self, record: Any) -> list[tuple[str, str, str]]:
        lines = []
        for icon, name in (("building", "account"), ("user-circle", "contact")):
            row = getattr(record, name)
            if row is not None:
                lines.append((icon, str(row), reverse(name, args=[row.pk])))
        return lines

    def read_only(self, record: Any) -> str:
        if not record.is_closed:
            return ""
        return f"This opportunity is {record.state}. Reopen it to change it."

    def scope(self, record: Any) -> timeline.Scope:
        people = (record.contact_id,) if record.contact_id else ()
        return timeline.Scope(("opportunity", record.pk), people, self.request.user)

    def value(self, fact: Fact) -> Any:
        """The lead it came from is named to those who see that lead."""
        if fact.name != "originating_lead":
            return super().value(fact)
        seen = Lead.objects.visible_to(self.request.user)
        return link(seen.filter(pk=self.record.originating_lead_id).first(), "lead")

    def save(self, record: Any, values: dict[str, Any], version: int | None) -> Model:
        user: Any = self.request.user
        return opportunity_update(
            opportunity_id=record.pk, user=user, values=values, expected_version=version
        )
