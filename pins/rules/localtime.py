"""Wall-clock time to instants and back. Pure: the zone and the moment are arguments.

A local time can be missing (clocks go forward) or come twice (they go back): the first is refused with
a word, the second means the earlier of the two. Midnight can be missing too: the day begins later then.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

Wall: TypeAlias = tuple[date, time]  # what a clock on the wall and the calendar beside it say


class NoSuchTime(ValueError):
    """The clocks jump over this local time on this day, or the calendar ends before it."""


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a clock in `zone` shows `day` and `clock`. Raises NoSuchTime."""
    local = datetime.combine(day, clock, tzinfo=zone)
    try:
        found = local.astimezone(UTC)
    except OverflowError:
        raise NoSuchTime("The calendar has no such day there. Pick another date.") from None
    if found.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(f"{clock:%H:%M} does not exist on {day:%d %B %Y}: the clocks go forward then.")
    return found


def shown(instant: datetime, zone: ZoneInfo) -> Wall:
    """What a form shows of an instant: the day and the minute."""
    local = instant.astimezone(zone)
    return local.date(), local.time().replace(second=0, microsecond=0)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First instant of a local day, and of the next one."""
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day; where clocks jump over midnight, the instant of the jump."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def month_weeks(year: int, month: int) -> list[list[date]]:
    """The Monday-first weeks that a month's page shows, with the days around it that fill them."""
    first = date(year, month, 1)
    start = first - timedelta(days=first.weekday())
    weeks = []
    while start.month == month or start <= first:
        weeks.append([start + timedelta(days=n) for n in range(7)])
        start += timedelta(days=7)
    return weeks
