"""The clock rules, where clocks change: the skipped hour, the repeated one, and the skipped midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts import zones
from pins.rules import localtime


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> tuple[date, time]:
    local = datetime.fromisoformat(text)
    return local.date(), local.time()


# Zone, a local time that never was, the first one after it with its instant, the last one before it with its.
GAPS = [
    ("Europe/Berlin", "2025-03-30T02:30", "2025-03-30T03:00", "2025-03-30T01:00", "2025-03-30T01:59"),
    ("America/New_York", "2025-03-09T02:00", "2025-03-09T03:00", "2025-03-09T07:00", "2025-03-09T01:59"),
    ("America/Havana", "2018-03-11T00:00", "2018-03-11T01:00", "2018-03-11T05:00", "2018-03-10T23:59"),
    ("America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T01:00", "2018-11-04T03:00", "2018-11-03T23:59"),
    ("Asia/Beirut", "2024-03-31T00:15", "2024-03-31T01:00", "2024-03-30T22:00", "2024-03-30T23:59"),
    ("Africa/Cairo", "2024-04-26T00:59", "2024-04-26T01:00", "2024-04-25T22:00", "2024-04-25T23:59"),
    ("Africa/Casablanca", "2024-04-14T02:30", "2024-04-14T03:00", "2024-04-14T02:00", "2024-04-14T01:59"),
    # Half an hour.
    ("Australia/Lord_Howe", "2024-10-06T02:15", "2024-10-06T02:30", "2024-10-05T15:30", "2024-10-06T01:59"),
    # A whole day: Samoa crossed the date line.
    ("Pacific/Apia", "2011-12-30T12:00", "2011-12-31T00:00", "2011-12-30T10:00", "2011-12-29T23:59"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "never", "after", "jump", "before"), GAPS)
def test_a_time_that_the_clocks_jump_over_is_refused_with_its_words_and_its_neighbours_are_taken(
    name: str, never: str, after: str, jump: str, before: str
) -> None:
    zone = zones.clock(name)
    with pytest.raises(localtime.NoSuchTime, match="does not exist on") as no:
        localtime.instant(*wall(never), zone)
    assert never[-5:] in str(no.value)
    assert localtime.instant(*wall(after), zone) == utc(jump)
    assert localtime.instant(*wall(before), zone) == utc(jump) - timedelta(minutes=1)


# Zone, a local time that came twice, its first instant, its second.
FOLDS = [
    ("Europe/Berlin", "2025-10-26T02:30", "2025-10-26T00:30", "2025-10-26T01:30"),
    ("America/New_York", "2025-11-02T01:00", "2025-11-02T05:00", "2025-11-02T06:00"),
    # Midnight itself comes twice.
    ("America/Havana", "2018-11-04T00:00", "2018-11-04T04:00", "2018-11-04T05:00"),
    ("Atlantic/Azores", "2025-10-26T00:15", "2025-10-26T00:15", "2025-10-26T01:15"),
    # The last hour of a day comes twice.
    ("America/Sao_Paulo", "2018-02-17T23:30", "2018-02-18T01:30", "2018-02-18T02:30"),
    ("Asia/Beirut", "2024-10-26T23:30", "2024-10-26T20:30", "2024-10-26T21:30"),
    ("Africa/Cairo", "2024-10-31T23:00", "2024-10-31T20:00", "2024-10-31T21:00"),
    ("Australia/Lord_Howe", "2024-04-07T01:45", "2024-04-06T14:45", "2024-04-06T15:15"),
    ("Pacific/Auckland", "2024-04-07T02:30", "2024-04-06T13:30", "2024-04-06T14:30"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "twice", "first", "second"), FOLDS)
def test_of_a_time_that_comes_twice_the_earlier_is_meant_and_both_are_shown_alike(
    name: str, twice: str, first: str, second: str
) -> None:
    zone = zones.clock(name)
    assert localtime.instant(*wall(twice), zone) == utc(first)
    assert localtime.shown(utc(first), zone) == localtime.shown(utc(second), zone) == wall(twice)


# Zone, day, its first instant, its length in hours.
DAYS = [
    ("Europe/Lisbon", "2025-06-01", "2025-05-31T23:00", 24),
    ("Europe/Berlin", "2025-03-30", "2025-03-29T23:00", 23),
    ("Europe/Berlin", "2025-10-26", "2025-10-25T22:00", 25),
    # Midnight is skipped: the day begins with the jump, at 01:00.
    ("America/Havana", "2018-03-11", "2018-03-11T05:00", 23),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", 23),
    ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00", 23),
    ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00", 23),
    # The day before one that begins late is as long as others.
    ("Asia/Beirut", "2024-03-30", "2024-03-29T22:00", 24),
    # Midnight comes twice: the day begins with the first.
    ("America/Havana", "2018-11-04", "2018-11-04T04:00", 25),
    # Its last hour comes twice.
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25),
    ("Africa/Cairo", "2024-10-31", "2024-10-30T21:00", 25),
    ("Australia/Lord_Howe", "2024-10-06", "2024-10-05T13:30", 23.5),
    # The day that Samoa left out has no instant at all.
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24),
]  # fmt: skip


@pytest.mark.parametrize(("name", "day", "begins", "hours"), DAYS)
def test_a_day_begins_and_ends_where_its_clocks_say_so(
    name: str, day: str, begins: str, hours: float
) -> None:
    start, end = localtime.day_bounds(date.fromisoformat(day), zones.clock(name))
    assert start == utc(begins)
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize("name", sorted({row[0] for row in (*GAPS, *FOLDS, *DAYS)}))
@pytest.mark.parametrize("year", [2011, 2018, 2024, 2025])
def test_days_follow_without_a_hole_and_hold_exactly_their_own_instants(name: str, year: int) -> None:
    zone = zones.clock(name)
    for number in range(366):
        day = date(year, 1, 1) + timedelta(days=number)
        start, end = localtime.day_bounds(day, zone)
        if start == end:
            continue  # left out
        assert start.astimezone(zone).date() == day == (end - timedelta.resolution).astimezone(zone).date()
        assert (start - timedelta.resolution).astimezone(zone).date() < day < end.astimezone(zone).date()


def test_in_every_zone_that_is_offered_no_change_of_clocks_of_these_years_breaks_a_day() -> None:
    changes = 0
    for name in zones.offered():
        zone, day = zones.clock(name), date(2024, 1, 1)
        while day < date(2030, 1, 1):
            after = day + timedelta(days=1)
            if _offset(day, zone) != _offset(after, zone):
                changes += 1
                for one in (day, after):
                    start, end = localtime.day_bounds(one, zone)
                    assert start.astimezone(zone).date() == one, (name, one)
                    assert (start - timedelta.resolution).astimezone(zone).date() < one, (name, one)
                    assert (end - timedelta.resolution).astimezone(zone).date() == one, (name, one)
            day = after
    assert changes > 500


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(12), tzinfo=zone).utcoffset()


@pytest.mark.parametrize(
    ("name", "day", "clock"),
    [("Asia/Tokyo", date.min, time.min), ("Etc/GMT+12", date.max, time.max)],
)
def test_what_lies_beyond_the_ends_of_the_calendar_is_refused(name: str, day: date, clock: time) -> None:
    with pytest.raises(localtime.NoSuchTime, match="Pick another date"):
        localtime.instant(day, clock, zones.clock(name))


@pytest.mark.parametrize(
    ("year", "month", "first", "last"),
    [
        (2026, 2, "2026-01-26", "2026-03-01"),
        (2027, 2, "2027-02-01", "2027-02-28"),
        (2026, 11, "2026-10-26", "2026-12-06"),
        (2010, 1, "2009-12-28", "2010-01-31"),
        (2100, 12, "2100-11-29", "2101-01-02"),
    ],
)
def test_a_months_page_shows_whole_weeks(year: int, month: int, first: str, last: str) -> None:
    weeks = localtime.month_weeks(year, month)
    days = [day for week in weeks for day in week]
    assert (days[0].isoformat(), days[-1].isoformat()) == (first, last)
    assert all(week[0].weekday() == 0 and len(week) == 7 for week in weeks)
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
