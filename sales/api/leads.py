"""The actions of sales on leads, added to the resource of the app below."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import body_of, extend, record_action
from core.api.door import require, version_of
from crm.api.views import LeadViewSet
from crm.models import Lead
from crm.services import lead_lifecycle as lifecycle
from sales.api import serializers as shapes
from sales.services.lead_qualify import lead_qualify
from sales.services.lead_unqualify import lead_undo_qualify
from sales.services.leads_bulk import LeadOutcome, leads_disqualify, leads_qualify


@record_action(
    "qualify",
    right="qualify",
    request=shapes.QualifySerializer,
    response=shapes.QualifyResultSerializer,
)
def qualify(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> dict[str, Any]:
    """Qualify the lead into an account, a contact and an opportunity.

    409 with `code` lead_closed, opportunity_open, or likely_duplicate with the
    candidates. `dry_run` answers what would happen and writes nothing.
    """
    options = dict(values)
    customer = options.pop("opportunity_customer", None)
    account, contact = options.pop("account", None), options.pop("contact", None)
    campaign = options.pop("source_campaign", None)
    sale = options.pop("link_opportunity", None)
    return lead_qualify(
        **_call(request, lead),
        account_id=account.pk if account else None,
        contact_id=contact.pk if contact else None,
        opportunity_id=sale.pk if sale else None,
        opportunity_customer=(customer["entity"], customer["id"]) if customer else None,
        opportunity_values=options.pop("opportunity", None),
        source_campaign=campaign.pk if campaign else None,
        **options,
    ).as_data()


@record_action("undo-qualify", right="qualify")
def undo_qualify(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> Lead:
    """Take the qualification back, within 10 minutes.

    409 with `code` not_qualified, undo_too_late, or built_on with what stands in the
    way.
    """
    return lead_undo_qualify(**_call(request, lead))


@record_action("disqualify", right="disqualify", request=shapes.DisqualifySerializer)
def disqualify(view: Any, request: Request, lead: Lead, values: dict[str, Any]) -> Lead:
    """Close the lead with a disqualified reason (lost by default)."""
    return lifecycle.lead_disqualify(**_call(request, lead), **values)


@record_action("reactivate", right="reactivate")
def reactivate(view: Any, request: Request, lead: Lead, values: dict[str, Any]) -> Lead:
    """Open a closed lead again."""
    return lifecycle.lead_reactivate(**_call(request, lead))


@record_action(
    "return-to-marketing", right="return_to_marketing", request=shapes.ReturnSerializer
)
def return_to_marketing(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> Lead:
    """Hand the lead back to marketing, which holds it until it crosses anew."""
    owner = values.get("owner")
    return lifecycle.lead_return_to_marketing(
        **_call(request, lead),
        reason=values.get("reason", ""),
        owner_id=owner.pk if owner else None,
    )


@record_action("mark-sales-ready", right="mark_sales_ready")
def mark_sales_ready(
    view: Any, request: Request, lead: Lead, values: dict[str, Any]
) -> Lead:
    """Hand the lead to sales by hand."""
    return lifecycle.lead_mark_sales_ready(**_call(request, lead))


@record_action("take-over", right="take_over")
def take_over(view: Any, request: Request, lead: Lead, values: dict[str, Any]) -> Lead:
    """Make the lead one's own."""
    return lifecycle.lead_take_over(**_call(request, lead))


def _call(request: Request, lead: Lead) -> dict[str, Any]:
    return {
        "lead_id": lead.pk,
        "user": request.user,
        "expected_version": version_of(request),
    }


def _report(outcomes: list[LeadOutcome]) -> Response:
    done = sum(line.done for line in outcomes)
    results = [
        {
            "lead": line.lead_id,
            "done": line.done,
            "code": line.code,
            "detail": line.detail,
            "opportunity": line.opportunity_id,
        }
        for line in outcomes
    ]
    return Response({"done": done, "refused": len(outcomes) - done, "results": results})


@extend_schema(
    operation_id="leads_qualify_many",
    request=shapes.QualifyManySerializer,
    responses=shapes.OutcomesSerializer,
)
@action(
    detail=False,
    methods=["post"],
    url_path="qualify",
    url_name="qualify-many",
    filter_backends=[],
    pagination_class=None,
)
def qualify_many(self: Any, request: Request) -> Response:
    """Qualify up to 200 leads, each with its own outcome."""
    require(request.user, "lead", "qualify")
    values = body_of(self, request, shapes.QualifyManySerializer)
    campaign = values.pop("source_campaign", None)
    user: Any = request.user
    return _report(
        leads_qualify(
            lead_ids=values.pop("leads"),
            user=user,
            source_campaign=campaign.pk if campaign else None,
            **values,
        )
    )


@extend_schema(
    operation_id="leads_disqualify_many",
    request=shapes.DisqualifyManySerializer,
    responses=shapes.OutcomesSerializer,
)
@action(
    detail=False,
    methods=["post"],
    url_path="disqualify",
    url_name="disqualify-many",
    filter_backends=[],
    pagination_class=None,
)
def disqualify_many(self: Any, request: Request) -> Response:
    """Disqualify up to 200 leads, each with its own outcome."""
    require(request.user, "lead", "disqualify")
    values = body_of(self, request, shapes.DisqualifyManySerializer)
    user: Any = request.user
    return _report(leads_disqualify(lead_ids=values.pop("leads"), user=user, **values))


ACTIONS = (
    qualify,
    undo_qualify,
    disqualify,
    reactivate,
    return_to_marketing,
    mark_sales_ready,
    take_over,
    qualify_many,
    disqualify_many,
)


def extend_leads() -> None:
    """Add the actions of sales to the resource of leads; before the addresses."""
    for extra in ACTIONS:
        extend(LeadViewSet, extra)
