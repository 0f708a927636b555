"""How many requests a token may make, counted in Redis. A silent Redis lets everybody through."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse

from accounts import counters
from accounts.models import ApiToken
from accounts.rest.errors import ApiError

# Short forms that the library doesn't know.
_UNITS: Final = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}


def spend(token: ApiToken) -> None:
    """Count one request; ApiError 429 when there were too many."""
    wait = counters.here().ask(lambda _: _seconds_to_wait(token))
    if wait:
        raise ApiError(
            429, "throttled", f"Too many requests. Try again in {wait} s.", headers={"Retry-After": str(wait)}
        )


def _seconds_to_wait(token: ApiToken) -> int:
    limiter, allowed, who = counters.limiter(), rate(settings.API_RATE), str(token.pk)
    if limiter.hit(allowed, "api", who):
        return 0
    left = limiter.get_window_stats(allowed, "api", who).reset_time - time.time()
    return max(1, math.ceil(left))


@lru_cache(maxsize=4)
def rate(text: str) -> RateLimitItem:
    """`6000/min`. Raises ImproperlyConfigured."""
    count, _, unit = text.replace(" ", "").lower().partition("/")
    try:
        return parse(f"{int(count)}/{_UNITS.get(unit, unit)}")
    except ValueError as error:
        raise ImproperlyConfigured(f"API_RATE is {text!r}. Write it as 6000/min.") from error
