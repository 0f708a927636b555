"""The Celery app, its queues, and every clock of the product.

Beat keeps nothing on disk: it only ticks. What is due daily is read from the database by the task that
a tick starts, so that two beats, or none for an hour, do no harm.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinsched.settings")

# Seconds. A tick that nobody took before the next one comes is dropped.
DISPATCH_EVERY = 3.0
MEDIA_EVERY = 10.0
DAILY_EVERY = 300.0

VISIBILITY_TIMEOUT = (
    3600  # an unacknowledged message is delivered again; attempts survive that by compare-and-swap
)


def tick(task: str, every: float, queue: str, **kwargs: Any) -> dict[str, Any]:
    return {"task": task, "schedule": every, "kwargs": kwargs, "options": {"expires": every, "queue": queue}}


app = Celery("pinsched")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT, "global_keyprefix": "pinsched:"},
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_queue="publish",
    task_routes={
        "pins.dispatch": {"queue": "dispatch"},
        "pins.sweep": {"queue": "dispatch"},
        "pins.publish": {"queue": "publish"},
        "pins.prepare_media": {"queue": "media"},
        "pins.sweep_media": {"queue": "media"},
        "pins.fetch_media": {"queue": "analytics"},
        "pins.measure*": {"queue": "analytics"},
        "accounts.*": {"queue": "analytics"},
    },
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    enable_utc=True,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",
    beat_max_loop_interval=1.0,
    beat_schedule={
        "dispatch": tick("pins.dispatch", DISPATCH_EVERY, "dispatch", by_beat=True),
        "sweep": tick("pins.sweep", DISPATCH_EVERY * 3, "dispatch"),
        "media": tick("pins.sweep_media", MEDIA_EVERY, "media"),
        "measure": tick("pins.measure_due", DAILY_EVERY, "analytics"),
        "boards": tick("accounts.sync_due_boards", DAILY_EVERY, "analytics"),
        "tokens": tick("accounts.refresh_due_tokens", DAILY_EVERY, "analytics"),
    },
)
app.autodiscover_tasks(["accounts", "pins"])


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery would set up its own handlers; ours come from settings.LOGGING."""


@heartbeat_sent.connect
def worker_is_alive(sender: Any, **_: object) -> None:
    from pinsched.health import pulse

    pulse(sender.eventer.hostname.partition("@")[0])
