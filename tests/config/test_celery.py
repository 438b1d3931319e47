"""Messages only ring; they take the right bell and never pile up."""

from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.conf import settings

from config.addresses import broker_url
from config.celery import app


@pytest.mark.parametrize(
    ("redis", "celery"),
    [
        ("redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"),
        ("rediss://:pw@cache:6380/0", "rediss://:pw@cache:6380/0"),
        (
            "unix:///tmp/a b/v.sock?db=2",
            "redis+socket:///tmp/a b/v.sock?virtual_host=2",
        ),
        ("unix:///tmp/v.sock", "redis+socket:///tmp/v.sock?virtual_host=0"),
    ],
)
def test_one_redis_address_serves_django_and_celery(redis, celery):
    assert broker_url(redis) == celery


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_beats_messages_expire_before_they_pile_up(name):
    entry = settings.CELERY_BEAT_SCHEDULE[name]
    assert 0 < entry["options"]["expires"] <= 3 * entry["schedule"]


def test_beat_rings_every_pump_and_sweep_that_exists():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    named = ("pump", "sweep", "clean")
    rung = {n for n in app.tasks if n.split(".")[-1].startswith(named)}
    assert scheduled <= set(app.tasks)
    assert rung <= scheduled


def test_no_task_has_a_soft_limit_above_its_hard_one():
    """Celery refuses to send such a task by beat, and says so only in beat's log."""
    app.loader.import_default_modules()
    for task in app.tasks.values():
        soft = task.soft_time_limit or app.conf.task_soft_time_limit
        hard = task.time_limit or app.conf.task_time_limit
        assert soft <= hard, task.name


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("journal.pump", "bell"),
        ("marketing.sweep_submissions", "bell"),
        ("marketing.match_submission", "bell"),
        ("jobs.sweep", "jobs"),
    ],
)
def test_short_tasks_have_a_worker_of_their_own(task, queue):
    route = app.amqp.router.route({}, task)
    assert route["queue"].name == queue


def test_nothing_is_lost_or_kept_by_a_dying_worker():
    conf = current_app.conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    visibility = conf.broker_transport_options["visibility_timeout"]
    assert visibility > 2 * conf.task_time_limit


def test_workers_wait_for_redis_for_ever():
    assert current_app.conf.broker_connection_max_retries is None
    assert urlsplit(current_app.conf.broker_url).scheme in ("redis", "redis+socket")
