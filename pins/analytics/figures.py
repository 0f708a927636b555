"""Numbers for people: of a workspace's period against the one before, and of a Pin. None is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum

from pins.models import DailyMetric, LifetimeMetric, Pin
from pins.rules import metrics
from pins.rules.metrics import Metric

if TYPE_CHECKING:
    from accounts.models import Workspace


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a period against the period before, with its daily line. None is not known: a gap."""

    metric: Metric
    total: int | None
    before: int | None
    series: tuple[int | None, ...]
    series_before: tuple[int | None, ...]

    @property
    def label(self) -> str:
        return self.metric.label


def figures(workspace: Workspace, *, last: date, days: int) -> list[Figure]:
    """The numbers of the `days` days that end with `last`, against as many days before. Two periods,
    one query."""
    first = last - timedelta(days=2 * days - 1)
    by_day = {row["day"]: row for row in DailyMetric.objects.of(workspace).between(first, last).by_day()}
    found = []
    for metric in metrics.SHOWN:
        line = tuple(
            _whole(by_day[day][metric.name]) if day in by_day else None for day in days_between(first, last)
        )
        now, before = line[days:], line[:days]
        found.append(Figure(metric, _total(now), _total(before), now, before))
    return found


def _whole(number: float | Decimal | None) -> int | None:
    return None if number is None else int(number)


def _total(line: Sequence[int | None]) -> int | None:
    """Of the days that are known; None if none is."""
    known = [number for number in line if number is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Total:
    metric: Metric
    number: int | None

    @property
    def written(self) -> str:
        return self.metric.written(self.number)


def totals(pin: Pin) -> list[Total]:
    """A Pin's numbers since we know it, and those of its whole life; none while no day's is known."""
    sums = pin.metrics.aggregate(**{metric.name: Sum(metric.name) for metric in metrics.SHOWN})
    if not any(number is not None for number in sums.values()):
        return []
    life = LifetimeMetric.objects.filter(pin=pin).first()
    return [
        *(Total(metric, _whole(sums[metric.name])) for metric in metrics.SHOWN),
        *(Total(metric, getattr(life, metric.name, None)) for metric in metrics.LIFETIME),
    ]


def days_between(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
