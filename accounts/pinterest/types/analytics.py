"""Numbers of a Pin and of an account, by UTC day. Every number may be None: Pinterest didn't say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from accounts.pinterest.types.reading import count, day_of, object_of, text

READY: Final = "READY"  # the data_status of a day whose numbers no longer change
# The only ones that come with numbers; an answer without the word is taken for one that may still change.
WITH_NUMBERS: Final = frozenset({READY, "ESTIMATE", "PROCESSING", ""})

# Asked for on every Pin; the video ones are refused (400) on an image Pin.
LIFETIME_METRICS: Final = ("TOTAL_COMMENTS", "TOTAL_REACTIONS")
PIN_METRICS: Final = ("IMPRESSION", "PIN_CLICK", "OUTBOUND_CLICK", "SAVE", *LIFETIME_METRICS)
VIDEO_METRICS: Final = (*PIN_METRICS, "VIDEO_MRC_VIEW", "VIDEO_AVG_WATCH_TIME")
ACCOUNT_METRICS: Final = ("IMPRESSION", "ENGAGEMENT", "PIN_CLICK", "OUTBOUND_CLICK", "SAVE")

Audience = Literal["ALL", "PAID", "ORGANIC"]
Origin = Literal["ALL", "YOUR_PINS", "OTHER_PINS"]


@dataclass(frozen=True, slots=True)
class DailyNumbers:
    """One UTC day of one Pin. A day before the Pin was made, and its like, has no numbers and is left out."""

    day: date
    status: str
    impressions: int | None
    pin_clicks: int | None
    outbound_clicks: int | None
    saves: int | None
    video_views: int | None
    avg_watch_ms: int | None  # None also of a day that nobody watched
    video: bool = False  # whether the video's numbers were asked for

    @property
    def is_final(self) -> bool:
        """Nothing of it is still to come: a number that is missing is asked for again."""
        asked = [self.impressions, self.pin_clicks, self.outbound_clicks, self.saves]
        if self.video:
            asked += [self.video_views, self.avg_watch_ms if self.video_views else 0]
        return self.status == READY and None not in asked


@dataclass(frozen=True, slots=True)
class PinAnalytics:
    days: tuple[DailyNumbers, ...]
    comments: int | None = None
    reactions: int | None = None

    @classmethod
    def read(cls, json: object, *, video: bool = False) -> PinAnalytics:
        """Out of what is keyed `all`; a Pin without data yet has no such key, or nothing in it."""
        whole = _whole(json)
        lifetime = whole.get("lifetime_metrics")
        totals = lifetime if isinstance(lifetime, dict) else {}
        days = (_of_pin(day, status, metrics, video) for day, status, metrics in _days(whole))
        return cls(
            days=tuple(sorted(days, key=lambda day: day.day)),
            comments=count(totals, "TOTAL_COMMENTS"),
            reactions=count(totals, "TOTAL_REACTIONS"),
        )

    @staticmethod
    def read_batch(json: object, *, video: bool = False) -> dict[str, PinAnalytics]:
        """By Pin id. A Pin without data is left out by Pinterest."""
        answer = object_of(json)
        return {pin_id: PinAnalytics.read(numbers, video=video) for pin_id, numbers in answer.items()}


@dataclass(frozen=True, slots=True)
class AccountDay:
    """One UTC day of an account. `engagements` are Pin clicks and saves together."""

    day: date
    status: str
    impressions: int | None
    engagements: int | None
    pin_clicks: int | None
    outbound_clicks: int | None
    saves: int | None

    @property
    def is_final(self) -> bool:
        asked = (self.impressions, self.engagements, self.pin_clicks, self.outbound_clicks, self.saves)
        return self.status == READY and None not in asked


@dataclass(frozen=True, slots=True)
class AccountAnalytics:
    days: tuple[AccountDay, ...]

    @classmethod
    def read(cls, json: object) -> AccountAnalytics:
        days = (_of_account(day, status, metrics) for day, status, metrics in _days(_whole(json)))
        return cls(tuple(sorted(days, key=lambda day: day.day)))


def _whole(json: object) -> Mapping[str, Any]:
    whole = object_of(json).get("all")
    return whole if isinstance(whole, dict) else {}


def _days(whole: Mapping[str, Any]) -> Iterator[tuple[date, str, Mapping[str, Any]]]:
    """The days that have numbers, or are to have some: each with its data_status and its metrics."""
    rows = whole.get("daily_metrics")
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        day, status, metrics = day_of(row.get("date")), text(row, "data_status"), row.get("metrics")
        known = metrics if isinstance(metrics, dict) else {}
        if day and status in WITH_NUMBERS and (status or known):
            yield day, status, known


def _of_pin(day: date, status: str, metrics: Mapping[str, Any], video: bool) -> DailyNumbers:
    return DailyNumbers(
        day=day,
        status=status,
        impressions=count(metrics, "IMPRESSION"),
        pin_clicks=count(metrics, "PIN_CLICK"),
        outbound_clicks=count(metrics, "OUTBOUND_CLICK"),
        saves=count(metrics, "SAVE"),
        video_views=count(metrics, "VIDEO_MRC_VIEW"),
        avg_watch_ms=count(metrics, "VIDEO_AVG_WATCH_TIME"),
        video=video,
    )


def _of_account(day: date, status: str, metrics: Mapping[str, Any]) -> AccountDay:
    return AccountDay(
        day=day,
        status=status,
        impressions=count(metrics, "IMPRESSION"),
        engagements=count(metrics, "ENGAGEMENT"),
        pin_clicks=count(metrics, "PIN_CLICK"),
        outbound_clicks=count(metrics, "OUTBOUND_CLICK"),
        saves=count(metrics, "SAVE"),
    )
