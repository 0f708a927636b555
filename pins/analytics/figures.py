"""Numbers for people: of a workspace's period against the one before, and of a Pin. None is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import Sum

from pins.models import NUMBERS, DailyMetric, Pin

if TYPE_CHECKING:
    from accounts.models import Workspace

LABELS: Final = {
    "impressions": "Impressions",
    "pin_clicks": "Pin clicks",
    "outbound_clicks": "Outbound clicks",
    "saves": "Saves",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a period against the period before, with its daily line. None is not known: a gap."""

    name: str
    total: int | None
    before: int | None
    series: tuple[int | None, ...]
    series_before: tuple[int | None, ...]

    @property
    def label(self) -> str:
        return LABELS[self.name]


def figures(workspace: Workspace, *, last: date, days: int) -> list[Figure]:
    """The four numbers of the `days` days that end with `last`, against as many days before. Two periods,
    one query."""
    first = last - timedelta(days=2 * days - 1)
    by_day = {row["day"]: row for row in DailyMetric.objects.of(workspace).between(first, last).by_day()}
    found = []
    for name in NUMBERS:
        line = tuple(
            _whole(by_day[day][name]) if day in by_day else None for day in days_between(first, last)
        )
        now, before = line[days:], line[:days]
        found.append(Figure(name, _total(now), _total(before), now, before))
    return found


def _whole(number: float | Decimal | None) -> int | None:
    return None if number is None else int(number)


def _total(line: Sequence[int | None]) -> int | None:
    """Of the days that are known; None if none is."""
    known = [number for number in line if number is not None]
    return sum(known) if known else None


def totals(pin: Pin) -> dict[str, int | None]:
    """A Pin's numbers since we know it; empty while none is known."""
    sums = pin.metrics.aggregate(**{name: Sum(name) for name in NUMBERS})
    return {name: _whole(sums[name]) for name in NUMBERS} if any(n is not None for n in sums.values()) else {}


def days_between(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
