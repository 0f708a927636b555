"""The Celery app, its queues, and every clock of the product.

Beat keeps nothing on disk: it only ticks. What is due daily is read from the database by the task that
a tick starts, so that two beats, or none for an hour, do no harm.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.signals import (
    celeryd_init,
    heartbeat_sent,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_shutdown,
)
from django.conf import settings
from django.db import close_old_connections
from kombu import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinsched.settings")

# Seconds. A tick that nobody took before others came is dropped.
DISPATCH_EVERY = 1.0
SWEEP_EVERY = 3.0
FETCH_EVERY = 3.0
MEDIA_EVERY = 10.0
NOTIFY_EVERY = 30.0
DAILY_EVERY = 300.0

LOOK_FOR_BROKER_EVERY = 2.0
# An unacknowledged message is delivered again; attempts survive that by compare-and-swap.
VISIBILITY_TIMEOUT = 3600


def tick(task: str, every: float, queue: str, **kwargs: Any) -> dict[str, Any]:
    return {
        "task": task,
        "schedule": every,
        "kwargs": kwargs,
        "options": {"expires": max(every, SWEEP_EVERY), "queue": queue},
    }


class Broker(Connection):
    """Celery would look for an absent broker less and less often, in the end every half minute."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        return super().ensure_connection(*args, **({"interval_max": LOOK_FOR_BROKER_EVERY} | kwargs))


class Messages(AMQP):
    Connection = Broker


app = Celery("pinsched", amqp=Messages)
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "global_keyprefix": "pinsched:",
        # Of a message that can't be sent: one more try, at once. A person may be waiting for the page.
        "max_retries": 1,
        "interval_start": 0,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker outlives any absence of Redis
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_queue="publish",
    task_routes={
        "pins.dispatch": {"queue": "dispatch"},
        "pins.sweep": {"queue": "dispatch"},
        "pins.look": {"queue": "dispatch"},
        "pins.publish": {"queue": "publish"},
        "pins.change_live": {"queue": "publish"},
        "pins.prepare_media": {"queue": "media"},
        "pins.sweep_media": {"queue": "media"},
        "pins.fetch_media": {"queue": "fetch"},
        "pins.hand_out_fetches": {"queue": "fetch"},
        "pins.remove_unused": {"queue": "analytics"},
        "pins.measure*": {"queue": "analytics"},
        "pins.read_*": {"queue": "analytics"},
        "pins.notify": {"queue": "analytics"},
        "accounts.*": {"queue": "analytics"},
    },
    worker_prefetch_multiplier=1,
    # Never: `keep_connections` below knows better.
    CELERY_DB_REUSE_MAX=10**12,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    enable_utc=True,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",
    beat_max_loop_interval=1.0,
    beat_schedule={
        "dispatch": tick("pins.dispatch", DISPATCH_EVERY, "dispatch", by_beat=True),
        "sweep": tick("pins.sweep", SWEEP_EVERY, "dispatch"),
        "fetches": tick("pins.hand_out_fetches", FETCH_EVERY, "fetch"),
        "media": tick("pins.sweep_media", MEDIA_EVERY, "media"),
        "notify": tick("pins.notify", NOTIFY_EVERY, "analytics"),
        "measure": tick("pins.measure_due", DAILY_EVERY, "analytics"),
        "libraries": tick("pins.read_due_libraries", DAILY_EVERY, "analytics"),
        "unused": tick("pins.remove_unused", DAILY_EVERY, "analytics"),
        "boards": tick("accounts.sync_due_boards", DAILY_EVERY, "analytics"),
        "tokens": tick("accounts.refresh_due_tokens", DAILY_EVERY, "analytics"),
        "workspaces": tick("accounts.sweep_workspaces", DAILY_EVERY, "analytics"),
    },
)
app.autodiscover_tasks(["accounts", "pins"])


@celeryd_init.connect  # before the worker's first warning
@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery would set up its own handlers; ours come from settings.LOGGING. They take warnings too."""
    logging.captureWarnings(True)


@task_prerun.connect
@task_postrun.connect
def keep_connections(task: Any, **_: object) -> None:
    """As a web request: a database connection is kept for CONN_MAX_AGE, and dropped when it is broken. Celery
    would open a new one for each task."""
    if not task.request.is_eager:
        close_old_connections()


@worker_shutdown.connect
def finish_sending(**_: object) -> None:
    from pins.publish import senders

    senders.finish()


@heartbeat_sent.connect
def worker_is_alive(sender: Any, **_: object) -> None:
    from pinsched.readiness import pulse

    pulse(sender.eventer.hostname.partition("@")[0])
