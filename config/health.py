"""Is it alive, is it ready, how is it doing: for load balancers and monitoring."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.journal.models import FailedEvent
from core.journal.pump import lag
from core.journal.reading import JournalAhead, refuse_if_ahead

LOOPBACK = ("127.0.0.1", "::1")
_migrated = False


def probes_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer probes before anything looks at the request's host.

    A load balancer asks each process by its address, which ALLOWED_HOSTS cannot know,
    and in plain HTTP.
    """
    probes = {"/healthz": healthz, "/readyz": readyz}

    def answer(request: HttpRequest) -> HttpResponse:
        return probes.get(request.path_info, get_response)(request)

    return answer


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers; looks at nothing else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served (503 otherwise), with every check.

    Redis and the journal are reported but do not decide: without them effects come
    later, while a page that takes submissions must go on taking them.
    """
    state = checks()
    ready = all(state[name]["ok"] for name in ("database", "migrations"))
    body = {"ready": ready, "checks": state}
    answer = JsonResponse(body, status=200 if ready else 503)
    if not ready:
        answer["Retry-After"] = "5"
    return answer


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Figures of how it is doing, as JSON; for those who may read the metrics."""
    if not _may_measure(request):
        return HttpResponseForbidden(
            "The status needs METRICS_TOKEN as a bearer token."
        )
    reactions = [
        {"name": one.consumer, "entries": one.entries, "seconds": round(one.seconds, 1)}
        for one in lag()
    ]
    return JsonResponse(
        {
            "checks": checks(),
            "reactions": reactions,
            "failed_events": FailedEvent.objects.filter(resolved_at=None).count(),
            "queues": _queues(),
        }
    )


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for this machine or the bearer of METRICS_TOKEN."""
    if not _may_measure(request):
        return HttpResponseForbidden("Metrics need METRICS_TOKEN as a bearer token.")
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


def checks() -> dict[str, dict[str, Any]]:
    """Each thing that must work, with how long the answer took (milliseconds)."""
    state = {
        name: _timed(check)
        for name, check in (
            ("database", _database),
            ("migrations", _migrations),
            ("redis", _redis),
        )
    }
    if state["migrations"]["ok"]:
        state["journal"] = _timed(_journal) | _lag()
    return state


def _timed(check: Callable[[], str]) -> dict[str, Any]:
    begun = time.perf_counter()
    try:
        problem = check()
    except (DatabaseError, RedisError, OSError) as error:
        problem = type(error).__name__  # never the message: it may name hosts and users
    took = round((time.perf_counter() - begun) * 1000, 1)
    return {"ok": not problem, "ms": took} | ({"problem": problem} if problem else {})


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('Ä') = 'ä'")
        return "" if cursor.fetchone()[0] else "The database does not fold letters."


def _migrations() -> str:
    """Looked up until they are complete, then remembered: it takes some 20 queries."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            return f"{len(plan)} migrations are not applied."
        _migrated = True
    return ""


def _journal() -> str:
    """Whether the pump may run: it refuses after a restore without its command."""
    try:
        refuse_if_ahead()
    except JournalAhead:
        return "The journal is ahead of this cluster: run the restore command."
    return ""


def _lag() -> dict[str, Any]:
    """How far reactions are behind: never a reason not to serve."""
    lags = lag()
    return {
        "lag_seconds": round(max((one.seconds for one in lags), default=0.0), 1),
        "lag_entries": max((one.entries for one in lags), default=0),
    }


def _queues() -> dict[str, int]:
    """How many messages wait in each queue of the workers; empty without a broker."""
    try:
        with current_app.connection_for_read() as broker:
            return {name: _waiting(broker, name) for name in ("bell", "jobs")}
    except (OperationalError, RedisError, OSError):
        return {}


def _waiting(broker: Any, queue: str) -> int:
    try:
        declared = broker.default_channel.queue_declare(queue, passive=True)
    except broker.channel_errors:  # nothing was ever sent to it
        return 0
    return int(declared.message_count)


def _redis() -> str:
    cache.get("health")
    return ""


def _may_measure(request: HttpRequest) -> bool:
    """Loopback counts only when no proxy stands between: its address is ours too."""
    token = settings.METRICS_TOKEN
    offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(offered.encode(), token.encode()):
        return True
    forwarded = "X-Forwarded-For" in request.headers or settings.SECURE_PROXY_SSL_HEADER
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not forwarded
