"""Read published Pins' daily numbers and keep them for ever. Days are UTC, as Pinterest's are.

Pinterest keeps 90 days and corrects the latest ones: each reading asks again from the oldest day that isn't
final, and writes every day's row anew, so that reading twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Min, Q, Sum
from django.utils import timezone

from accounts import connect
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.types import DailyNumbers
from pins.models import NUMBERS, DailyMetric, Pin, Status

if TYPE_CHECKING:
    from accounts.models import Workspace

logger = logging.getLogger(__name__)

REACH: Final = timedelta(days=89)  # Pinterest answers for at most 90 days back, today included
BATCH: Final = 200  # Pins of one account in one run; the rest comes five minutes later
# How long until the next reading, by age: a young Pin's numbers move, an old one's hardly.
AGES: Final = (
    (timedelta(days=2), timedelta(hours=6)),
    (timedelta(days=30), timedelta(days=1)),
    (timedelta(days=120), timedelta(days=3)),
)
AFTER_THAT: Final = timedelta(days=30)


def due_accounts(now: datetime) -> list[int]:
    """Accounts with Pins whose turn to be measured has come."""
    return list(
        PinterestAccount.objects.active()
        .filter(pins__status=Status.PUBLISHED, pins__measure_at__lte=now)
        .distinct()
        .values_list("pk", flat=True)
    )


@dataclass(slots=True)
class Report:
    """What one run did."""

    read: int = 0
    failed: int = 0
    stopped: str = ""


def pull(
    account: PinterestAccount, *, now: datetime, everything: bool = False, limit: int | None = BATCH
) -> Report:
    """Read the account's due Pins (or, with `everything`, all of them and every day in reach).

    Stops, and says why, when Pinterest asks for a pause or the account can't be used; never raises for that.
    """
    report = Report()
    pins = Pin.objects.filter(account=account, status=Status.PUBLISHED)
    if not everything:
        pins = pins.filter(measure_at__lte=now)
    try:
        for pin in pins.select_related("account").order_by("measure_at", "pk")[:limit]:
            _pull_one(account, pin, report, everything=everything)
    except (connect.AccountUnusable, pinterest.PinterestError) as stop:
        report.stopped = getattr(stop, "plain", "") or str(stop)
        logger.info("measure.stopped", extra={"account": account.pk, "error": type(stop).__name__})
    return report


def _pull_one(account: PinterestAccount, pin: Pin, report: Report, *, everything: bool) -> None:
    now = timezone.now()
    first, last = _span(pin, now.date(), everything=everything)
    try:
        answer = connect.call(
            account, lambda client: client.pin_analytics(pin.pinterest_id, first, last), now=now
        )
    except pinterest.Refused as no:
        # Deleted on Pinterest, say. What we have stays; look again tomorrow, not in five minutes.
        logger.info("measure.refused", extra={"pin": pin.pk, "code": no.code})
        Pin.objects.filter(pk=pin.pk).update(measure_at=now + timedelta(days=1))
        report.failed += 1
        return
    store(pin, answer.days, now=now)
    Pin.objects.filter(pk=pin.pk).update(measure_at=next_reading(pin, now))
    report.read += 1


def _span(pin: Pin, today: date, *, everything: bool) -> tuple[date, date]:
    """From the oldest day that isn't final (or the Pin's birth, or the edge of reach) to today."""
    edge = today - REACH
    assert pin.published_at is not None  # a constraint of the table
    born = pin.published_at.astimezone(UTC).date()
    if everything:
        return max(born, edge), today
    known = pin.metrics.aggregate(
        open=Min("day", filter=Q(final=False)),
        oldest=Min("day"),
    )
    if known["oldest"] is None:
        return max(born, edge), today
    last_final = pin.metrics.filter(final=True).order_by("-day").values_list("day", flat=True).first()
    start = known["open"] or (last_final + timedelta(days=1) if last_final else born)
    return min(max(start, born, edge), today), today


def store(pin: Pin, days: tuple[DailyNumbers, ...], *, now: datetime) -> None:
    """Write each day's row, new or again. A final number is never replaced by one that isn't."""
    account = pin.account
    assert account is not None  # a constraint of the table
    rows = [
        DailyMetric(
            pin=pin,
            account=account,
            day=day.day,
            impressions=day.impressions,
            pin_clicks=day.pin_clicks,
            outbound_clicks=day.outbound_clicks,
            saves=day.saves,
            video_views=day.video_views,
            avg_watch_ms=day.avg_watch_ms,
            final=day.is_final,
            read_at=now,
        )
        for day in days
    ]
    settled = set(pin.metrics.filter(final=True).values_list("day", flat=True))
    DailyMetric.objects.bulk_create(
        [row for row in rows if row.final or row.day not in settled],
        update_conflicts=True,
        unique_fields=["pin", "day"],
        update_fields=[*NUMBERS, "video_views", "avg_watch_ms", "final", "read_at"],
    )


def next_reading(pin: Pin, now: datetime) -> datetime:
    assert pin.published_at is not None  # a constraint of the table
    age = now - pin.published_at
    return now + next((wait for limit, wait in AGES if age < limit), AFTER_THAT)


# Reading for people ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a period against the period before, with its daily line."""

    name: str
    total: int
    before: int
    series: tuple[int, ...]
    series_before: tuple[int, ...]

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
        line = tuple(int(by_day[day][name]) if day in by_day else 0 for day in _days(first, last))
        found.append(Figure(name, sum(line[days:]), sum(line[:days]), line[days:], line[:days]))
    return found


LABELS: Final = {
    "impressions": "Impressions",
    "pin_clicks": "Pin clicks",
    "outbound_clicks": "Outbound clicks",
    "saves": "Saves",
}


def impressions_chart(workspace: Workspace, *, last: date, days: int) -> dict[str, object]:
    """Impressions of the `days` days that end with `last`, and of as many before, dashed. One query."""
    figure = figures(workspace, last=last, days=days)[0]
    return {
        "unit": "impressions",
        "days": [day.isoformat() for day in _days(last - timedelta(days=days - 1), last)],
        "series": [
            {"name": "Impressions", "values": figure.series},
            {"name": f"{days} days before", "values": figure.series_before, "dashed": True},
        ],
    }


def pin_chart(pin: Pin, *, last: date, days: int) -> dict[str, object]:
    """A Pin's last days; a day we know nothing of is a gap, not a zero."""
    first = last - timedelta(days=days - 1)
    if pin.published_at is not None:
        first = max(first, pin.published_at.astimezone(UTC).date())
    rows = {row.day: row for row in pin.metrics.filter(day__range=(first, last))}
    span = list(_days(first, last))
    return {
        "unit": "numbers",
        "days": [day.isoformat() for day in span],
        "series": [
            {
                "name": LABELS[name],
                "values": [getattr(rows[day], name) if day in rows else None for day in span],
                # Impressions dwarf the others: those stand in the table only.
                "table_only": name != "impressions",
            }
            for name in NUMBERS
        ],
    }


def totals(pin: Pin) -> dict[str, int]:
    """A Pin's numbers since we know it."""
    sums = pin.metrics.aggregate(**{name: Sum(name) for name in NUMBERS})
    return {name: sums[name] or 0 for name in NUMBERS}


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
