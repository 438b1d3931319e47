"""What this app puts on the home of marketing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core.access.rights import may
from core.ui.home import HomeCard, figure, register_home_card
from core.ui.paging import count_of
from marketing.models import Submission


def failed_submissions(request: HttpRequest) -> dict[str, Any] | None:
    """Submissions that became nobody yet, and the way to mend the newest."""
    rows = Submission.objects.visible_to(request.user)
    failed = rows.filter(state=Submission.State.FAILED)
    number = count_of(failed)
    if not number.number:
        return None
    newest = failed.select_related("form").order_by("-received_at", "-pk")[0]
    button = None
    if may(request.user, "retry", newest, "submission"):
        button = ("Mend", reverse("submission", args=[newest.pk]))
    return figure(
        "Failed submissions",
        "alert-triangle",
        number,
        said=newest.reason.partition(".")[0],
        url=f"{reverse('submission_list')}?view=failed",
        button=button,
    )


def register_homes() -> None:
    """Put the card on the home; called once when the apps are loaded."""
    register_home_card(
        HomeCard(
            "failed",
            ("marketing", "settings"),
            "ui/_home_figure.html",
            failed_submissions,
            3,
            13,
            "submission",
        )
    )
