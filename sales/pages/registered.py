"""What sales adds to the pages of others: buttons, panels, timelines, search."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core.base.models import Organisation
from core.ui import cells
from core.ui.columns import BulkAction, BulkReport, register_bulk_action
from core.ui.navigation import QuickCreate, register_quick_create
from core.ui.parts import Panel, RecordAction, register_action, register_panel
from core.ui.search import Hit, Search, register_search
from core.ui.timeline import Told, register_timeline
from crm.models import Account, Contact, Lead
from crm.pages.files import register_files
from sales.forms import DisqualifyForm
from sales.models import Opportunity
from sales.pages import parts
from sales.pages.homes import register_homes
from sales.pages.lists import TONES, opportunity_badge
from sales.processes.bar import register_bars
from sales.services.lead_unqualify import undo_until
from sales.services.leads_bulk import LeadOutcome, leads_disqualify, leads_qualify

SHOWN = 6


# Buttons on a lead ------------------------------------------------------------------


def _at(name: str) -> Any:
    return lambda lead: reverse(name, args=[lead.pk])


def _open(lead: Lead) -> bool:
    return not lead.is_closed


def _at_once() -> bool:
    """Whether qualifying asks nothing, as the organisation decided."""
    return Organisation.current().qualify_without_asking


LEAD_ACTIONS = (
    RecordAction(
        "qualify",
        "Qualify",
        "user-check",
        _at("lead_qualify"),
        method="panel",
        action="qualify",
        primary=True,
        when=lambda lead: _open(lead) and not _at_once(),
        position=10,
    ),
    RecordAction(
        "qualify_now",
        "Qualify",
        "user-check",
        _at("lead_qualify_now"),
        method="post",
        action="qualify",
        primary=True,
        when=lambda lead: _open(lead) and _at_once(),
        position=10,
    ),
    RecordAction(
        "qualify_choosing",
        "Qualify with choices",
        "user-check",
        _at("lead_qualify"),
        method="panel",
        action="qualify",
        menu=True,
        when=lambda lead: _open(lead) and _at_once(),
        position=190,
    ),
    RecordAction(
        "undo_qualify",
        "Undo qualification",
        "arrow-back-up",
        _at("lead_undo_qualify"),
        method="post",
        action="qualify",
        question="Everything that the qualification made goes, and the lead is as it "
        "was before.",
        when=lambda lead: undo_until(lead) is not None,
        position=5,
    ),
    RecordAction(
        "disqualify",
        "Disqualify",
        "user-x",
        _at("lead_disqualify"),
        method="panel",
        action="disqualify",
        when=_open,
        position=20,
    ),
    RecordAction(
        "reactivate",
        "Reactivate",
        "refresh",
        _at("lead_reactivate"),
        method="post",
        action="reactivate",
        when=lambda lead: lead.is_closed,
        position=10,
    ),
    RecordAction(
        "take_over",
        "Take over",
        "user-plus",
        _at("lead_take_over"),
        method="post",
        action="take_over",
        when=lambda lead: _open(lead) and lead.owner_id is None,
        position=5,
    ),
    RecordAction(
        "take_over_from",
        "Take over",
        "user-plus",
        _at("lead_take_over"),
        method="post",
        action="take_over",
        menu=True,
        when=lambda lead: _open(lead) and lead.owner_id is not None,
        position=200,
    ),
    RecordAction(
        "mark_sales_ready",
        "Mark sales ready",
        "flame",
        _at("lead_mark_sales_ready"),
        method="post",
        action="mark_sales_ready",
        menu=True,
        when=lambda lead: _open(lead) and not lead.sales_ready,
        position=210,
    ),
    RecordAction(
        "return_to_marketing",
        "Return to marketing",
        "arrow-back-up",
        _at("lead_return"),
        method="panel",
        action="return_to_marketing",
        menu=True,
        when=_open,
        position=220,
    ),
)


def register_lead_actions() -> None:
    for action in LEAD_ACTIONS:
        register_action("lead", action)


# Many leads at once -----------------------------------------------------------------


class BulkQualifyForm(forms.Form):
    create_opportunity = forms.BooleanField(
        label="Create an opportunity for each", required=False, initial=True
    )


def _report(outcomes: list[LeadOutcome], done: str, user: Any) -> BulkReport:
    """How many were done, and each lead that was left, with why."""
    number = sum(line.done for line in outcomes)
    why = {line.lead_id: line.detail for line in outcomes if not line.done}
    rows = Lead.objects.visible_to(user).filter(pk__in=why).order_by("pk")
    left = [(str(lead), reverse("lead", args=[lead.pk]), why[lead.pk]) for lead in rows]
    noun = "lead" if number == 1 else "leads"
    return BulkReport(f"{number:,} {noun} {done}.", left)


def bulk_qualify(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    done = leads_qualify(lead_ids=ids, user=user, **values)
    return _report(done, "qualified", user)


def bulk_disqualify(user: Any, rows: QuerySet, values: dict[str, Any]) -> BulkReport:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    done = leads_disqualify(lead_ids=ids, user=user, **values)
    return _report(done, "disqualified", user)


def register_bulk() -> None:
    register_bulk_action(
        "lead",
        BulkAction(
            "qualify",
            "Qualify",
            "user-check",
            bulk_qualify,
            "qualify",
            form=BulkQualifyForm,
            question="What exists is linked, what is missing is created. Leads that "
            "look like somebody known are left for you to decide.",
        ),
    )
    register_bulk_action(
        "lead",
        BulkAction(
            "disqualify",
            "Disqualify",
            "user-x",
            bulk_disqualify,
            "disqualify",
            form=DisqualifyForm,
            danger=True,
        ),
    )


# Panels -----------------------------------------------------------------------------


def _panel(rows: Any) -> dict[str, Any] | None:
    found = list(rows.order_by("-created_at", "-pk")[:SHOWN])
    if not found:
        return None
    return {
        "note": len(found) if len(found) < SHOWN else f"{SHOWN} newest",
        "opportunities": [
            (row, opportunity_badge(row), cells.amount(row.value, row.currency))
            for row in found
        ],
    }


def of_contact(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    rows = Opportunity.objects.visible_to(request.user)
    return _panel(rows.of_customer(contact_id=contact.pk, account_id=None))


def of_account(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    rows = Opportunity.objects.visible_to(request.user)
    return _panel(rows.of_customer(contact_id=None, account_id=account.pk))


def of_lead(request: HttpRequest, lead: Lead) -> dict[str, Any] | None:
    rows = Opportunity.objects.visible_to(request.user)
    return _panel(rows.filter(originating_lead=lead))


def register_panels() -> None:
    for entity, context in (
        ("contact", of_contact),
        ("account", of_account),
        ("lead", of_lead),
    ):
        register_panel(
            entity,
            Panel(
                "opportunities",
                "Opportunities",
                "sales/_panel_opportunities.html",
                context,
                position=25,
            ),
        )


# Timeline ---------------------------------------------------------------------------


def _qualified(told: Told) -> Any:
    by = told.actor or "the system"
    pk, name = told.data.get("opportunity"), told.data.get("name")
    if not pk or not _sees(told.user, pk):
        return format_html("<b>Qualified</b> by {}", by)
    url = reverse("opportunity", args=[pk])
    return format_html(
        '<b>Qualified</b> by {} into <a class="h-plainlink" href="{}">{}</a>',
        by,
        url,
        name,
    )


def _sees(user: Any, opportunity_id: int) -> bool:
    """Whether whoever reads the timeline may know of this opportunity."""
    rows = Opportunity.objects.visible_to(user) if user else Opportunity.objects.all()
    return rows.filter(pk=opportunity_id).exists()


def reason_then(data: dict[str, Any]) -> str:
    """What the reason was called when it was given."""
    key = str(data.get("status_reason") or "")
    return str(data.get("reason_label") or key.replace("_", " ").capitalize())


def _disqualified(told: Told) -> Any:
    reason = reason_then(told.data)
    by = told.actor or "the system"
    return format_html("<b>Disqualified</b> by {}, {}", by, reason.lower())


def _returned(told: Told) -> Any:
    reason = told.data.get("reason")
    by = told.actor or "the system"
    said = f": {reason}" if reason else ""
    return format_html("<b>Returned to marketing</b> by {}{}", by, said)


def _sales_ready(told: Told) -> Any:
    score = told.data.get("score")
    if score is None:
        return format_html("<b>Sales ready</b>, marked by {}", told.actor or "a rule")
    return format_html("<b>Sales ready</b> at score {}", score)


def _won(told: Told) -> Any:
    value = told.data.get("value")
    worth = f" for {told.data.get('currency', '')} {value}" if value else ""
    return format_html("<b>Won</b> {}{}", told.data.get("name", ""), worth)


def _lost(told: Told) -> Any:
    reason = reason_then(told.data)
    return format_html("<b>Lost</b> {}, {}", told.data.get("name", ""), reason.lower())


def _stage_entered(told: Told) -> Any:
    by = told.actor or "the system"
    return format_html("<b>{}</b>, by {}", told.data.get("stage_name", ""), by)


def _process_ended(told: Told) -> Any:
    word = "finished" if told.data.get("state") == "finished" else "abandoned"
    name, by = told.data.get("process_name", ""), told.actor or "the system"
    return format_html("<b>Process {}</b> by {}: {}", word, by, name)


def _plainly(sentence: str) -> Any:
    def tell(told: Told) -> Any:
        return format_html("<b>{}</b> by {}", sentence, told.actor or "the system")

    return tell


def register_timelines() -> None:
    for name, icon, tell, tone, milestone in (
        ("lead.qualified", "user-check", _qualified, "good", "mile won"),
        (
            "lead.qualification_undone",
            "arrow-back-up",
            _plainly("Qualification undone"),
            "",
            "",
        ),
        ("lead.disqualified", "user-x", _disqualified, "", ""),
        ("lead.reactivated", "refresh", _plainly("Reactivated"), "", ""),
        ("lead.returned_to_marketing", "arrow-back-up", _returned, "", ""),
        ("lead.sales_ready", "flame", _sales_ready, "ready", "mile"),
        ("lead.taken_over", "user-plus", _plainly("Taken over"), "", ""),
        ("lead.stage_entered", "route", _stage_entered, "acc", ""),
        ("opportunity.stage_entered", "route", _stage_entered, "acc", ""),
        ("lead.process_ended", "flag", _process_ended, "", ""),
        ("opportunity.process_ended", "flag", _process_ended, "", ""),
        ("lead.process_resumed", "player-play", _plainly("Process resumed"), "", ""),
        (
            "opportunity.process_resumed",
            "player-play",
            _plainly("Process resumed"),
            "",
            "",
        ),
        ("opportunity.won", "trophy", _won, "good", "mile won"),
        ("opportunity.lost", "x", _lost, "", ""),
        ("opportunity.reopened", "refresh", _plainly("Opportunity reopened"), "", ""),
        ("opportunity.created", "coin", _plainly("Opportunity created"), "acc", ""),
    ):
        register_timeline(name, icon, tell, tone=tone, milestone=milestone)


# Search -----------------------------------------------------------------------------


def find_opportunities(
    user: Any, text: str, limit: int, *, only_open: bool = False
) -> list[Hit]:
    rows = Opportunity.objects.visible_to(user).search(text)
    rows = rows.open() if only_open else rows
    rows = rows.select_related("account", "contact").order_by("-created_at", "-pk")
    return [
        Hit(
            row.name,
            str(row.customer or ""),
            reverse("opportunity", args=[row.pk]),
            row.get_state_display(),
            TONES[row.state],
            pk=row.pk,
        )
        for row in rows[:limit]
    ]


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register_lead_actions()
    register_bulk()
    register_panels()
    parts.register_panels()
    register_files("opportunity")
    register_bars()
    register_timelines()
    register_search(
        Search("opportunity", "Opportunities", "opportunity", find_opportunities)
    )
    register_search(
        Search(
            "open_opportunity",
            "Open opportunities",
            "opportunity",
            partial(find_opportunities, only_open=True),
            everywhere=False,
        )
    )
    register_quick_create(
        QuickCreate("Opportunity", "coin", "opportunity_create", "opportunity")
    )
    register_homes()
