"""Read published Pins' daily numbers and keep them for ever. Days are UTC, as Pinterest's are.

Pinterest keeps 90 days and corrects the latest ones: each reading asks again from the oldest day that isn't
final, and writes the rows of days that it learns something of, so that reading twice changes nothing. A
number that Pinterest leaves out is unknown, not 0: its day is asked for again. Up to a hundred Pins share a
call, where the app has that beta.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db.models import Case, Exists, Max, Min, OuterRef, Q, When
from redis import RedisError

from accounts import calls, clock, health
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.operations.analytics import MOST_AT_ONCE
from accounts.pinterest.types import Analytics, DailyNumbers
from pins.analytics import rows
from pins.models import DailyMetric, MediaKind, Pin, PinMedia, Status
from pins.rules import metrics

logger = logging.getLogger(__name__)

T = TypeVar("T")

REACH: Final = timedelta(days=89)  # Pinterest answers for at most 90 days back, today included
BATCH: Final = 1_000  # Pins of one account in one run; the rest comes five minutes later
IN_HAND: Final = 1_000  # Pins looked up at once: enough to fill calls with Pins that ask for the same days
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
    mine = Pin.objects.filter(pk__in=keys).only("account", "pinterest_id", "published_at", "measure_at")
    pins = list(mine.order_by("pk"))
    videos = set(mine.filter(Exists(video) | Q(live_media_type="video")).values_list("pk", flat=True))
    first = _first_days(pins, clock.now().date(), everything=everything)
    for kind in (False, True):
        alike = sorted((pin for pin in pins if (pin.pk in videos) == kind), key=first.__getitem__)
        for some in _by(MOST_AT_ONCE, alike):
            yield _Asking(kind, {pin: first[pin] for pin in some})


def _first_days(pins: list[Pin], today: date, *, everything: bool) -> dict[Pin, date]:
    """The oldest day of each that isn't final, or the Pin's birth, or the edge of reach."""
    days = DailyMetric.objects.filter(pin__in=() if everything else pins).order_by().values_list("pin")
    spans = days.annotate(open=Min("day", filter=Q(final=False)), known=Max("day", filter=Q(final=True)))
    known = {pk: still_open or last_final + timedelta(days=1) for pk, still_open, last_final in spans}
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
    found: dict[Pin, Analytics | pinterest.Refused] = {}
    pins = {pin.pinterest_id: pin for pin in asking.first}
    today = clock.now().date()
    start = max(min(asking.first.values()), today - REACH)  # a day may have turned while it waited
    names = metrics.asked(video=asking.video)
    client.has_batch_analytics = had = _may_batch()
    try:
        for key, numbers in client.each_pin_analytics(pins, start, today, names):
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


def _settle(asking: _Asking, found: dict[Pin, Analytics | pinterest.Refused], report: Report) -> None:
    now = clock.now()
    days: dict[Pin, list[DailyNumbers]] = {}
    lifetime = {}
    for pin, answer in found.items():
        first = asking.first.pop(pin)
        pin.measure_at = next_reading(pin, now)
        if isinstance(answer, Analytics):
            # Others in the call asked for more days.
            days[pin] = [day for day in answer.days if first <= day.day <= now.date()]
            lifetime[pin] = answer.lifetime
            continue
        # Deleted on Pinterest, say. What we have stays; an old one is asked for as seldom as its like.
        logger.info("measure.refused", extra={"pin": pin.pk, "code": answer.code})
        pin.measure_at = max(pin.measure_at, now + REFUSED_REST)
    rows.store(days, video=asking.video, now=now)
    rows.store_lifetime(lifetime, now=now)
    Pin.objects.bulk_update(found, ["measure_at"])
    report.read += len(days)
    report.failed += len(found) - len(days)


def next_reading(pin: Pin, now: datetime) -> datetime:
    assert pin.published_at is not None  # a constraint of the table
    age = now - pin.published_at
    return now + next((wait for limit, wait in AGES if age < limit), AFTER_THAT)
