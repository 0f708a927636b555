"""What an operator must know: what is late, what failed, what each account does. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db.models import Case, Count, Exists, Min, OuterRef, Prefetch, Q, Value, When

from accounts.models import Health, PinterestAccount
from pins.models import Attempt, AttemptState, Heartbeat, Origin, Pin, Status
from pins.models.pin import FOR_QUOTA, LOOKED_AT
from pins.publish import dispatch
from pins.publish.outcome import CHECKING

if TYPE_CHECKING:
    from accounts.models import Workspace
    from pins.models.attempt import AttemptQuerySet
    from pins.models.pin import PinQuerySet

# A Pin leaves within half a second of its time, and a call may take a few: what is older is late.
LATE_AFTER: Final = timedelta(seconds=5)
STALLED: Final = timedelta(seconds=30)  # the dispatcher leaves a sign of life once a second
WINDOWS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(hours=24),
    "week": timedelta(days=7),
}
ATTEMPTS_SHOWN: Final = 5  # of one Pin; a link leads to the rest
_ON_ITS_WAY: Final = (Status.SCHEDULED, Status.PUBLISHING)
_LOOKED_FOR: Final = Q(status=Status.PUBLISHING, reason_code=CHECKING)


class WaitsFor(StrEnum):
    """Why a late Pin isn't out. Of NOTHING there should be none."""

    NOTHING = "nothing"
    # Or for the next look, whether a call whose answer was lost made it; or for its picture.
    NEXT_TRY = "next_try"
    ACCOUNT = "account"
    PERSON = "person"  # overdue by more than a day after an outage: somebody says when


def late(
    pins: PinQuerySet, *, now: datetime, waits_for: WaitsFor | None = None, by: timedelta = LATE_AFTER
) -> PinQuerySet:
    """Those whose time is over and that are not out: all, or what waits for one thing."""
    since = now - by
    found = pins.filter(status__in=_ON_ITS_WAY, publish_at__lt=since)
    match waits_for:
        case WaitsFor.ACCOUNT:
            return found.exclude(account__health=Health.ACTIVE)
        case WaitsFor.NEXT_TRY:
            return found.filter(_comes_by_itself(since), account__health=Health.ACTIVE)
        case WaitsFor.NOTHING:
            return found.filter(account__health=Health.ACTIVE, due_at__lt=since).exclude(_held(since))
        case WaitsFor.PERSON:
            return found.filter(account__health=Health.ACTIVE, due_at=None)
        case None:
            return found


def _for_quota(since: datetime) -> Q:
    """Its account has no quota, or had none at that instant."""
    return FOR_QUOTA & Q(account__quota_until__gte=since)


def _held(since: datetime) -> Q:
    """What it waits for has a name: quota, what a reading of the board says, or its picture, of which people
    are told by itself."""
    pictureless = Pin.objects.without_picture().filter(pk=OuterRef("pk"))
    return _LOOKED_FOR | _for_quota(since) | Q(Exists(pictureless))


def _comes_by_itself(since: datetime) -> Q:
    return Q(due_at__gte=since) | _held(since)


def rate_limited(attempts: AttemptQuerySet) -> AttemptQuerySet:
    """Tries that Pinterest put off because an account had used up its share."""
    return attempts.filter(state=AttemptState.DEFERRED, code="rate_limited")


@dataclass(frozen=True, slots=True)
class Lateness:
    number: int = 0
    # How late the latest of them is. One that was put off is late for NOTHING since the end of its wait only.
    worst: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Standing:
    """The whole pipeline at one instant."""

    late: dict[WaitsFor, Lateness]
    failed_today: int
    failed: int
    needs_review: int
    publishing: int
    scheduled: int


def standing(now: datetime) -> Standing:
    """In three queries, however many Pins there are."""
    day_ago = now - WINDOWS["day"]
    # Each over the rows of one partial index: one sweep for all would read every Pin there ever was.
    people = Pin.objects.needing_people().aggregate(
        failed_today=Count("pk", filter=Q(status=Status.FAILED, updated_at__gt=day_ago)),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
        needs_review=Count("pk", filter=Q(status=Status.NEEDS_REVIEW)),
    )
    coming = Pin.objects.filter(status__in=_ON_ITS_WAY).aggregate(
        publishing=Count("pk", filter=Q(status=Status.PUBLISHING)),
        scheduled=Count("pk", filter=Q(status=Status.SCHEDULED)),
    )
    return Standing(late=lateness(now), **people, **coming)


