"""Redis as the place of counts that all processes share. When it is silent, whoever asks goes on without."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from django.conf import settings
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE: Final = 0.5  # seconds that a caller waits for Redis
REST: Final = 10.0  # seconds that a silent Redis is left alone: not every caller waits for it
WORD: Final = 60.0  # seconds between two lines in the log about the same silence


class Counters:
    """One address with its connections."""

    def __init__(self, url: str) -> None:
        self.pool = ConnectionPool.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # A connection that Redis closed meanwhile, by a restart say, is opened anew, once and at once.
            retry=Retry(NoBackoff(), 1),
        )
        self.redis = Redis(connection_pool=self.pool)
        self._rests_until = 0.0
        self._next_word = 0.0

    def ask(self, question: Callable[[Redis], T]) -> T | None:
        """The answer, or None when Redis gives none: logged, never raised."""
        now = time.monotonic()
        if now < self._rests_until:
            return None
        try:
            return question(self.redis)
        except RedisError as error:
            self._rests_until = time.monotonic() + REST
            if now >= self._next_word:
                self._next_word = now + WORD
                logger.warning("counters.silent", extra={"error": type(error).__name__})
            return None


@lru_cache(maxsize=4)
def _at(url: str) -> Counters:
    return Counters(url)


def here() -> Counters:
    """Of the Redis that settings name. Raises ValueError for an address that can't be read."""
    return _at(settings.REDIS_URL)


def limiter() -> FixedWindowRateLimiter:
    """Counts against limits, in the same place: use it within `here().ask`."""
    return _limiter_at(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _limiter_at(url: str) -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(RedisStorage(url, connection_pool=_at(url).pool, key_prefix="pinsched"))
