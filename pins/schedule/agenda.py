"""What stands on which day: reads Pins for the pages that show time. Writes nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Window

from pins.models import Pin, Status
from pins.rules import localtime

if TYPE_CHECKING:
    from accounts.models import Workspace

AHEAD: Final = 6  # days that home shows after today
SHOWN_A_DAY: Final = 9  # pictures of one day; the rest is a number
NEEDS_SHOWN: Final = 4


@dataclass(slots=True)
class Day:
    on: date
    pins: list[Pin] = field(default_factory=list)
    total: int = 0
    is_today: bool = False
    is_past: bool = False
    is_outside: bool = False

    @property
    def more(self) -> int:
        return self.total - len(self.pins)


@dataclass(frozen=True, slots=True)
class Overview:
    """Home: today's Pins, the days after, and what waits for a person."""

    today: Day
    ahead: list[Day]
    needs: list[Pin]
    needs_total: int


def overview(workspace: Workspace, *, now: datetime) -> Overview:
    """In five queries, however many Pins there are."""
    today = now.astimezone(workspace.zone).date()
    days = [today + timedelta(days=number) for number in range(AHEAD + 1)]
    placed = _place(workspace, days)
    needs = list(
        Pin.objects.of(workspace)
        .needing_anybody()
        .order_by("-updated_at")
        .annotate(total=Window(Count("*")))
        .values_list("pk", "total")[:NEEDS_SHOWN]
    )
    pins = _read([pk for day in placed.values() for pk in day.keys] + [pk for pk, _ in needs])
    shown = [_day(on, placed[on], pins, today=today) for on in days]
    return Overview(
        today=shown[0],
        ahead=shown[1:],
        needs=[pins[pk] for pk, _ in needs],
        needs_total=needs[0][1] if needs else 0,
    )


def month(
    workspace: Workspace, year: int, number: int, *, now: datetime, **narrowed: object
) -> list[list[Day]]:
    """The weeks of a month's page. `narrowed` are further filters on Pins, an account, say."""
    today = now.astimezone(workspace.zone).date()
    weeks = localtime.month_weeks(year, number)
    placed = _place(workspace, [day for week in weeks for day in week], **narrowed)
    pins = _read([pk for day in placed.values() for pk in day.keys])
    return [[_day(on, placed[on], pins, today=today, month=number) for on in week] for week in weeks]


@dataclass(slots=True)
class _Placed:
    keys: list[int] = field(default_factory=list)
    total: int = 0


def _place(workspace: Workspace, days: list[date], **narrowed: object) -> defaultdict[date, _Placed]:
    """Which Pins' pictures each local day shows, in time order."""
    start, end = (
        localtime.midnight(days[0], workspace.zone),
        localtime.day_bounds(days[-1], workspace.zone)[1],
    )
    rows = (
        Pin.objects.of(workspace)
        .filter(publish_at__gte=start, publish_at__lt=end, **narrowed)
        .order_by("publish_at", "pk")
        .values_list("pk", "publish_at")
    )
    placed: defaultdict[date, _Placed] = defaultdict(_Placed)
    for pk, publish_at in rows.iterator():
        assert publish_at is not None  # filtered on just above
        day = placed[publish_at.astimezone(workspace.zone).date()]
        day.total += 1
        if len(day.keys) < SHOWN_A_DAY:
            day.keys.append(pk)
    return placed


def _read(keys: list[int]) -> dict[int, Pin]:
    return {pin.pk: pin for pin in Pin.objects.with_parts().filter(pk__in=keys)}


def _day(on: date, placed: _Placed, pins: dict[int, Pin], *, today: date, month: int | None = None) -> Day:
    return Day(
        on=on,
        # One that was deleted between the two queries is left out.
        pins=[pins[pk] for pk in placed.keys if pk in pins],
        total=placed.total,
        is_today=on == today,
        is_past=on < today,
        is_outside=month is not None and on.month != month,
    )


def overdue(workspace: Workspace) -> int:
    """How many Pins wait for somebody to say when they go out after all."""
    return Pin.objects.of(workspace).overdue().count()


def counts(workspace: Workspace) -> dict[str, int]:
    """How many Pins stand in each status, for the tabs of the Queue."""
    rows = Pin.objects.of(workspace).order_by().values_list("status").annotate(number=Count("pk"))
    found = dict(rows)
    return {status.value: found.get(status.value, 0) for status in Status if status != Status.DELETED}
