"""How far the shared clock is ahead of Pinterest's: measured from the `Date` of every answer, kept in rows.

A Pin whose answer was lost is looked for by when it was made, which Pinterest's clock says. Were the two
clocks apart by more than anybody reckons with, it would be taken for absent and sent again.

An answer's date, a whole second, lies between when the call began and when its answer was there: that bounds
how far ahead we are. Every process must know it, also one that has just started and one whose Redis was
emptied: so rows, in the database whose clock it is. While answers agree, one a minute is written.

One odd answer (an old one out of some cache, say) must neither stop anything nor hide anything. So what most
of the newest readings agree on is believed; but how far back to look, every reading has a say in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import Max

from accounts import clock
from accounts.models import ClockReading
from accounts.pinterest.transport import Moment

logger = logging.getLogger(__name__)

SECOND: Final = 1.0  # a date is cut to whole ones
VOTERS: Final = 9  # the newest readings, of which more than half must meet
RENEWED: Final = 60.0  # seconds; then a reading is written though it says nothing new
CURRENT: Final = timedelta(hours=1)  # older ones say nothing of now
KEPT: Final = timedelta(days=2)  # an answer that was lost a day ago is not sent again by itself any more
# Seconds; clocks further apart prove no absence, nor does one odd reading look further back.
MOST: Final = 600.0
ALARM: Final = 120.0  # seconds; so much too early, or too late, all Pins leave

AHEAD: Final = "The database’s clock is {by} ahead of Pinterest’s: Pins leave that much too early."
BEHIND: Final = "The database’s clock is {by} behind Pinterest’s: Pins leave that much too late."
AT_ODDS: Final = (
    "Pinterest’s answers disagree about the time by minutes, or the database’s clock has just jumped."
)
NO_PROOF: Final = " A Pin whose answer was lost is not sent again before they agree."
DOUBT: Final = (
    "PinSched’s clock and Pinterest’s are too far apart to be sure that it isn’t there. The person who runs "
    "PinSched was told."
)


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds that we are ahead: at least and at most."""

    lowest: float
    highest: float

    def meets(self, other: Span) -> bool:
        return self.lowest <= other.highest and other.lowest <= self.highest

    def is_within(self, seconds: float) -> bool:
        return -seconds <= self.lowest and self.highest <= seconds


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest readings, and where more than half of them meet, if they do; when the last was written."""

    readings: tuple[Span, ...]
    agreed: Span | None
    read_at: datetime | None = None

    def exceeds(self, seconds: float) -> bool:
        """Surely, or as far as anybody can tell."""
        if self.agreed:
            return not self.agreed.is_within(seconds)
        return not all(each.is_within(seconds) for each in self.readings)


# Writing -------------------------------------------------------------------------------------------------


def heard(api_url: str, moment: Moment | None) -> None:
    """Learn from an answer that has just come. Never raises: what it answered matters more."""
    if moment is None:
        return
    try:
        now, ticks = clock.now(), time.monotonic()
        ended = (now - moment.date).total_seconds()
        _keep(api_url, Span(ended - (ticks - moment.began) - SECOND, ended), now)
    except DatabaseError:
        logger.warning("skew.unkept")


_known: dict[str, tuple[Span, float]] = {}  # by address: what was agreed on, and when it was looked up


def _keep(api_url: str, reading: Span, now: datetime) -> None:
    known, looked_at = _known.get(api_url, (None, 0.0))
    if known and known.meets(reading) and time.monotonic() - looked_at < RENEWED:
        return
    standing = _standing(api_url, now)
    agrees = standing.agreed is not None and standing.agreed.meets(reading)
    if not agrees or standing.read_at is None or (now - standing.read_at).total_seconds() >= RENEWED:
        ClockReading.objects.create(
            api_url=api_url, read_at=now, lowest=reading.lowest, highest=reading.highest
        )
        ClockReading.objects.filter(read_at__lt=now - KEPT).delete()
        if standing.readings and not agrees:
            logger.warning("skew.changed", extra={"seconds": round(reading.highest, 1)})
        standing = _standing(api_url, now)
    _known.pop(api_url, None)  # while there is no agreement each answer counts
    if standing.agreed:
        _known[api_url] = standing.agreed, time.monotonic()


# Reading -------------------------------------------------------------------------------------------------


def reach(api_url: str, *, since: datetime, now: datetime) -> timedelta:
    """How much older than by our clock a Pin may look that was sent since then: never below zero."""
    standing = _standing(api_url, now)
    told = ClockReading.objects.filter(api_url=api_url, read_at__gte=min(since, now) - CURRENT)
    furthest = told.aggregate(most=Max("highest"))["most"] or 0.0
    believed = standing.agreed.highest if standing.agreed else 0.0
    return timedelta(seconds=max(0.0, believed, min(furthest, MOST)))


def doubt(api_url: str, *, now: datetime) -> str:
    """Why no Pin may be taken for absent just now, in words; empty when clocks don't forbid it."""
    return DOUBT if _standing(api_url, now).exceeds(MOST) else ""


def alarm(*, now: datetime) -> str:
    """What an operator must put right, in words; empty when all is well, or nothing was heard for an hour."""
    standing = _standing(settings.PINTEREST_API_URL, now)
    if not standing.exceeds(ALARM):
        return ""
    no_proof = NO_PROOF if standing.exceeds(MOST) else ""
    if standing.agreed is None:
        return AT_ODDS + no_proof
    least = min(abs(standing.agreed.lowest), abs(standing.agreed.highest))
    words = AHEAD if standing.agreed.highest > 0 else BEHIND
    return words.format(by=_said(least)) + no_proof


def _standing(api_url: str, now: datetime) -> Standing:
    rows = ClockReading.objects.filter(api_url=api_url, read_at__gte=now - CURRENT)
    newest = list(rows.order_by("-read_at", "-pk").values_list("lowest", "highest", "read_at")[:VOTERS])
    readings = tuple(Span(lowest, highest) for lowest, highest, _ in newest)
    return Standing(readings, agreed(readings), newest[0][2] if newest else None)


def agreed(readings: Iterable[Span]) -> Span | None:
    """Where most of them meet, if those are more than half: Marzullo's algorithm, as NTP uses it."""
    spans = list(readings)
    edges = sorted([(span.lowest, 0) for span in spans] + [(span.highest, 1) for span in spans])
    best, count, found = len(spans) // 2, 0, None
    for n, (edge, ends) in enumerate(edges):
        count += -1 if ends else 1
        if count > best:
            best, found = count, Span(edge, edges[n + 1][0])
    return found


def _said(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes:,} minutes" if minutes > 1 else f"{round(seconds)} seconds"
