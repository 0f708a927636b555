"""Keep the numbers of days and of Pins: a row is written when something in it is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from accounts.pinterest.types import DailyNumbers
from pins.models import DailyMetric, LifetimeMetric, Pin
from pins.rules import metrics
from pins.rules.metrics import Metric

ROWS_AT_ONCE: Final = 1_000  # of days, in one INSERT
COUNTED: Final = [metric.name for metric in metrics.DAILY]
OF_A_LIFE: Final = [metric.name for metric in metrics.LIFETIME]


def store(found: dict[Pin, list[DailyNumbers]], *, video: bool, now: datetime) -> None:
    """Write the row of each day that says something new.

    A final number is never replaced by one that isn't, and a known one never by an unknown one.
    """
    known = _known(found)
    rows = [
        _row(pin, day, known.get((pin.pk, day.day)), video=video)
        for pin, days in found.items()
        for day in days
    ]
    news = [row for row in rows if _is_news(row, known.get((row.pin_id, row.day)))]
    for row in news:
        row.read_at = now
    DailyMetric.objects.bulk_create(
        news,
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["pin", "day"],
        update_fields=[*COUNTED, "final", "read_at"],
    )


def store_lifetime(found: dict[Pin, Mapping[str, int | None]], *, now: datetime) -> None:
    """By Pinterest's names. Write the row of each Pin that says something new; a known number stays known."""
    old = {row.pin_id: row for row in LifetimeMetric.objects.filter(pin__in=found)}
    news = []
    for pin, numbers in found.items():
        before = _numbers(old.get(pin.pk), OF_A_LIFE)
        said = _told(numbers, metrics.LIFETIME, before)
        if said != before:
            news.append(LifetimeMetric(pin=pin, read_at=now, **said))
    LifetimeMetric.objects.bulk_create(
        news, update_conflicts=True, unique_fields=["pin"], update_fields=[*OF_A_LIFE, "read_at"]
    )


def _known(found: dict[Pin, list[DailyNumbers]]) -> dict[tuple[int, date], DailyMetric]:
    """The rows that these days have already."""
    days = [day.day for some in found.values() for day in some]
    if not days:
        return {}
    rows = DailyMetric.objects.filter(pin__in=found).between(min(days), max(days))
    return {(row.pin_id, row.day): row for row in rows}


def _row(pin: Pin, day: DailyNumbers, old: DailyMetric | None, *, video: bool) -> DailyMetric:
    said = {metric.name: day.numbers.get(metric.wire) for metric in metrics.DAILY}
    final = day.is_ready and metrics.is_whole(said, video=video)
    account = pin.account_id or 0  # never 0: they were looked up by it
    numbers = _told(day.numbers, metrics.DAILY, _numbers(old, COUNTED))
    return DailyMetric(pin=pin, account_id=account, day=day.day, final=final, **numbers)


def _told(
    said: Mapping[str, int | None], of: Iterable[Metric], before: Mapping[str, int | None]
) -> dict[str, int | None]:
    """By columns; what isn't said is as it was known before."""
    found = {metric.name: said.get(metric.wire) for metric in of}
    return {name: before[name] if number is None else number for name, number in found.items()}


def _numbers(row: DailyMetric | LifetimeMetric | None, names: Iterable[str]) -> dict[str, int | None]:
    return {name: getattr(row, name, None) for name in names}


def _is_news(row: DailyMetric, old: DailyMetric | None) -> bool:
    if old is None:
        return True
    differs = any(getattr(row, name) != getattr(old, name) for name in (*COUNTED, "final"))
    return differs and (row.final or not old.final)
