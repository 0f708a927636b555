"""`/metrics` for Prometheus: what the database says at the moment of asking, in a fixed number of queries.

Nothing is counted in the processes, so that any web process gives the same answer, and a restart resets none.
"""

from __future__ import annotations

import ipaddress
import logging
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from hmac import compare_digest
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts import clock
from accounts.models import PinterestAccount
from accounts.models.pinterest_account import Health
from pins import operations
from pins.models import Attempt, Heartbeat, LiveChange, LiveState, Media, MediaStatus, Pin, Status
from pins.models.attempt import LIVE, AttemptState
from pins.models.live_change import UNFINISHED
from pinsched import queues
from pinsched.readiness import PARTS

logger = logging.getLogger(__name__)

# Only proxies set these: with one of them, a request from this machine is somebody else's.
FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


class MetricsMiddleware:
    """Answers before hosts and redirects are looked at, like the probes: Prometheus asks by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return metrics(request) if request.path == "/metrics" else self.get_response(request)


def metrics(request: HttpRequest) -> HttpResponse:
    if refusal := _refusal(request):
        return refusal
    registry = CollectorRegistry()
    registry.register(House(clock.now()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    try:
        return HttpResponse(encode(registry), content_type=content_type)
    except DatabaseError as error:
        logger.warning("metrics.unavailable", extra={"error": type(error).__name__})
        return _quiet(503, "The database is not reachable.\n")


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """None for whoever may read: with METRICS_TOKEN its bearer, without it this machine itself."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(("GET", "HEAD"))
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}".encode()
        shown = request.headers.get("Authorization", "").encode()
        return None if compare_digest(shown, expected) else _quiet(403, "METRICS_TOKEN is needed.\n")
    return None if _is_this_machine(request) else _quiet(404, "")


def _is_this_machine(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a Unix socket: the proxy's
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _quiet(status: int, text: str) -> HttpResponse:
    """Prometheus asks every few seconds: Django would log each refusal."""
    answer = HttpResponse(text, status=status, content_type="text/plain")
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


class House(Collector):
    """All numbers at one instant. One query a family."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self._pins()
        yield from self._late()
        yield from self._attempts()
        yield from self._live_changes()
        yield self._accounts()
        yield from self._media()
        yield self._heartbeats()
        yield from self._queues()

    def _pins(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("pinsched_pins", "Pins by status.", labels=["status"])
        found = dict(Pin.objects.order_by().values_list("status").annotate(Count("pk")))
        for status in Status:
            family.add_metric([status.value], found.get(status.value, 0))
        return family

    def _late(self) -> Iterator[GaugeMetricFamily]:
        """Of `nothing` there should be none; the others wait for a person, or for Pinterest's limits."""
        count = GaugeMetricFamily(
            "pinsched_pins_late",
            "Pins whose time is over and that are not out, by what they wait for.",
            labels=["waits_for"],
        )
        worst = GaugeMetricFamily(
            "pinsched_lateness_seconds", "How late the latest of them is.", labels=["waits_for"]
        )
        for what, found in operations.lateness(self.now).items():
            count.add_metric([what.value], found.number)
            worst.add_metric([what.value], found.worst.total_seconds())
        yield count
        yield worst

    def _attempts(self) -> Iterator[GaugeMetricFamily]:
        count = GaugeMetricFamily("pinsched_attempts", "Live attempts by state.", labels=["state"])
        rows = Attempt.objects.filter(state__in=LIVE).order_by().values_list("state")
        found = {state: (number, sent) for state, number, sent in rows.annotate(Count("pk"), Min("sent_at"))}
        for state in LIVE:
            count.add_metric([state.value], found.get(state.value, (0, None))[0])
        oldest = GaugeMetricFamily(
            "pinsched_unknown_seconds", "Age of the oldest attempt of which nobody knows the outcome."
        )
        oldest.add_metric([], self._age(found.get(AttemptState.UNKNOWN.value, (0, None))[1]))
        yield count
        yield oldest

    def _live_changes(self) -> Iterator[GaugeMetricFamily]:
        """Of Pins that are on Pinterest."""
        count = GaugeMetricFamily(
            "pinsched_live_changes",
            "Changes and deletions of published Pins that are not done, by state.",
            labels=["state"],
        )
        rows = LiveChange.objects.unfinished().order_by().values_list("state")
        found = {state: (number, sent) for state, number, sent in rows.annotate(Count("pk"), Min("sent_at"))}
        for state in UNFINISHED:
            count.add_metric([state.value], found.get(state.value, (0, None))[0])
        oldest = GaugeMetricFamily(
            "pinsched_live_change_unknown_seconds",
            "Age of the oldest one that was sent and of which nobody knows the outcome.",
        )
        oldest.add_metric([], self._age(found.get(LiveState.SENT.value, (0, None))[1]))
        yield count
        yield oldest

    def _accounts(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("pinsched_accounts", "Pinterest accounts by health.", labels=["health"])
        found = dict(PinterestAccount.objects.order_by().values_list("health").annotate(Count("pk")))
        for health in Health:
            family.add_metric([health.value], found.get(health.value, 0))
        return family

    def _media(self) -> Iterator[GaugeMetricFamily]:
        processing = GaugeMetricFamily("pinsched_media_processing", "Uploads that wait to be prepared.")
        found = Media.objects.filter(status=MediaStatus.PROCESSING).aggregate(
            all=Count("pk"), waiting=Count("pk", filter=Q(tries__gt=0))
        )
        processing.add_metric([], found["all"])
        waiting = GaugeMetricFamily(
            "pinsched_media_waiting", "Those of them that the media store has stopped."
        )
        waiting.add_metric([], found["waiting"])
        yield processing
        yield waiting

    def _heartbeats(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "pinsched_heartbeat_age_seconds",
            "Since when each part was not seen; +Inf for one that never was.",
            labels=["part"],
        )
        seen = dict(Heartbeat.objects.values_list("name", "seen_at"))
        for part in PARTS:
            family.add_metric([part], self._age(seen[part]) if part in seen else math.inf)
        return family

    def _queues(self) -> Iterator[GaugeMetricFamily]:
        """Best effort: without Redis only that it is away."""
        up = GaugeMetricFamily("pinsched_redis_up", "1 when Redis answers.")
        depths = GaugeMetricFamily(
            "pinsched_queue_messages", "Messages that no worker has taken yet.", labels=["queue"]
        )
        taken = GaugeMetricFamily("pinsched_messages_taken", "Messages taken by workers and not finished.")
        found = queues.depths()
        up.add_metric([], int(found is not None))
        yield up
        if found is None:
            return
        for name, length in found.waiting.items():
            depths.add_metric([name], length)
        taken.add_metric([], found.taken)
        yield depths
        yield taken

    def _age(self, instant: datetime | None) -> float:
        return max(0.0, (self.now - instant).total_seconds()) if instant else 0.0
