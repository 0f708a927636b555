"""Is the process up (`/healthz`), and is the whole house (`/readyz`)?

Heartbeats are rows: each Celery node writes one from its own heart, and the dispatch tick writes beat's,
because only beat sends it. Whether the media store takes files stands in rows too: a probe writes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from redis import Redis, RedisError

from accounts import clock, skew
from pins.media import store
from pins.models import Heartbeat
from pinsched import zonedata

logger = logging.getLogger(__name__)

# The two nodes that `python -m pinsched.worker` starts, and beat.
PARTS: Final = ("beat", "worker", "media")
SILENT_AFTER: Final = timedelta(seconds=30)  # ten ticks
PULSE_EVERY: Final = 5.0  # seconds; a Celery heart beats every two

_last_pulse = 0.0


def pulse(name: str) -> None:
    """Write this node's heartbeat, at most every PULSE_EVERY seconds. Never raises: a heart must not stop."""
    global _last_pulse
    if time.monotonic() - _last_pulse < PULSE_EVERY:
        return
    _last_pulse = time.monotonic()
    try:
        Heartbeat.objects.beat(name, clock.now())
    except Error:
        logger.warning("heartbeat.unwritten", extra={"part": name})
        connections.close_all()


def problems() -> dict[str, str]:
    """What is red, by part, in words. Empty when all is well."""
    found: dict[str, str] = {}
    try:
        found |= _database_problems()
    except DatabaseError as error:
        found["database"] = f"not reachable: {type(error).__name__}"
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as redis:
            redis.ping()
    except RedisError as error:
        found["redis"] = f"not reachable: {type(error).__name__}"
    except ValueError:
        found["redis"] = "REDIS_URL is no address"
    return found


def _database_problems() -> dict[str, str]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return {"migrations": "not all applied: run `python manage.py migrate`"}
    now = clock.now()
    seen = dict(Heartbeat.objects.filter(name__in=PARTS).values_list("name", "seen_at"))
    found = {}
    for part in PARTS:
        if part not in seen:
            found[part] = "never seen"
        elif now - seen[part] > SILENT_AFTER:
            found[part] = f"silent for {round((now - seen[part]).total_seconds())} s"
    if trouble := store.trouble():
        found["media store"] = trouble
    if trouble := skew.alarm(now=now):
        found["clock"] = trouble
    return found


def _zone_data() -> dict[str, str]:
    """By which rules this process turns wall clocks into instants. Old ones are no reason to take it down."""
    said, warning = {"in_use": str(zonedata.in_use())}, zonedata.warning(timezone.now().date())
    return said | ({"warning": warning} if warning else {})


class HealthMiddleware:
    """Answers before hosts, sessions and redirects are looked at, so that a probe needs nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            found = problems()
            state = {"status": "red" if found else "ok", "red": found, "zone_data": _zone_data()}
            answer = JsonResponse(state, status=503 if found else 200)
            # A probe asks every few seconds: Django would log each red answer as an error.
            answer._has_been_logged = True  # type: ignore[attr-defined]
            return answer
        return self.get_response(request)
