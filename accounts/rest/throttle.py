"""How many requests a token may make, counted in Redis. A silent Redis lets everybody through."""

from __future__ import annotations

import logging
import math
import time
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis import RedisError

from accounts.models import ApiToken
from accounts.rest.errors import ApiError

logger = logging.getLogger(__name__)

PATIENCE: Final = 0.5  # seconds that a request waits for Redis
REST: Final = 10.0  # seconds that a silent Redis is left alone: not every request waits for it

# Short forms that the library doesn't know.
_UNITS: Final = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}

_silent_until = 0.0  # 0: Redis answered last time


def spend(token: ApiToken) -> None:
    """Count one request; ApiError 429 when there were too many."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        wait = _seconds_to_wait(token)
    except RedisError as error:
        if not _silent_until:
            logger.warning("api.throttle_silent", extra={"error": type(error).__name__})
        _silent_until = time.monotonic() + REST
        return
    _silent_until = 0.0
    if wait is not None:
        raise ApiError(
            429, "throttled", f"Too many requests. Try again in {wait} s.", headers={"Retry-After": str(wait)}
        )


def _seconds_to_wait(token: ApiToken) -> int | None:
    limiter, allowed, who = _limiter(settings.REDIS_URL), rate(settings.API_RATE), str(token.pk)
    if limiter.hit(allowed, "api", who):
        return None
    left = limiter.get_window_stats(allowed, "api", who).reset_time - time.time()
    return max(1, math.ceil(left))


@lru_cache(maxsize=4)
def _limiter(url: str) -> FixedWindowRateLimiter:
    storage = storage_from_string(
        url, key_prefix="pinsched", socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    return FixedWindowRateLimiter(storage)


@lru_cache(maxsize=4)
def rate(text: str) -> RateLimitItem:
    """`6000/min`. Raises ImproperlyConfigured."""
    count, _, unit = text.replace(" ", "").lower().partition("/")
    try:
        return parse(f"{int(count)}/{_UNITS.get(unit, unit)}")
    except ValueError as error:
        raise ImproperlyConfigured(f"API_RATE is {text!r}. Write it as 6000/min.") from error
