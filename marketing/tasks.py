"""Doors of the workers: the bell rings, the services look. Settings route them."""

from __future__ import annotations

from celery import shared_task

from marketing.services.submissions import MATCH, submissions_match_pending


@shared_task(name=MATCH, ignore_result=True, soft_time_limit=50, time_limit=60)
def match_submissions() -> int:
    """Match what waits; rung by each submission. Harmless at any time."""
    return submissions_match_pending()


@shared_task(
    name="marketing.sweep_submissions",
    ignore_result=True,
    soft_time_limit=50,
    time_limit=60,
)
def sweep_submissions() -> int:
    """The same, rung by beat: finds what a lost ring or a killed worker left."""
    return submissions_match_pending()
