"""Is it alive, is it ready, how is it doing: for load balancers and monitoring."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from redis.exceptions import RedisError

LOOPBACK = ("127.0.0.1", "::1")
_migrated = False


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers; looks at nothing else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served (503 otherwise), with every check.

    Redis is reported but does not decide: without it effects come later, while a page
    that takes submissions must go on taking them.
    """
    state = checks()
    ready = all(part["ok"] for name, part in state.items() if name != "redis")
    body = {"ready": ready, "checks": state}
    answer = JsonResponse(body, status=200 if ready else 503)
    if not ready:
        answer["Retry-After"] = "5"
    return answer


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
    return {
        name: _timed(check)
        for name, check in (
            ("database", _database),
            ("migrations", _migrations),
            ("redis", _redis),
        )
    }


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
