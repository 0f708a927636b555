"""The numbers we keep, by day, board or Pin. Days are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.rest.bearer import ApiRequest, viewer
from accounts.rest.errors import ERRORS, ApiError, ErrorOut
from accounts.rest.fields import Day, written
from accounts.rest.pages import Order, Window, cut
from pins.api import rows
from pins.api.pins import router as pins_router
from pins.models import DailyMetric, Pin
from pins.models.metric import SUMS, DailyMetricQuerySet, summed
from pins.rules.metrics import DAILY

router = Router(tags=["metrics"])

SHOWN: Final = timedelta(days=30)  # when a query names no first day
DAYS: Final = Order("metrics-day", "day", read=date.fromisoformat)
BOARDS: Final = Order("metrics-board", "board")
PINS: Final = Order("metrics-pin", "pin_id")


class Numbers(BaseModel):
    """Null is unknown, never 0: Pinterest didn't say. A sum is of what is known, and then not final."""

    __annotations__.update({metric.name: int | None for metric in DAILY})
    final: bool


class DayNumbers(Numbers):
    day: date


class BoardNumbers(Numbers):
    board: str | None


class PinNumbers(Numbers):
    pin: str


class MetricsOut(BaseModel):
    items: list[DayNumbers] | list[BoardNumbers] | list[PinNumbers]
    next: str | None
    totals: Numbers


class Period(Window):
    from_: Day | None = Field(None, alias="from", description="First UTC date, in.")
    to: Day | None = Field(None, description="Last UTC date, in.")


class Grouping(Period):
    group: Literal["day", "board", "pin"] = "day"


@router.get("", response={200: MetricsOut, ERRORS: ErrorOut}, auth=viewer)
def list_metrics(request: ApiRequest, filters: Query[Grouping]) -> MetricsOut:
    """The workspace's numbers. Without `from`, the thirty days that end with `to`; without `to`, today."""
    last = filters.to or timezone.now().date()
    first = filters.from_ or _thirty_days_to(last)
    found = _between(DailyMetric.objects.of(request.auth.workspace), first, last)
    return _listed(request, filters, found, filters.group)


@pins_router.get("/{pin_id}/metrics", response={200: MetricsOut, ERRORS: ErrorOut}, auth=viewer)
def list_pin_metrics(request: ApiRequest, pin_id: str, filters: Query[Period]) -> MetricsOut:
    """One Pin's numbers by day; without `from` and `to`, all that are known."""
    pin = rows.at(Pin.objects.of(request.auth.workspace), "pin", pin_id)
    first, last = filters.from_ or date.min, filters.to or date.max
    return _listed(request, filters, _between(DailyMetric.objects.filter(pin=pin), first, last), "day")


def _thirty_days_to(last: date) -> date:
    return last - SHOWN + timedelta(days=1) if last - date.min >= SHOWN else date.min


def _between(found: DailyMetricQuerySet, first: date, last: date) -> DailyMetricQuerySet:
    if first > last:
        raise ApiError.at("to", "This is before `from`.")
    return found.between(first, last)


def _listed(
    request: ApiRequest, window: Window, found: DailyMetricQuerySet, group: Literal["day", "board", "pin"]
) -> MetricsOut:
    totals = Numbers(**_numbers(found.aggregate(**SUMS)))
    items: list[Any]
    if group == "day":
        days = cut(request, window, found.summed_by_day(), DAYS)
        items, following = [DayNumbers(day=row["day"], **_numbers(row)) for row in days.rows], days.next
    elif group == "board":
        boards = cut(request, window, found.summed_by_board(), BOARDS)
        items = [BoardNumbers(board=_board(row["board"]), **_numbers(row)) for row in boards.rows]
        following = boards.next
    else:
        pins = cut(request, window, found.summed_by_pin(), PINS)
        items = [PinNumbers(pin=written("pin", row["pin_id"]), **_numbers(row)) for row in pins.rows]
        following = pins.next
    return MetricsOut(items=items, next=following, totals=totals)


def _board(pk: int) -> str | None:
    return written("brd", pk) if pk else None


def _numbers(sums: Mapping[str, Any]) -> dict[str, Any]:
    """From the sums to what is shown: unknown stays unknown, and no day at all is nothing final."""
    final = 0 < sums["rows"] == sums["final_rows"]
    return {metric.name: summed(metric, sums) for metric in DAILY} | {"final": final}
