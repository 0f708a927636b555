"""What stands on which day: reads Pins for the pages that show time. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pins.models import Pin, Status
from pins.models.days import Firsts, firsts
from pins.models.paging import Counted
from pins.rules import localtime

if TYPE_CHECKING:
    from accounts.models import Workspace

AHEAD: Final = 6  # days that home shows after today
SHOWN_A_DAY: Final = 9  # pictures of one day; the rest is a number
COUNTED_A_DAY: Final = 1_000  # so many of it are counted; what is more is more
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

    @property
    def is_beyond(self) -> bool:
        """It has more Pins than are counted of a day: its total is at least that."""
        return self.total > COUNTED_A_DAY


@dataclass(frozen=True, slots=True)
class Overview:
    """Home: today's Pins, the days after, and what waits for a person."""

    today: Day
    ahead: list[Day]
    needs: list[Pin]
    needs_total: int  # as `paging.counted` counts

    @property
    def is_empty(self) -> bool:
        return not (self.needs or self.today.pins or any(day.pins for day in self.ahead))


def overview(workspace: Workspace, *, now: datetime) -> Overview:
    """In five queries, however many Pins there are."""
    today = now.astimezone(workspace.zone).date()
    days = [today + timedelta(days=number) for number in range(AHEAD + 1)]
    placed = _place(workspace, days)
    needing = Pin.objects.of(workspace).needing_anybody()
    latest = needing.order_by("-updated_at", "-pk").values_list("pk", Counted(needing))[:NEEDS_SHOWN]
    needs = dict(latest)  # each with the number of all
    pins = Pin.objects.with_parts().in_bulk([pk for day in placed.values() for pk in day.keys] + [*needs])
    shown = [_day(on, placed[on], pins, today=today) for on in days]
    return Overview(
        today=shown[0],
        ahead=shown[1:],
        needs=[pins[pk] for pk in needs if pk in pins],
        needs_total=max(needs.values(), default=0),
    )


def month(workspace: Workspace, year: int, number: int, *, now: datetime) -> list[list[Day]]:
    """The weeks of a month's page. In three queries."""
    today = now.astimezone(workspace.zone).date()
    weeks = localtime.month_weeks(year, number)
    placed = _place(workspace, [day for week in weeks for day in week])
    pins = Pin.objects.pictured([pk for day in placed.values() for pk in day.keys])
    return [[_day(on, placed[on], pins, today=today, month=number) for on in week] for week in weeks]


def _place(workspace: Workspace, on: list[date]) -> dict[date, Firsts]:
    """Which Pins' pictures each local day shows, and how many there are, up to COUNTED_A_DAY + 1."""
    spans = {day: localtime.day_bounds(day, workspace.zone) for day in on}
    return firsts(workspace, spans, most=SHOWN_A_DAY, counted=COUNTED_A_DAY)


def _day(on: date, placed: Firsts, pins: dict[int, Pin], *, today: date, month: int | None = None) -> Day:
    return Day(
        on=on,
        # One that was deleted between the two queries is left out.
        pins=[pins[pk] for pk in placed.keys if pk in pins],
        total=placed.total,
        is_today=on == today,
        is_past=on < today,
        is_outside=month is not None and on.month != month,
    )


def standings(workspace: Workspace) -> tuple[dict[str, int], int]:
    """How many Pins stand in each status, and how many wait for somebody to say when they go out after all.

    As `paging.counted` counts; one query.
    """
    pins = Pin.objects.of(workspace)
    shown = [status for status in Status if status != Status.DELETED]
    asked = [Counted(pins.filter(status=status)) for status in shown] + [Counted(pins.overdue())]
    rows = type(workspace)._default_manager.filter(pk=workspace.pk).values_list(*asked)
    *numbers, overdue = rows.get()
    return dict(zip((status.value for status in shown), numbers, strict=True)), overdue
