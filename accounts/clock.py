"""The time of the pipeline: the database's, whatever this machine's own clock says.

Due times, leases and proofs of absence are compared between machines, so one clock must rule: a worker that
is an hour ahead would publish an hour early, and take living calls for lost. Between two looks at the
database a process counts by its monotonic clock, so that its machine's clock may jump as it likes. On SQLite
all is one machine, whose clock is as good as any. Pages that only show ask Django's `timezone.now`.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import Error as DatabaseError
from django.db import connection

logger = logging.getLogger(__name__)

LOOK_EVERY: Final = 10.0  # seconds
JUMP: Final = 1.0  # seconds; clocks that are kept in order move by milliseconds


class Clock:
    """Seconds since 1970 are this process's monotonic seconds plus an offset."""

    def __init__(self, told: Callable[[], float | None], every: Callable[[], float]) -> None:
        """`told`, asked `every` so many seconds, answers seconds since 1970, None when it must not be asked
        just now, or raises the database's error."""
        self._told, self._every = told, every
        self._offset = math.nan
        self._look_at = self._jumped_at = -math.inf

    def now(self) -> datetime:
        """In UTC. While the database can't be asked it goes on as it went; if it never could, its error is
        raised: a machine's own time may be hours off, and no time is better than a wrong one."""
        if time.monotonic() >= self._look_at:
            self._look()
        if math.isnan(self._offset):
            return datetime.now(UTC)
        return datetime.fromtimestamp(time.monotonic() + self._offset, UTC)

    def jumped_within(self, span: timedelta) -> bool:
        """Has time jumped, or this process slept, so lately that others may still live in the old time?"""
        self.now()
        return time.monotonic() - self._jumped_at < span.total_seconds()

    def _look(self) -> None:
        before = time.monotonic()
        try:
            told = self._told()
        except DatabaseError:
            if math.isnan(self._offset):
                raise
            logger.warning("clock.unasked")
            told = None
        after = time.monotonic()
        self._look_at = after + self._every()
        if told is None:
            return
        # The true offset lies between these two. The lower one makes us late by the answer's way back; the
        # upper one would make us early, which nothing may be.
        lowest, highest = told - after, told - before
        if lowest <= self._offset <= highest:
            return
        if abs(lowest - self._offset) >= JUMP:  # not at the first look: the difference to NaN is NaN
            logger.warning("clock.jumped", extra={"seconds": round(lowest - self._offset, 3)})
            self._jumped_at = after
        self._offset = lowest


def _every() -> float:
    """0: again next time, as it costs nothing, or as it could not be asked just now (below)."""
    return LOOK_EVERY if connection.vendor == "postgresql" and not connection.in_atomic_block else 0.0


def _told() -> float | None:
    """Seconds since 1970, as the database says; None within a transaction."""
    if connection.vendor != "postgresql":
        return time.time()
    if connection.in_atomic_block:  # a question that fails would spoil the transaction for whoever began it
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


_clock: Final = Clock(_told, _every)
now: Final = _clock.now
jumped_within: Final = _clock.jumped_within
