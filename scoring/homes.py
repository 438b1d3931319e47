"""What this app puts on the homes: who is ready for sales, and why now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core.journal.interactions import interaction_kind
from core.journal.models import Entry
from core.ui.home import HomeCard, address, register_home_card
from core.ui.paging import count_of
from crm.models import Lead
from scoring.models import LeadScore, ScoringModel, ScoringRule

SHOWN = 6
LATELY = timedelta(days=21)


def newly_ready(request: HttpRequest) -> dict[str, Any] | None:
    """The leads that became sales ready last, with their scores; two queries."""
    rows = Lead.objects.visible_to(request.user).sales_ready()
    newest = rows.select_related("owner").order_by("-sales_ready_at", "-pk")
    found = list(newest[:SHOWN])
    if not found:
        return None
    scores = scores_of(found)
    return {
        "more": f"{reverse('lead_list')}?view=sales_ready",
        "lines": [(lead, _score(scores, lead)) for lead in found],
    }


def ready_for_me(request: HttpRequest) -> dict[str, Any] | None:
    """Sales-ready leads of one's own and of nobody, each with why now.

    One's own first. The same queries, however many leads there are.
    """
    user: Any = request.user
    rows = Lead.objects.visible_to(user).sales_ready()
    rows = rows.filter(Q(owner=user) | Q(owner=None)) if _sells(user) else rows
    ordered = rows.select_related("parent_account", "owner").order_by(
        "owner", "-sales_ready_at", "-pk"
    )
    found = list(ordered[:SHOWN])
    if not found:
        return None
    scores = scores_of(found)
    reasons, may = why_now(found, scores), _may_qualify(user, found)
    number = count_of(rows)
    said = "lead is" if number.number == 1 else "leads are"
    return {
        "number": number,
        "more": f"{reverse('lead_list')}?view=sales_ready",
        "lede": f"{number} {said} sales ready.",
        "lines": [
            {
                "lead": lead,
                "score": _score(scores, lead),
                "why": reasons.get(lead.pk),
                "url": address("lead_qualify", lead.pk) if lead.pk in may else "",
                "mine": lead.owner_id == user.pk,
            }
            for lead in found
        ],
    }


def _sells(user: Any) -> bool:
    """Whether this person has leads of their own; managers see everybody's."""
    return Lead.objects.filter(owner=user, state="open").exists()


def _may_qualify(user: Any, leads: list[Lead]) -> set[int]:
    """Those of the leads that this person may qualify; one query."""
    rows = Lead.objects.visible_to(user, "qualify")
    ids = [lead.pk for lead in leads]
    return set(rows.filter(pk__in=ids).values_list("pk", flat=True))


def scores_of(leads: Iterable[Lead]) -> dict[int, LeadScore]:
    """The highest score each lead has by a live model; one query."""
    rows = LeadScore.objects.filter(
        lead__in=list(leads), model__state=ScoringModel.State.LIVE
    )
    return {row.lead_id: row for row in rows.order_by("score")}


def rules_of(scores: Iterable[LeadScore]) -> dict[str, ScoringRule]:
    """The rules that gave these scores, by the keys of their breakdowns; one query."""
    keys = {key for row in scores for key in row.breakdown}
    return {str(rule.pk): rule for rule in ScoringRule.objects.filter(pk__in=keys)}


def why_now(
    leads: Iterable[Lead], scores: dict[int, LeadScore]
) -> dict[int, tuple[str, int]]:
    """What counted most for each lead, in words, and its points; two queries.

    A behaviour comes before what somebody is. A rule with a condition of its own is
    told by its name, one that counts anything by what the person did most lately.
    """
    rules = rules_of(scores.values())
    top = {lead: _top(scores[lead.pk], rules) for lead in leads if lead.pk in scores}
    done = _lately({lead.parent_contact_id for lead in top if lead.parent_contact_id})
    found = {}
    for lead, best in top.items():
        if best is not None:
            rule, points = best
            text = "" if rule.condition else _told(rule, done, lead)
            found[lead.pk] = text or rule.name, points
    return found


def _top(
    score: LeadScore, rules: dict[str, ScoringRule]
) -> tuple[ScoringRule, int] | None:
    known = [(rules[k], v) for k, v in score.breakdown.items() if k in rules and v > 0]
    if not known:
        return None
    return max(known, key=lambda each: (each[0].kind == "behaviour", each[1]))


Done = dict[tuple[int | None, str], Counter[str]]


def _lately(contact_ids: set[int]) -> Done:
    """How often each person did what, by the kind of interaction."""
    rows = Entry.objects.filter(
        contact_id__in=contact_ids,
        occurred_at__gte=timezone.now() - LATELY,
        machine=False,
    )
    done: Done = {}
    for contact_id, name, data in rows.values_list("contact_id", "name", "data"):
        if interaction_kind(name) and (what := data.get("title") or data.get("name")):
            done.setdefault((contact_id, name), Counter())[what] += 1
    return done


def _told(rule: ScoringRule, done: Done, lead: Lead) -> str:
    """ "Visited Pricing 3 times"; empty where nothing has a name."""
    for name in rule.interactions:
        kind, counted = interaction_kind(name), done.get((lead.parent_contact_id, name))
        if kind is None or not counted:
            continue
        what, number = counted.most_common(1)[0]
        said = kind.sentence.replace("{who}", "").replace("{what}", what).strip()
        times = f" {number} times" if number > 1 else ""
        return said[:1].upper() + said[1:] + times
    return ""


def _score(scores: dict[int, LeadScore], lead: Lead) -> int | None:
    row = scores.get(lead.pk)
    return row.score if row else lead.sales_ready_score


def register_homes() -> None:
    """Put the cards on the homes; called once when the apps are loaded."""
    register_home_card(
        HomeCard(
            "newly_ready",
            ("marketing",),
            "scoring/_home_new.html",
            newly_ready,
            4,
            51,
            "lead",
        )
    )
    register_home_card(
        HomeCard(
            "ready", ("sales",), "scoring/_home_ready.html", ready_for_me, 8, 20, "lead"
        )
    )
