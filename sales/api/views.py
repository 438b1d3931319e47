"""Opportunities over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import record_action
from core.api.door import version_of
from crm.api.views import DATED, CustomersViewSet
from sales.api import serializers as shapes
from sales.filters import OpportunityFilter
from sales.models import Opportunity
from sales.services import opportunities as services
from sales.stages import stage_history


class OpportunityViewSet(CustomersViewSet):
    """Possible sales. A closed opportunity is read-only (409)."""

    entity = "opportunity"
    queryset = Opportunity.objects.none()
    serializer_class = shapes.OpportunitySerializer
    filterset_class = OpportunityFilter
    orderings = {
        **DATED,
        "name": "sort_name",
        "estimated_value": "estimated_value",
        "actual_value": "actual_value",
        "estimated_base": "estimated_base",
        "actual_base": "actual_base",
        "stage_since": "stage_since",
        "estimated_close": "estimated_close",
        "closed_at": "closed_at",
        "probability": "probability",
    }
    ordering = "-created_at"

    def create_record(self, values: dict[str, Any]) -> Opportunity:
        user: Any = self.request.user
        return services.opportunity_create(user=user, values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Opportunity:
        user: Any = self.request.user
        return services.opportunity_update(
            opportunity_id=record.pk, user=user, values=values, expected_version=version
        )

    @record_action("win", right="close", request=shapes.WinSerializer)
    def win(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Close as won, for the estimated value unless an actual one is given."""
        return services.opportunity_win(**_call(request, record), **values)

    @record_action("lose", right="close", request=shapes.LoseSerializer)
    def lose(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Close as lost: canceled or out-sold."""
        return services.opportunity_lose(**_call(request, record), **values)

    @record_action("reopen", right="reopen")
    def reopen(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Open a closed opportunity again."""
        return services.opportunity_reopen(**_call(request, record))

    @extend_schema(responses=shapes.StaySerializer(many=True))
    @action(
        detail=True,
        url_path="stages",
        url_name="stages",
        filter_backends=[],
        pagination_class=None,
    )
    def stages(self, request: Request, pk: str) -> Response:
        """How long it stood in which stage, the first one first."""
        stays = stage_history(self.get_object())
        shown = shapes.StaySerializer([stay.as_data() for stay in stays], many=True)
        return Response(shown.data)


def _call(request: Request, record: Opportunity) -> dict[str, Any]:
    return {
        "opportunity_id": record.pk,
        "user": request.user,
        "expected_version": version_of(request),
    }