def lateness(now: datetime) -> dict[WaitsFor, Lateness]:
    """By what they wait for, each of which is there. One query."""
    what = Case(
        When(~Q(account__health=Health.ACTIVE), then=Value(WaitsFor.ACCOUNT.value)),
        When(due_at=None, then=Value(WaitsFor.PERSON.value)),
        When(_comes_by_itself(now - LATE_AFTER), then=Value(WaitsFor.NEXT_TRY.value)),
        default=Value(WaitsFor.NOTHING.value),
    )
    rows = (
        late(Pin.objects.all(), now=now)
        .order_by()
        .annotate(what=what)
        .values_list("what")
        .annotate(Count("pk"), Min("publish_at"), looked=Min(LOOKED_AT))
    )
    found = {}
    for name, number, publish_at, looked_at in rows:
        since = looked_at if name == WaitsFor.NOTHING else publish_at
        found[WaitsFor(name)] = Lateness(number, now - since)
    return {each: found.get(each, Lateness()) for each in WaitsFor}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one account does with its share of Pinterest's limits."""

    account: PinterestAccount
    minute: int
    hour: int
    day: int
    queued: int
    late: int
    limited: int


def traffic(now: datetime, *, most: int) -> tuple[list[Traffic], int]:
    """The accounts with most to look at, and how many have anything going on. In four queries."""
    pins = _pins_by_account(now)
    limited = dict(
        rate_limited(Attempt.objects.filter(settled_at__gt=now - WINDOWS["hour"]))
        .order_by()
        .values_list("pin__account")
        .annotate(Count("pk"))
    )
    keys = pins.keys() | limited.keys()

    def weight(pk: int) -> tuple[int, ...]:
        _, _, day, queued, overdue = pins.get(pk, _NONE)
        return (overdue, limited.get(pk, 0), day, queued, -pk)

    shown = sorted(keys, key=weight, reverse=True)[:most]
    accounts = PinterestAccount.objects.select_related("workspace").defer("access_token", "refresh_token")
    rows = accounts.in_bulk(shown)
    found = [
        Traffic(rows[pk], *pins.get(pk, _NONE), limited=limited.get(pk, 0)) for pk in shown if pk in rows
    ]
    return found, len(keys)


_NONE: Final = (0, 0, 0, 0, 0)


def out_since(pins: PinQuerySet, instant: datetime) -> PinQuerySet:
    """Published since then; said so that the index of what is published serves."""
    return pins.filter(status=Status.PUBLISHED, published_at__gt=instant)


def _pins_by_account(now: datetime) -> dict[int, tuple[int, int, int, int, int]]:
    """Out within the minute, the hour and the day; queued; late."""

    def out(window: str) -> Count:
        return Count("pk", filter=Q(published_at__gt=now - WINDOWS[window]))

    # What was made elsewhere says nothing of our calls.
    published = out_since(Pin.objects.filter(origin=Origin.COMPOSED), now - WINDOWS["day"])
    coming = Pin.objects.filter(status__in=_ON_ITS_WAY)
    gone = {
        account: numbers
        for account, *numbers in published.exclude(account=None)
        .order_by()
        .values_list("account")
        .annotate(minute=out("minute"), hour=out("hour"), day=out("day"))
    }
    queued = {
        account: numbers
        for account, *numbers in coming.order_by()
        .values_list("account")
        .annotate(
            queued=Count("pk", filter=Q(status=Status.SCHEDULED)),
            over=Count("pk", filter=Q(publish_at__lt=now - LATE_AFTER)),
        )
    }
    found = {}
    for account in gone.keys() | queued.keys():
        (minute, hour, day), (waiting, over) = gone.get(account, (0, 0, 0)), queued.get(account, (0, 0))
        found[account] = (minute, hour, day, waiting, over)
    return found


def latest(workspace: Workspace, *, now: datetime, only: str, most: int) -> list[Pin]:
    """A workspace's Pins as support sees them, the last touched first, each with its `latest_attempts`.

    `only` is a status, "late", or empty for all; deleted ones are shown too: they are asked about.
    """
    pins = Pin.objects.filter(workspace=workspace)
    if only == "late":
        pins = late(pins, now=now)
    elif only in Status.values:
        pins = pins.filter(status=only)
    tries = Attempt.objects.order_by("-started_at", "-pk")[:ATTEMPTS_SHOWN]
    return list(
        pins.with_parts()
        .prefetch_related(Prefetch("attempts", tries, to_attr="latest_attempts"))
        .order_by("-updated_at", "-pk")[:most]
    )


def stalled_since(pin: Pin, *, now: datetime) -> datetime | None:
    """Since when nobody has dispatched, if that is why this Pin isn't out.

    None when it isn't late, or waits for something that its own reason names.
    """
    if pin.status != Status.SCHEDULED or pin.stated.code or pin.due_at is None:
        return None
    if now - pin.due_at < LATE_AFTER:
        return None
    if pin.account is not None and not pin.account.is_active:
        return None
    last = Heartbeat.objects.filter(pk=dispatch.BEAT).values_list("seen_at", flat=True).first()
    if last is None:
        return pin.due_at
    return last if now - last > STALLED else None
