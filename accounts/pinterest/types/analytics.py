"""Numbers of a Pin and of an account, by UTC day. Every number may be None: Pinterest didn't say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from accounts.pinterest.types.reading import count, day_of, object_of, text

READY: Final = "READY"  # the data_status of a day whose numbers no longer change
# The only ones that come with numbers; an answer without the word is taken for one that may still change.
WITH_NUMBERS: Final = frozenset({READY, "ESTIMATE", "PROCESSING", ""})

Audience = Literal["ALL", "PAID", "ORGANIC"]
Origin = Literal["ALL", "YOUR_PINS", "OTHER_PINS"]
# By Pinterest's names: all that were asked for.
Numbers = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class DailyNumbers:
    """One UTC day. A day before the Pin was made, and its like, has no numbers and is left out."""

    day: date
    status: str
    numbers: Numbers

    @property
    def is_ready(self) -> bool:
        """Whether what it says no longer changes. What it doesn't say may still come."""
        return self.status == READY


@dataclass(frozen=True, slots=True)
class Analytics:
    days: tuple[DailyNumbers, ...]  # oldest first
    lifetime: Numbers = field(default_factory=dict)  # empty of an account, and of a Pin without data

    @classmethod
    def read(cls, json: object, metrics: Sequence[str]) -> Analytics:
        """Out of what is keyed `all`; a Pin without data yet has no such key, or nothing in it."""
        whole = object_of(json).get("all")
        if not isinstance(whole, dict):
            return cls(())
        totals = whole.get("lifetime_metrics")
        return cls(
            days=tuple(sorted(_days(whole, metrics), key=lambda day: day.day)),
            lifetime=_said(totals, metrics) if isinstance(totals, dict) else {},
        )

    @staticmethod
    def read_batch(json: object, metrics: Sequence[str]) -> dict[str, Analytics]:
        """By Pin id. A Pin without data is left out by Pinterest."""
        answer = object_of(json)
        return {pin_id: Analytics.read(numbers, metrics) for pin_id, numbers in answer.items()}


def _days(whole: Mapping[str, Any], metrics: Sequence[str]) -> Iterator[DailyNumbers]:
    """The days that have numbers, or are to have some."""
    rows = whole.get("daily_metrics")
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        day, status, said = day_of(row.get("date")), text(row, "data_status"), row.get("metrics")
        known = said if isinstance(said, dict) else {}
        if day and status in WITH_NUMBERS and (status or known):
            yield DailyNumbers(day, status, _said(known, metrics))


def _said(numbers: Mapping[str, Any], metrics: Sequence[str]) -> Numbers:
    return {name: count(numbers, name) for name in metrics}
