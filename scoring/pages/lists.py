"""The list of scoring models."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from core.ui import cells
from core.ui.columns import Column, ListView
from core.ui.lists import ListPage
from scoring.filters import ScoringModelFilter
from scoring.models import LeadScore, ScoringModel

TONES = {"live": "good", "draft": "off", "stopped": "ready"}


def state_badge(model: ScoringModel) -> Any:
    return cells.badge(model.get_state_display(), TONES[model.state])


def _counted(name: str, only: Q) -> Any:
    """A column's number of scores, counted by the index on model and score."""

    def annotate(rows: Any, user: Any) -> Any:
        scores = LeadScore.objects.filter(only, model=OuterRef("pk")).order_by()
        number = scores.values("model").annotate(n=Count("*")).values("n")
        counted = Coalesce(Subquery(number), 0, output_field=IntegerField())
        return rows.annotate(**{name: counted})

    return annotate


class ScoringModelList(ListPage):
    entity, model = "scoring_model", ScoringModel
    title, noun, icon = "Scoring models", "scoring model", "flame"
    url_name, record_url_name = "scoring_model_list", "scoring_model"
    create_url_name = "scoring_model_create"
    filterset_class = ScoringModelFilter
    default_sort = "name"
    empty = "No scoring models yet. A model gives leads points for who they are and do."
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, row.description[:80], row.href),
            sort="name",
            text=lambda row: row.name,
            css="first",
        ),
        Column(
            "state",
            "State",
            state_badge,
            sort="state",
            text=lambda row: row.get_state_display(),
            css="keep",
        ),
        Column(
            "threshold",
            "Sales ready from",
            lambda row: cells.number(row.sales_ready_score),
            sort="sales_ready_score",
            text=lambda row: row.sales_ready_score,
            css="r",
        ),
        Column(
            "leads",
            "Leads scored",
            lambda row: cells.number(row.leads_scored),
            text=lambda row: row.leads_scored,
            annotate=_counted("leads_scored", Q()),
            css="r",
        ),
        Column(
            "over",
            "Sales ready",
            lambda row: cells.number(row.leads_over),
            text=lambda row: row.leads_over,
            annotate=_counted(
                "leads_over", Q(score__gte=F("model__sales_ready_score"))
            ),
            css="r",
        ),
        Column(
            "live_since",
            "Live since",
            lambda row: cells.ago(row.went_live_at),
            text=lambda row: row.went_live_at,
            css="mut",
        ),
    )
    views = (
        ListView("all", "All", lambda rows, user: rows),
        ListView("live", "Live", lambda rows, user: rows.filter(state="live")),
        ListView("draft", "Drafts", lambda rows, user: rows.filter(state="draft")),
        ListView("mine", "Mine", lambda rows, user: rows.filter(owner=user)),
    )

    def search(self, rows: Any, text: str) -> Any:
        """Models are few: by a fragment of the name."""
        return rows.filter(name__lower__contains=text.lower())
