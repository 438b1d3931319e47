"""The page and the form of an opportunity."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse

from core.ui import cells, timeline
from core.ui.forms import FormPage
from core.ui.lookups import LookupField
from core.ui.parts import Fact, FactSection, Key, RecordAction
from crm.forms import CrmForm, DateInput
from crm.models import Account, Campaign, Contact, Lead, Product
from crm.pages.records import CrmRecord
from crm.pages.shared import BELONGS, ORIGIN, OWNER, delete, edit, link
from sales.models import Opportunity
from sales.pages.lists import OpportunityList, opportunity_badge
from sales.services.opportunities import opportunity_create, opportunity_update


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
                "estimated_close",
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
            "estimated_close",
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

    def values(self) -> dict[str, Any]:
        """A probability that nobody touched follows the stage."""
        found = super().values()
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
                Fact("estimated_close", "Estimated close"),
                Fact("stage", "Stage"),
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
