"""Read published Pins' daily numbers and keep them for ever. Days are UTC, as Pinterest's are.

Pinterest keeps 90 days and corrects the latest ones: each reading asks again from the oldest day that isn't
final, and writes the rows of days that it learns something of, so that reading twice changes nothing. A
number that Pinterest leaves out is unknown, not 0: its day is asked for again. Up to a hundred Pins share a
call, where the app has that beta.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db.models import Case, Exists, Max, Min, OuterRef, Q, Sum, When
from redis import RedisError

from accounts import calls, clock, health
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.operations.analytics import MOST_AT_ONCE
from accounts.pinterest.types import DailyNumbers, PinAnalytics
from pins.models import NUMBERS, DailyMetric, MediaKind, Pin, PinMedia, Status
from pins.models.metric import COUNTED

if TYPE_CHECKING:
    from accounts.models import Workspace

logger = logging.getLogger(__name__)

T = TypeVar("T")

REACH: Final = timedelta(days=89)  # Pinterest answers for at most 90 days back, today included
BATCH: Final = 1_000  # Pins of one account in one run; the rest comes five minutes later
IN_HAND: Final = 1_000  # Pins looked up at once: enough to fill calls with Pins that ask for the same days
ROWS_AT_ONCE: Final = 1_000  # of days, in one INSERT
# How long until the next reading, by age: a young Pin's numbers move, an old one's hardly.
AGES: Final = (
    (timedelta(days=2), timedelta(hours=6)),
    (timedelta(days=30), timedelta(days=1)),
    (timedelta(days=120), timedelta(days=3)),
)
AFTER_THAT: Final = timedelta(days=30)
REFUSED_REST: Final = timedelta(days=1)  # at least, until a refused Pin is asked for again
BROKEN_REST: Final = timedelta(hours=3)  # until one is asked for again at which a run has stopped
# Seconds until an app that lacks the batch asks whether it was granted meanwhile.
NO_BATCH_FOR: Final = 24 * 3600.0


def due_accounts(now: datetime) -> list[int]:
    """Accounts with Pins whose turn to be measured has come."""
    return list(
        PinterestAccount.objects.readable()
        .filter(pins__status=Status.PUBLISHED, pins__vanished_at=None, pins__measure_at__lte=now)
        .distinct()
        .values_list("pk", flat=True)
    )


@dataclass(slots=True)
class Report:
    """What one run did, of how many. `wait`: seconds, when it was Pinterest's limits that stopped it."""

    due: int = 0
    read: int = 0
    failed: int = 0
    stopped: str = ""
    wait: float | None = None


def pull(
    account: PinterestAccount,
    *,
    now: datetime,
    everything: bool = False,
    limit: int | None = BATCH,
    pause: Callable[[Report, pinterest.RateLimited], bool] | None = None,
) -> Report:
    """Read the account's due Pins (or, with `everything`, all of them and every day in reach).

    Stops, and says why, when Pinterest asks for a pause or the account can't be used; never raises for that.
    What was read by then is stored. `pause` is called before it stops for a limit: True to go on after it.
    """
    pins = Pin.objects.on_pinterest().filter(account=account)
    if not everything:
        pins = pins.filter(measure_at__lte=now)
    # Young ones first: the finds of a new account may be asked for all day.
    old = Case(When(published_at__lt=now - AGES[0][0], then=1), default=0)
    due = list(pins.order_by(old, "measure_at", "pk").values_list("pk", flat=True)[:limit])
    report = Report(due=len(due))
    try:
        for some in _by(IN_HAND, due):
            for asking in _askings(some, everything=everything):
                _patiently(account, asking, report, pause)
    except (health.AccountUnusable, pinterest.PinterestError) as stop:
        report.stopped = getattr(stop, "plain", "") or str(stop)
        report.wait = getattr(stop, "retry_after", None)
        logger.info("measure.stopped", extra={"account": account.pk, "error": type(stop).__name__})
    return report


# Asking ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Asking:
    """Pins that one call may name: all videos or none, and from which day on each is asked for."""

    video: bool
    first: dict[Pin, date]  # what was answered is taken out


def _askings(keys: Iterable[int], *, everything: bool) -> Iterator[_Asking]:
    """The Pins by the hundred, those together that are asked for about the same days."""
    video = PinMedia.objects.filter(pin=OuterRef("pk"), media__kind=MediaKind.VIDEO)
    rows = Pin.objects.filter(pk__in=keys).only("account", "pinterest_id", "published_at", "measure_at")
    pins = list(rows.order_by("pk"))
    videos = set(rows.filter(Exists(video) | Q(live_media_type="video")).values_list("pk", flat=True))
    first = _first_days(pins, clock.now().date(), everything=everything)
    for kind in (False, True):
        alike = sorted((pin for pin in pins if (pin.pk in videos) == kind), key=first.__getitem__)
        for some in _by(MOST_AT_ONCE, alike):
            yield _Asking(kind, {pin: first[pin] for pin in some})


