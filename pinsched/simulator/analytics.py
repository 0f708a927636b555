"""The analytics calls: what may be asked, and `growth`'s numbers in Pinterest's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pinsched.simulator import growth, pin_rows, pins, shapes
from pinsched.simulator.growth import Day
from pinsched.simulator.pin_rows import Pin
from pinsched.simulator.replies import ApiError, Reply, invalid, json_reply
from pinsched.simulator.world import Call

DAYS_BACK: Final = 90
BATCH_MOST: Final = 100
NEWEST_COUNTED: Final = 1000  # Pins that an account's totals are drawn from
LIFETIME_SINCE: Final = date(2023, 3, 20)

Metric = Callable[[Day], float]


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


BOTH: Final[Mapping[str, Metric]] = {
    "IMPRESSION": lambda day: day.impressions,
    "PIN_CLICK": lambda day: day.pin_clicks,
    "OUTBOUND_CLICK": lambda day: day.outbound_clicks,
    "SAVE": lambda day: day.saves,
    "SAVE_RATE": lambda day: _rate(day.saves, day.impressions),
}
IMAGE_ONLY: Final[Mapping[str, Metric]] = {
    "USER_FOLLOW": lambda day: day.follows,
    "PROFILE_VISIT": lambda day: day.profile_visits,
}
VIDEO_ONLY: Final[Mapping[str, Metric]] = {
    "VIDEO_MRC_VIEW": lambda day: day.video_views,
    "VIDEO_10S_VIEW": lambda day: day.video_10s,
    "QUARTILE_95_PERCENT_VIEW": lambda day: day.video_95,
    "VIDEO_V50_WATCH_TIME": lambda day: day.watch_ms,
    "VIDEO_START": lambda day: day.video_starts,
    "VIDEO_AVG_WATCH_TIME": lambda day: _rate(day.watch_ms, day.video_starts),
}
LIFETIME: Final[Mapping[str, Callable[[Day], int]]] = {
    "TOTAL_COMMENTS": lambda day: day.comments,
    "TOTAL_REACTIONS": lambda day: day.reactions,
}
ACCOUNT: Final[Mapping[str, Metric]] = {
    "ENGAGEMENT": lambda day: day.pin_clicks + day.saves,
    "ENGAGEMENT_RATE": lambda day: _rate(day.pin_clicks + day.saves, day.impressions),
    "IMPRESSION": lambda day: day.impressions,
    "OUTBOUND_CLICK": lambda day: day.outbound_clicks,
    "OUTBOUND_CLICK_RATE": lambda day: _rate(day.outbound_clicks, day.impressions),
    "PIN_CLICK": lambda day: day.pin_clicks,
    "PIN_CLICK_RATE": lambda day: _rate(day.pin_clicks, day.impressions),
    "SAVE": lambda day: day.saves,
    "SAVE_RATE": lambda day: _rate(day.saves, day.impressions),
}
DAILY: Final = {**BOTH, **IMAGE_ONLY, **VIDEO_ONLY}


def of_pin(call: Call, pin_id: str) -> Reply:
    pin = pins.readable(call, pin_id)
    days, types = _days(call, "pins"), _pin_types(call, pin.video, "pins")
    _unsplit(call)
    return json_reply({"all": _pin_metrics(call, pin, days, types)})


def of_pins(call: Call) -> Reply:
    ids = _batch_ids(call)
    wanted = [pins.readable(call, pin_id) for pin_id in ids]
    days = _days(call, "multi_pins")
    kinds = {pin.video for pin in wanted}
    types = _pin_types(call, kinds.pop() if len(kinds) == 1 else None, "multi_pins")
    _unsplit(call)
    counted = [pin for pin in wanted if _has_numbers(call, pin, days)]
    return json_reply({pin.id: {"all": _pin_metrics(call, pin, days, types)} for pin in counted})


def of_account(call: Call) -> Reply:
    days, types = _days(call, "user accounts"), _account_types(call)
    _unsplit(call)
    rows = call.world.store.all(
        "SELECT * FROM pins WHERE person_id = ? ORDER BY created_us DESC, seq DESC LIMIT ?",
        (call.person.id, NEWEST_COUNTED),
    )
    mine, now = [pin_rows.pin(row) for row in rows], call.world.now()

    def counted(day: date) -> Day:
        there = (pin for pin in mine if pin.created.date() <= day)
        return growth.total(growth.counts(pin.id, pin.created, day, now, video=pin.video) for pin in there)

    per_day = {day: counted(day) for day in days}
    return json_reply({"all": _answer(per_day, types, now, born=None)})


# What may be asked.


def _days(call: Call, what: str) -> list[date]:
    start, end = _date(call, "start_date", what), _date(call, "end_date", what)
    today = call.world.now().date()
    if start > end:
        raise _refused(what, "start_date is after end_date.")
    if end > today:
        raise _refused(what, "end_date can't be in the future.")
    if (today - start).days > DAYS_BACK:
        raise _refused(what, f"start_date can't be more than {DAYS_BACK} days back from today.")
    if (end - start).days > DAYS_BACK:
        raise _refused(what, f"end_date can't be more than {DAYS_BACK} days past start_date.")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _date(call: Call, name: str, what: str) -> date:
    raw = call.request.args.get(name, "")
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", raw, re.ASCII):
            raise ValueError(raw)
        return date.fromisoformat(raw)
    except ValueError:
        raise _refused(what, f"{name} must be a date, YYYY-MM-DD.") from None


def _asked(call: Call, name: str) -> list[str]:
    """A list of words, comma-separated or repeated; both are seen in the wild."""
    raw = call.request.args.getlist(name)
    return [word for part in raw for word in part.split(",") if word]


def _pin_types(call: Call, video: bool | None, what: str) -> list[str]:
    """`video` None is a batch of both kinds, which may ask only for what both have."""
    asked = _asked(call, "metric_types")
    if not asked:
        raise _refused(what, "metric_types is required.")
    own = {**BOTH, **LIFETIME}
    if video is not None:
        own |= VIDEO_ONLY if video else IMAGE_ONLY
    if asked == ["ALL"]:
        return list(own)
    for name in asked:
        if name not in DAILY and name not in LIFETIME:
            raise _refused(what, f"{shapes.shown(name)} is not a metric type.")
        if name not in own:
            kind = "video" if name in VIDEO_ONLY else "image"
            raise _refused(what, f"{name} is for {kind} Pins only.")
    return asked


def _account_types(call: Call) -> list[str]:
    asked = _asked(call, "metric_types") or list(ACCOUNT)
    if unknown := [name for name in asked if name not in ACCOUNT]:
        raise _refused("user accounts", f"{shapes.shown(unknown[0])} is not a metric type.")
    return asked


def _batch_ids(call: Call) -> list[str]:
    ids = _asked(call, "pin_ids")
    if not 1 <= len(ids) <= BATCH_MOST:
        raise _refused("multi_pins", f"pin_ids must name 1 to {BATCH_MOST} Pins.")
    return [shapes.id_in_path(pin_id, "pin_ids") for pin_id in dict.fromkeys(ids)]


def _unsplit(call: Call) -> None:
    """The simulator draws one sum for all devices; it says so instead of answering with something else."""
    for name, only in (("app_types", "ALL"), ("split_field", "NO_SPLIT")):
        if call.request.args.get(name, only) != only:
            raise invalid(f"The simulator knows {name}={only} only.")


def _refused(what: str, why: str) -> ApiError:
    return invalid(f"Invalid {what} analytics parameters. {why}")


# The numbers.


def _pin_metrics(call: Call, pin: Pin, days: Sequence[date], types: Sequence[str]) -> dict[str, object]:
    now = call.world.now()
    born = pin.created.date()
    per_day = {
        day: growth.counts(pin.id, pin.created, day, now, video=pin.video) for day in days if day >= born
    }
    answer = _answer(per_day, types, now, born=born, before=[day for day in days if day < born])
    return {**answer, "lifetime_metrics": _lifetime(pin, types, now)}


def _answer(
    per_day: Mapping[date, Day],
    types: Iterable[str],
    now: datetime,
    *,
    born: date | None,
    before: Iterable[date] = (),
) -> dict[str, object]:
    table = DAILY if born else ACCOUNT
    daily = [name for name in types if name in table]

    def metrics(day: Day) -> dict[str, float]:
        return {name: table[name](day) for name in daily}

    early = [{"date": day.isoformat(), "data_status": "BEFORE_PIN_CREATED"} for day in before]
    counted = [
        {"date": day.isoformat(), "data_status": _status(day, now), "metrics": metrics(numbers)}
        for day, numbers in per_day.items()
    ]
    return {"daily_metrics": early + counted, "summary_metrics": metrics(growth.total(per_day.values()))}


def _status(day: date, now: datetime) -> str:
    if growth.settled(day, now):
        return "READY"
    return "PROCESSING" if day == now.date() else "ESTIMATE"


def _lifetime(pin: Pin, types: Iterable[str], now: datetime) -> dict[str, int]:
    asked = [name for name in types if name in LIFETIME]
    if not asked or pin.created.date() < LIFETIME_SINCE:
        return {}
    ever = growth.lifetime(pin.id, pin.created, now, video=pin.video)
    return {name: LIFETIME[name](ever) for name in asked}


def _has_numbers(call: Call, pin: Pin, days: Iterable[date]) -> bool:
    now = call.world.now()
    return any(
        growth.counts(pin.id, pin.created, day, now, video=pin.video).impressions
        for day in days
        if day >= pin.created.date()
    )
