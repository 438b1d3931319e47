"""Settings of the web server, for the launcher and the image alike."""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import multiprocess

wsgi_app = "config.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 15
keepalive = 5
max_requests = 20_000  # a leak never grows for ever
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn's heartbeat files
errorlog = "-"
loglevel = "warning"


def child_exit(server: Any, worker: Any) -> None:
    """Take the figures of a worker that ended out of the live gauges."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # the library has no types