def _first_days(pins: list[Pin], today: date, *, everything: bool) -> dict[Pin, date]:
    """The oldest day of each that isn't final, or the Pin's birth, or the edge of reach."""
    days = DailyMetric.objects.filter(pin__in=() if everything else pins).order_by().values_list("pin")
    rows = days.annotate(open=Min("day", filter=Q(final=False)), known=Max("day", filter=Q(final=True)))
    known = {pk: still_open or last_final + timedelta(days=1) for pk, still_open, last_final in rows}
    first = {}
    for pin in pins:
        assert pin.published_at is not None  # a constraint of the table
        born = pin.published_at.astimezone(UTC).date()
        first[pin] = min(max(known.get(pin.pk, born), born, today - REACH), today)
    return first


def _patiently(
    account: PinterestAccount,
    asking: _Asking,
    report: Report,
    pause: Callable[[Report, pinterest.RateLimited], bool] | None,
) -> None:
    while asking.first:
        try:
            calls.ask(account, lambda client: _ask(client, asking, report), now=clock.now())
        except pinterest.RateLimited as limit:
            if pause is None or not pause(report, limit):
                raise
        except pinterest.NoConnection:
            raise
        except pinterest.Unavailable:
            # It may be this Pin that Pinterest stumbles over, each time: the next run begins with the others.
            Pin.objects.filter(pk=next(iter(asking.first)).pk).update(measure_at=clock.now() + BROKEN_REST)
            raise


def _ask(client: PinterestClient, asking: _Asking, report: Report) -> None:
    """Ask for what was not answered yet, and store what came, also when it breaks off in the middle."""
    found: dict[Pin, PinAnalytics | pinterest.Refused] = {}
    pins = {pin.pinterest_id: pin for pin in asking.first}
    today = clock.now().date()
    start = max(min(asking.first.values()), today - REACH)  # a day may have turned while it waited
    client.has_batch_analytics = had = _may_batch()
    try:
        for key, numbers in client.each_pin_analytics(pins, start, today, video=asking.video):
            found[pins[key]] = numbers
    finally:
        if had and not client.has_batch_analytics:
            _no_batch()
        _settle(asking, found, report)


def _by(number: int, things: Iterable[T]) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, number)):
        yield some


def _may_batch() -> bool:
    """False for a day after Pinterest said that this app has no batch. Without Redis it is asked again."""
    try:
        return not cache.get(_batch_key())
    except RedisError:
        return True


def _no_batch() -> None:
    logger.info("measure.no_batch")
    try:
        cache.set(_batch_key(), True, NO_BATCH_FOR)
    except RedisError:
        logger.warning("measure.no_batch_forgotten")


def _batch_key() -> str:
    return f"no_batch_analytics:{settings.PINTEREST_APP_ID}:{settings.PINTEREST_API_URL}"


# Storing --------------------------------------------------------------------------------------------------


def _settle(asking: _Asking, found: dict[Pin, PinAnalytics | pinterest.Refused], report: Report) -> None:
    now = clock.now()
    days: dict[Pin, list[DailyNumbers]] = {}
    for pin, answer in found.items():
        first = asking.first.pop(pin)
        pin.measure_at = next_reading(pin, now)
        if isinstance(answer, PinAnalytics):
            # Others in the call asked for more days.
            days[pin] = [day for day in answer.days if first <= day.day <= now.date()]
            continue
        # Deleted on Pinterest, say. What we have stays; an old one is asked for as seldom as its like.
        logger.info("measure.refused", extra={"pin": pin.pk, "code": answer.code})
        pin.measure_at = max(pin.measure_at, now + REFUSED_REST)
    store(days, now=now)
    Pin.objects.bulk_update(found, ["measure_at"])
    report.read += len(days)
    report.failed += len(found) - len(days)


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


def next_reading(pin: Pin, now: datetime) -> datetime:
    assert pin.published_at is not None  # a constraint of the table
    age = now - pin.published_at
    return now + next((wait for limit, wait in AGES if age < limit), AFTER_THAT)


# Reading for people ---------------------------------------------------------------------------------------


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
        line = tuple(_whole(by_day[day][name]) if day in by_day else None for day in _days(first, last))
        now, before = line[days:], line[:days]
        found.append(Figure(name, _total(now), _total(before), now, before))
    return found


def _whole(number: float | Decimal | None) -> int | None:
    return None if number is None else int(number)


def _total(line: Sequence[int | None]) -> int | None:
    """Of the days that are known; None if none is."""
    known = [number for number in line if number is not None]
    return sum(known) if known else None


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


def totals(pin: Pin) -> dict[str, int | None]:
    """A Pin's numbers since we know it; empty while none is known."""
    sums = pin.metrics.aggregate(**{name: Sum(name) for name in NUMBERS})
    return {name: _whole(sums[name]) for name in NUMBERS} if any(n is not None for n in sums.values()) else {}


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
