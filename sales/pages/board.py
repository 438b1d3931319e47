"""The pipeline as a board: a column a stage; cards move by pointer and keyboard."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.base.keyset import order_of
from core.base.models import Organisation
from core.base.text import whole_number
from core.ui.doors import browser_door
from core.ui.filters import chips_of, filter_fields
from core.ui.paging import page_of
from core.ui.toasts import toast
from crm.models import Activity
from sales.models import Opportunity, Pipeline, PipelineStage
from sales.pages.lists import OpportunityList, customer_cell
from sales.services.opportunities import opportunity_update

CARDS = 25
CLOSED = (("won", "Won", "trophy"), ("lost", "Lost", "x"))
JOINED = ("owner", "account", "contact", "stage_row")


class PipelineBoard(OpportunityList):
    """The list's filters and views; its rows as cards, the longest in a stage first.

    Each column shows 25 cards and the rest on demand, so that a thousand cost what
    fifty do; the sums are one grouped query.
    """

    title, nouns, url_name = "Pipeline", "opportunities", "pipeline"
    template_name = "sales/board.html"
    has_columns: ClassVar[bool] = False

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        return list(Pipeline.objects.visible_to(self.request.user))

    @cached_property
    def pipeline(self) -> Pipeline:
        """The one of the address, else the default one."""
        wanted = whole_number(self.params.get("pipeline", ""))
        fitting = (row for row in self.pipelines if row.pk == wanted)
        return next(fitting, self.pipelines[0])

    @cached_property
    def stages(self) -> list[PipelineStage]:
        return list(PipelineStage.objects.of(self.pipeline.pk))

    def rows(self, action: str = "read") -> QuerySet:
        """Those of the pipeline on show."""
        return super().rows(action).filter(pipeline=self.pipeline)

    def page(self) -> HttpResponse:
        """The board, its lanes for htmx, or the next cards of one lane."""
        if self.params.get("part") == "lane":
            stage = self.params.get("lane", "")
            lane = {"key": stage, **self.cards(stage)}
            context = {"board": self, "lane": lane, "base": self.base_currency}
            self.next_activities(lane["cards"])
            return render(self.request, "sales/_cards.html", context)
        fragment = self.request.headers.get("HX-Target") == "list-body"
        template = "sales/_board.html" if fragment else self.template_name
        return render(self.request, template, self.board_context())

    def board_context(self) -> dict[str, Any]:
        """What both the page and its lanes show."""
        lanes = self.lanes()
        for lane in lanes:
            lane.update(self.cards(lane["key"]))
        self.next_activities([card for lane in lanes for card in lane["cards"]])
        return {
            "list": self,
            "board": self,
            "base": self.base_currency,
            "lanes": lanes,
            "ends": self.ends(),
            "total": sum(lane["value"] for lane in lanes),
            "weighted": sum(lane["weighted"] for lane in lanes),
            "number": sum(lane["number"] for lane in lanes),
            "chips": chips_of(self.filterset, self.params),
            "filter_fields": filter_fields(self.filterset),
            "create_url": self.create_url(),
            "list_url": f"{reverse('opportunity_list')}?{self.passed_on()}",
            "may_move": rights_of(self.request.user).has("opportunity", "update"),
        }

    @cached_property
    def base_currency(self) -> str:
        return Organisation.current().currency

    def lanes(self) -> list[dict[str, Any]]:
        """Each stage with the number, sum and weighted sum of what is open there."""
        found = {
            row["stage"]: row
            for row in self.rows()
            .filter(state="open")
            .order_by()
            .values("stage")
            .annotate(
                number=Count("pk"),
                value=Sum("estimated_base"),
                weighted=Sum(F("estimated_base") * F("probability")) / 100,
            )
        }
        lanes = []
        for stage in self.stages:
            row = found.get(stage.key, {})
            lanes.append(
                {
                    "key": stage.key,
                    "stage": stage,
                    "number": row.get("number", 0),
                    "value": row.get("value") or 0,
                    "weighted": row.get("weighted") or 0,
                }
            )
        return lanes

    def ends(self) -> list[dict[str, Any]]:
        """Won and lost: where cards can be dropped, with what is there already."""
        found = {
            row["state"]: row
            for row in self.rows()
            .exclude(state="open")
            .order_by()
            .values("state")
            .annotate(number=Count("pk"), value=Sum("actual_base"))
        }
        here = f"{reverse('opportunity_list')}?{self.passed_on()}&state="
        return [
            {
                "key": key,
                "label": label,
                "icon": icon,
                "number": found.get(key, {}).get("number", 0),
                "value": found.get(key, {}).get("value") or 0,
                "url": f"{here}{key}",
            }
            for key, label, icon in CLOSED
        ]

    def cards(self, stage: str) -> dict[str, Any]:
        """The next open cards of a stage, with the address of those after them."""
        rows = self.rows().filter(state="open", stage=stage).select_related(*JOINED)
        order = order_of(rows, "stage_since", False)
        after = self.params.get("after", "")
        page = page_of(rows, order, CARDS, after=after)
        for card in page.rows:
            card.href = self.href(card)
            card.customer_html = customer_cell(card)
        more = ""
        if page.after:
            kept = self.params.copy()
            for name in ("part", "lane", "after"):
                kept.pop(name, None)
            here = {"part": "lane", "lane": stage, "after": page.after}
            more = f"{reverse(self.url_name)}?{kept.urlencode()}&{urlencode(here)}"
        return {"cards": page.rows, "more": more}

    def next_activities(self, cards: list[Any]) -> None:
        """What is planned next about each card, in one query."""
        rows = Activity.objects.visible_to(self.request.user).pending()
        rows = rows.filter(
            regarding_type="opportunity", regarding_id__in=[card.pk for card in cards]
        )
        planned: dict[int, Activity] = {}
        for activity in rows.order_by(F("due_at").asc(nulls_last=True), "pk"):
            planned.setdefault(activity.regarding_id, activity)
        for card in cards:
            card.next_activity = planned.get(card.pk)

    # Moving -------------------------------------------------------------------------

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Move a card to another stage; its old one is offered as an undo."""
        number = whole_number(self.said("card"))
        row = get_object_or_404(self.base(), pk=number or 0)
        if not may(request.user, "update", row, "opportunity"):
            raise PermissionDenied
        before, wanted = row.stage, self.said("stage")[:40]
        user: Any = request.user
        try:
            with browser_door(user):
                row = opportunity_update(
                    opportunity_id=row.pk, user=user, values={"stage": wanted}
                )
        except DomainError as error:
            answer = HttpResponse(status=204)
            answer["HX-Trigger"] = '{"list:changed": true}'
            return toast(answer, error.detail, tone="bad")
        return self.moved(row, before)

    def said(self, name: str) -> str:
        """What the form says; the address in an undo."""
        return self.request.POST.get(name) or self.params.get(name, "")

    def moved(self, row: Opportunity, before: str) -> HttpResponse:
        """The new sums of all lanes, to be put in place, and a message with undo."""
        context = {
            "lanes": self.lanes(),
            "base": self.base_currency,
            "out_of_band": True,
        }
        answer = render(self.request, "sales/_lane_heads.html", context)
        if self.params.get("undo"):
            answer["HX-Trigger"] = '{"list:changed": true}'
            return answer
        back = urlencode({"undo": "1", "card": str(row.pk), "stage": before})
        return toast(
            answer,
            f"{row.name} is in {row.get_stage_display()}.",
            undo=f"{reverse(self.url_name)}?{back}",
        )
