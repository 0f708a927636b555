"""How many messages wait in Redis: read where Celery keeps them; its own inspection needs living workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from redis import Redis, RedisError

from pinsched.celery import app

PATIENCE: Final = 1.0  # seconds; depths are left out rather than waited for


@dataclass(frozen=True, slots=True)
class Depths:
    """Messages that no worker has taken yet, by queue, and those that were taken and are not finished."""

    waiting: dict[str, int]
    taken: int


def names() -> list[str]:
    return sorted({route["queue"] for route in app.conf.task_routes.values()})


def depths() -> Depths | None:
    """None when Redis doesn't say: this never raises."""
    queues = names()
    prefix = app.conf.broker_transport_options["global_keyprefix"]
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        with Redis.from_url(settings.REDIS_URL, **patience) as redis, redis.pipeline(False) as pipeline:
            for name in queues:
                pipeline.llen(f"{prefix}{name}")
            pipeline.hlen(f"{prefix}unacked")
            *lengths, taken = pipeline.execute()
    except (RedisError, ValueError):  # ValueError: an address that can't be read
        return None
    return Depths(dict(zip(queues, lengths, strict=True)), taken)
