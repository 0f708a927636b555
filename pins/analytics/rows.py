"""Keep the numbers of days: a row is written when something in it is new."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from accounts.pinterest.types import DailyNumbers
from pins.models import DailyMetric, Pin
from pins.models.metric import COUNTED

if TYPE_CHECKING:
    pass

ROWS_AT_ONCE: Final = 1_000  # of days, in one INSERT


def store(found: dict[Pin, list[DailyNumbers]], *, now: datetime) -> None:
    """Write the row of each day that says something new.

    A final number is never replaced by one that isn't, and a known one never by an unknown one.
    """
    known = _known(found)
    rows = [_row(pin, day, known.get((pin.pk, day.day))) for pin, days in found.items() for day in days]
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


def _known(found: dict[Pin, list[DailyNumbers]]) -> dict[tuple[int, date], DailyMetric]:
    """The rows that these days have already."""
    days = [day.day for some in found.values() for day in some]
    if not days:
        return {}
    rows = DailyMetric.objects.filter(pin__in=found).between(min(days), max(days))
    return {(row.pin_id, row.day): row for row in rows}


def _row(pin: Pin, day: DailyNumbers, old: DailyMetric | None) -> DailyMetric:
    said = {name: getattr(day, name) for name in COUNTED}
    if old is not None:
        said = {name: getattr(old, name) if number is None else number for name, number in said.items()}
    account = pin.account_id or 0  # never 0: they were looked up by it
    return DailyMetric(pin=pin, account_id=account, day=day.day, final=day.is_final, **said)


def _is_news(row: DailyMetric, old: DailyMetric | None) -> bool:
    if old is None:
        return True
    differs = any(getattr(row, name) != getattr(old, name) for name in (*COUNTED, "final"))
    return differs and (row.final or not old.final)
