"""How simulated Pins do: numbers drawn from the Pin's id and age alone, so they are the same for ever.

Pure. A Pin climbs for some days, falls off and keeps a long tail; weekends run higher. The two newest days
are still being counted: their numbers grow with the clock and only then are final.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Final

UNSETTLED_DAYS: Final = 2
SHARE_TODAY: Final = 0.75  # of the final number, at the end of the day itself
SHARE_YESTERDAY: Final = 0.95  # a day later; the rest arrives when the day is settled
WEEKEND: Final = (5, 6)
MASK: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Day:
    """One Pin's counts of one day, or sums of them. Watch time is the total in milliseconds."""

    impressions: int = 0
    pin_clicks: int = 0
    outbound_clicks: int = 0
    saves: int = 0
    comments: int = 0
    reactions: int = 0
    follows: int = 0
    profile_visits: int = 0
    video_starts: int = 0
    video_views: int = 0
    video_10s: int = 0
    video_95: int = 0
    watch_ms: int = 0

    def scaled(self, share: float) -> Day:
        return Day(*(int(count * share) for count in COLUMNS(self)))


COLUMNS: Final[Callable[[Day], tuple[int, ...]]] = attrgetter(*Day.__slots__)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people around an account."""

    followers: int
    following: int
    monthly_views: int


def crowd(person_id: str) -> Crowd:
    key = int(person_id)
    followers = int(math.exp(6 + 4 * _unit(key, 1)))
    return Crowd(followers, int(40 + 500 * _unit(key, 2)), int(followers * (5 + 20 * _unit(key, 3))))


def total(days: Iterable[Day]) -> Day:
    columns = list(zip(*(COLUMNS(day) for day in days), strict=True))
    return Day(*(sum(column) for column in columns)) if columns else Day()


def settled(day: date, now: datetime) -> bool:
    return (now.date() - day).days >= UNSETTLED_DAYS


def counts(pin_id: str, created: datetime, day: date, now: datetime, *, video: bool) -> Day:
    """What has been counted of `day` by `now`; a settled day never changes again."""
    final = _final(int(pin_id), created, day, video)
    if settled(day, now):
        return final
    return final.scaled(_share(created, day, now))


def lifetime(pin_id: str, created: datetime, now: datetime, *, video: bool) -> Day:
    return recent(pin_id, created, now, days=(now.date() - created.date()).days, video=video)


def recent(pin_id: str, created: datetime, now: datetime, *, days: int, video: bool) -> Day:
    """The sum of today and the `days` before it, as far as the Pin was there."""
    first = max(created.date(), now.date() - timedelta(days=days))
    every = (first + timedelta(days=age) for age in range((now.date() - first).days + 1))
    return total(counts(pin_id, created, day, now, video=video) for day in every)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _share(created: datetime, day: date, now: datetime) -> float:
    """Never falls as `now` moves on."""
    begin, end = max(_midnight(day), created), _midnight(day) + timedelta(days=1)
    if now < end:
        return SHARE_TODAY * max(0.0, (now - begin) / (end - begin))
    return SHARE_TODAY + (SHARE_YESTERDAY - SHARE_TODAY) * min(1.0, (now - end) / timedelta(days=1))


@lru_cache(maxsize=20_000)
def _final(pin: int, created: datetime, day: date, video: bool) -> Day:
    age = (day - created.date()).days
    if age < 0:
        return Day()
    chances = _Chances(pin, day.toordinal())
    seen = _nature(pin).reach * _curve(age) * (0.8 + 0.4 * chances.next())
    if day.weekday() in WEEKEND:
        seen *= 1.3
    if age == 0:
        seen *= (_midnight(day) + timedelta(days=1) - created) / timedelta(days=1)
    return _counts_of(_nature(pin), int(seen), chances, video)


def _curve(age: int) -> float:
    return (1 - math.exp(-(age + 1) / 2.5)) * (0.07 + 0.93 * math.exp(-age / 20))


@dataclass(frozen=True, slots=True)
class _Nature:
    """What is a Pin's own: how far it reaches, and how often those who see it do something."""

    reach: float
    clicks: float
    outbound: float
    saves: float
    comments: float
    reactions: float
    follows: float
    visits: float
    starts: float
    views: float
    stays: float
    ends: float
    watch_ms: float


@lru_cache(maxsize=20_000)
def _nature(pin: int) -> _Nature:
    def between(low: float, high: float, salt: int) -> float:
        return low + (high - low) * _unit(pin, salt)

    return _Nature(
        reach=math.exp(2.4 + 4.2 * _bell(pin)),
        clicks=between(0.02, 0.06, 11),
        outbound=between(0.15, 0.5, 12),
        saves=between(0.008, 0.035, 13),
        comments=between(0.0, 0.0015, 14),
        reactions=between(0.001, 0.006, 15),
        follows=between(0.0, 0.002, 16),
        visits=between(0.001, 0.008, 17),
        starts=between(0.45, 0.65, 18),
        views=between(0.5, 0.75, 19),
        stays=between(0.2, 0.45, 20),
        ends=between(0.08, 0.25, 21),
        watch_ms=between(3500, 8500, 22),
    )


class _Chances:
    """The dice of one Pin's day: the same throws in the same order, whenever they are asked for."""

    __slots__ = ("_bits", "_day", "_left", "_pin")

    def __init__(self, pin: int, day: int) -> None:
        self._pin, self._day, self._bits, self._left = pin, day, 0, 0

    def next(self) -> float:
        """The next number in [0, 1), in steps of 1/4096."""
        if not self._left:
            self._day += 1_000_003
            self._bits, self._left = _mixed(self._pin, self._day), 5
        throw = self._bits & 4095
        self._bits >>= 12
        self._left -= 1
        return throw / 4096

    def part(self, of: int, rate: float) -> int:
        """A share near the rate; small counts are rounded by chance."""
        return int(of * rate * (0.75 + 0.5 * self.next()) + self.next())


def _counts_of(nature: _Nature, impressions: int, chances: _Chances, video: bool) -> Day:
    part = chances.part
    clicks = part(impressions, nature.clicks)
    everyone = {
        "impressions": impressions,
        "pin_clicks": clicks,
        "outbound_clicks": min(clicks, part(clicks, nature.outbound)),
        "saves": part(impressions, nature.saves),
        "comments": part(impressions, nature.comments),
        "reactions": part(impressions, nature.reactions),
        "follows": part(impressions, nature.follows),
        "profile_visits": part(impressions, nature.visits),
    }
    if not video:
        return Day(**everyone)
    starts = part(impressions, nature.starts)
    views = min(starts, part(starts, nature.views))
    return Day(
        **everyone,
        video_starts=starts,
        video_views=views,
        video_10s=min(views, part(views, nature.stays)),
        video_95=min(views, part(views, nature.ends)),
        watch_ms=part(starts, nature.watch_ms),
    )


def _unit(a: int, b: int) -> float:
    """A number in [0, 1) that two integers always give."""
    return (_mixed(a, b) >> 11) / 2**53


def _mixed(a: int, b: int) -> int:
    """64 bits that two integers always give (splitmix64)."""
    mixed = (a * 0x9E3779B97F4A7C15 + b * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return mixed ^ (mixed >> 31)


def _bell(pin: int) -> float:
    """Near a normal distribution, within [0, 1]."""
    return sum(_unit(pin, salt) for salt in range(1, 5)) / 4
