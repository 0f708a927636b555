"""Every number that is kept of a Pin, an entry each: column, Pinterest's name, how it adds up and is shown.

What is asked for, stored, summed, drawn and exported follows from here, in this order. A new number is an
entry and the migration that `makemigrations` then writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    name: str  # of its column, in the API, in the export
    wire: str  # Pinterest's
    label: str  # for people
    # Which Pins have it: Pinterest refuses a call that asks an image Pin for a video's numbers.
    of: Literal["any", "image", "video"] = "any"
    unit: Literal["count", "ms"] = "count"
    # Several days or Pins are added up; or, where another number is named here, averaged, weighted by that.
    weight: str = ""

    def is_of(self, *, video: bool) -> bool:
        return self.of in ("any", "video" if video else "image")

    def written(self, number: float | None) -> str:
        """For people: "184,079", "2.5 s"; an unknown number is a dash."""
        if number is None:
            return "–"
        return f"{number:,.0f}" if self.unit == "count" else f"{number / 1000:,.1f} s"


# Of a UTC day.
DAILY: Final = (
    Metric("impressions", "IMPRESSION", "Impressions"),
    Metric("pin_clicks", "PIN_CLICK", "Pin clicks"),
    Metric("outbound_clicks", "OUTBOUND_CLICK", "Outbound clicks"),
    Metric("saves", "SAVE", "Saves"),
    Metric("video_views", "VIDEO_MRC_VIEW", "Video views", of="video"),
    Metric("avg_watch_ms", "VIDEO_AVG_WATCH_TIME", "Watch time", of="video", unit="ms", weight="video_views"),
)
# Since the Pin was made: Pinterest says no day of these.
LIFETIME: Final = (
    Metric("comments", "TOTAL_COMMENTS", "Comments"),
    Metric("reactions", "TOTAL_REACTIONS", "Reactions"),
)

# What pages and charts speak of. The first one is drawn; it dwarfs the others, which stand in tables.
SHOWN: Final = tuple(metric for metric in DAILY if metric.of != "video")
# A day that lacks one of these isn't final, whatever the Pin.
ALWAYS: Final = tuple(metric for metric in DAILY if metric.of == "any")


def asked(*, video: bool) -> tuple[str, ...]:
    """The names to ask Pinterest for, of a video Pin or of another."""
    return tuple(metric.wire for metric in (*DAILY, *LIFETIME) if metric.is_of(video=video))


def is_whole(numbers: Mapping[str, int | None], *, video: bool) -> bool:
    """Whether a day, by columns, says all that there is to say. Nothing was watched: it has no average."""
    return all(
        numbers[metric.name] is not None or (metric.weight and numbers[metric.weight] == 0)
        for metric in DAILY
        if metric.is_of(video=video)
    )
