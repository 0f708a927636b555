"""How simulated Pins do: numbers drawn from the Pin's id and age alone, so they are the same for ever.

Pure. A Pin climbs for some days, falls off and keeps a long tail; weekends run higher. The two newest days
are still being counted: their numbers grow with the clock and only then are final.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
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
        return Day(*(int(count * share) for count in astuple(self)))


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
    columns = list(zip(*(astuple(day) for day in days), strict=True))
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
    seen = math.exp(2.4 + 4.2 * _bell(pin)) * _curve(age) * (0.8 + 0.4 * _unit(pin, day.toordinal()))
    if day.weekday() in WEEKEND:
        seen *= 1.3
    if age == 0:
        seen *= (_midnight(day) + timedelta(days=1) - created) / timedelta(days=1)
    return _counts_of(pin, day.toordinal(), int(seen), video)


def _curve(age: int) -> float:
    return (1 - math.exp(-(age + 1) / 2.5)) * (0.07 + 0.93 * math.exp(-age / 20))


def _counts_of(pin: int, day: int, impressions: int, video: bool) -> Day:
    def part(of: int, low: float, high: float, salt: int) -> int:
        """A share that is the Pin's own, a little different each day; small counts are rounded by chance."""
        rate = (low + (high - low) * _unit(pin, salt)) * (0.75 + 0.5 * _unit(pin + salt, day))
        return int(of * rate + _unit(pin - salt, day))

    clicks = part(impressions, 0.02, 0.06, 11)
    starts = part(impressions, 0.45, 0.65, 18) if video else 0
    views = part(starts, 0.5, 0.75, 19)
    return Day(
        impressions=impressions,
        pin_clicks=clicks,
        outbound_clicks=min(clicks, part(clicks, 0.15, 0.5, 12)),
        saves=part(impressions, 0.008, 0.035, 13),
        comments=part(impressions, 0.0, 0.0015, 14),
        reactions=part(impressions, 0.001, 0.006, 15),
        follows=part(impressions, 0.0, 0.002, 16),
        profile_visits=part(impressions, 0.001, 0.008, 17),
        video_starts=starts,
        video_views=min(starts, views),
        video_10s=min(views, part(views, 0.2, 0.45, 20)),
        video_95=min(views, part(views, 0.08, 0.25, 21)),
        watch_ms=int(starts * (3500 + 5000 * _unit(pin, 22)) * (0.9 + 0.2 * _unit(pin + 22, day))),
    )


def _unit(a: int, b: int) -> float:
    """A number in [0, 1) that two integers always give (splitmix64)."""
    mixed = (a * 0x9E3779B97F4A7C15 + b * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return ((mixed ^ (mixed >> 31)) >> 11) / 2**53


def _bell(pin: int) -> float:
    """Near a normal distribution, within [0, 1]."""
    return sum(_unit(pin, salt) for salt in range(1, 5)) / 4
