"""What scoring shows on leads and contacts, in lists and on timelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.journal.models import Entry
from core.ui import cells
from core.ui.columns import Column, register_column
from core.ui.navigation import QuickCreate, register_quick_create
from core.ui.parts import Key, Panel, register_key, register_panel
from core.ui.search import Hit, Search, register_search
from core.ui.sources import Named, register_source
from core.ui.timeline import Happening, Place, Scope, register_timeline_source
from crm.models import Contact, Lead
from scoring.models import LeadScore, ScoringModel
from scoring.pages.lists import TONES
from scoring.services.report import lead_scores

SHOWN = 6
MOST = 200


def with_score(rows: Any, user: Any) -> Any:
    """The highest score by a live model, and from where on it is sales ready."""
    best = LeadScore.objects.filter(lead=OuterRef("pk"), model__state="live")
    best = best.order_by("-score", "model")
    return rows.annotate(
        score=Subquery(best.values("score")[:1]),
        score_threshold=Subquery(best.values("model__sales_ready_score")[:1]),
    )


def score_cell(row: Any) -> Any:
    if row.score is None:
        return cells.EMPTY
    return cells.score(row.score, hot=row.score >= row.score_threshold)


SCORE = Column(
    "score",
    "Score",
    score_cell,
    sort="score",
    text=lambda row: row.score,
    annotate=with_score,
    css="keep",
    position=300,
)


def header_score(lead: Lead) -> Any:
    """The highest score with its bar and grade, in the strip of the lead."""
    found = lead_scores(lead=lead)
    if not found:
        return None
    best = found[0]
    shown = cells.score(best.score, hot=best.score >= best.sales_ready_score)
    return format_html("{} {}", shown, best.grade) if best.grade else shown


def why(request: HttpRequest, lead: Lead) -> dict[str, Any] | None:
    """The score of every model with where it comes from."""
    found = lead_scores(lead=lead)
    if not found:
        return None
    return {"note": None, "scores": found}


def scores_of_contact(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    """The scores of the contact's leads that the user may see."""
    leads = Lead.objects.visible_to(request.user).filter(parent_contact=contact)
    rows = LeadScore.objects.filter(lead__in=leads).select_related("lead", "model")
    found = list(rows.order_by("-score", "lead")[:SHOWN])
    if not found:
        return None
    return {
        "note": None,
        "lines": [
            (row, cells.score(row.score, row.score >= row.model.sales_ready_score))
            for row in found
        ],
    }


def scores_told(
    scope: Scope, place: Place | None, limit: int, kind: str
) -> list[Happening]:
    """Scores as they changed: of a lead its own, of a contact those of its leads.

    What the reader may not see is left out; two queries.
    """
    if kind not in ("all", "milestone"):
        return []
    subject, pk = scope.subject
    leads = Lead.objects.visible_to(scope.user)
    if subject == "lead":
        leads = leads.filter(pk=pk)
    elif subject == "contact":
        leads = leads.filter(parent_contact=pk)
    else:
        return []
    named = {lead.pk: lead for lead in leads[:MOST]}
    rows: Any = Entry.objects.filter(
        name="score.changed", subject_type="lead", subject_id__in=named
    )
    if place:
        rows = place.older(rows, "scores", "occurred_at")
    return [
        _told(entry, named[entry.subject_id] if subject == "contact" else None)
        for entry in rows.order_by("-occurred_at", "-pk")[:limit]
        if entry.subject_id
    ]


def _told(entry: Entry, lead: Lead | None) -> Happening:
    about = format_html(" for {}", lead.topic or lead.name) if lead else ""
    sentence = score_sentence(entry.data or {}, about)
    return Happening(entry.occurred_at, "flame", sentence, "milestone", order=entry.pk)


def score_sentence(data: Mapping[str, Any], about: str = "") -> SafeString:
    """Score rose to 69 in Warehouse model, +12."""
    new, old, model = data.get("new"), data.get("old"), data.get("model")
    if not isinstance(new, int) or not isinstance(old, int):
        return format_html("Score <b>{}</b> in {}{}", new, model, about)
    verb = "rose" if new > old else "fell"
    step = f"{new - old:+d}".replace("-", "\N{MINUS SIGN}")
    said = "Score {} to <b>{}</b> in {}{}, {}"
    return format_html(said, verb, new, model, about, step)


def model_names(ids: set[int]) -> Named:
    rows = ScoringModel.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("scoring_model", args=[pk])) for pk, name in rows}


def find_models(user: Any, text: str, limit: int) -> list[Hit]:
    rows = ScoringModel.objects.visible_to(user)
    rows = rows.filter(name__lower__contains=text.lower()).order_by("name")
    return [
        Hit(
            row.name,
            f"Sales ready from {row.sales_ready_score}",
            reverse("scoring_model", args=[row.pk]),
            row.get_state_display(),
            TONES[row.state],
            pk=row.pk,
        )
        for row in rows[:limit]
    ]


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register_column("lead", SCORE)
    register_key("lead", Key("Score", header_score))
    register_panel(
        "lead", Panel("score", "Score", "scoring/_why.html", why, position=5)
    )
    register_panel(
        "contact",
        Panel(
            "scores",
            "Scores of the leads",
            "scoring/_contact_scores.html",
            scores_of_contact,
            position=25,
        ),
    )
    register_timeline_source("scores", scores_told)
    register_source("scoring_model", model_names)
    register_search(
        Search("scoring_model", "Scoring models", "scoring_model", find_models)
    )
    register_quick_create(
        QuickCreate("Scoring model", "flame", "scoring_model_create", "scoring_model")
    )
