from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Board, PinterestAccount, Workspace
from pins.models import DailyMetric, Pin, Status
from tests.integration.api.conftest import Caller
from tests.support import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)


def numbers(pin: Pin, day: date, impressions: int, **more: Any) -> DailyMetric:
    assert pin.account is not None
    return DailyMetric.objects.create(
        pin=pin,
        account=pin.account,
        day=day,
        impressions=impressions,
        read_at=timezone.now(),
        **{"final": True, "pin_clicks": 0, "outbound_clicks": 0, "saves": 0} | more,
    )


@pytest.fixture
def lamps(shop: PinterestAccount, board: Board) -> Board:
    return factories.make_board(shop, name="Lamps")


@pytest.fixture
def vase(workspace: Workspace, shop: PinterestAccount, board: Board) -> Pin:
    return factories.make_pin(workspace, shop, status=Status.PUBLISHED, board=board)


@pytest.fixture
def lamp(workspace: Workspace, shop: PinterestAccount, lamps: Board) -> Pin:
    return factories.make_pin(workspace, shop, status=Status.PUBLISHED, board=lamps)


@pytest.fixture
def found_pin(workspace: Workspace, shop: PinterestAccount, lamp: Pin) -> Pin:
    return factories.make_pin(workspace, shop, status=Status.PUBLISHED, board=None)


def row(impressions: int, **more: Any) -> dict[str, Any]:
    rest = {"pin_clicks": 0, "outbound_clicks": 0, "saves": 0, "video_views": None, "avg_watch_ms": None}
    return {"impressions": impressions, **rest, "final": True} | more


def test_by_day_board_and_pin(as_vera: Caller, vase: Pin, lamp: Pin, found_pin: Pin) -> None:
    numbers(vase, DAY, 10, pin_clicks=1, outbound_clicks=2, saves=3)
    numbers(lamp, DAY, 5, final=False)
    numbers(lamp, DAY + timedelta(days=1), 7)
    numbers(found_pin, DAY + timedelta(days=2), 100)
    query = "metrics?from=2026-03-01&to=2026-03-03"
    days = as_vera.get(query).body
    clicks = {"pin_clicks": 1, "outbound_clicks": 2, "saves": 3}
    assert days["items"] == [
        row(15, day="2026-03-01", final=False, **clicks),
        row(7, day="2026-03-02"),
        row(100, day="2026-03-03"),
    ]
    assert days["next"] is None
    assert days["totals"] == row(122, final=False, **clicks)
    boards = as_vera.get(f"{query}&group=board").body
    assert boards["items"] == [
        row(100, board=None),
        row(10, board=f"brd_{vase.board_id}", **clicks),
        row(12, board=f"brd_{lamp.board_id}", final=False),
    ]
    pins = as_vera.get(f"{query}&group=pin").body
    assert pins["items"] == [
        row(10, pin=f"pin_{vase.pk}", **clicks),
        row(12, pin=f"pin_{lamp.pk}", final=False),
        row(100, pin=f"pin_{found_pin.pk}"),
    ]
    assert days["totals"] == boards["totals"] == pins["totals"]


def test_both_ends_are_in(as_vera: Caller, vase: Pin) -> None:
    for offset in range(5):
        numbers(vase, DAY + timedelta(days=offset), 1)
    for path in ("metrics", f"pins/pin_{vase.pk}/metrics"):
        answer = as_vera.get(f"{path}?from=2026-03-02&to=2026-03-04").body
        assert [one["day"] for one in answer["items"]] == ["2026-03-02", "2026-03-03", "2026-03-04"]
        assert answer["totals"]["impressions"] == 3


def test_video_numbers_are_null_while_unknown_and_averages_are_weighted(
    as_vera: Caller, vase: Pin, lamp: Pin
) -> None:
    numbers(vase, DAY, 1, video_views=100, avg_watch_ms=1000)
    numbers(lamp, DAY, 1, video_views=300, avg_watch_ms=2000)
    numbers(lamp, DAY + timedelta(days=1), 1, video_views=0, avg_watch_ms=0)
    numbers(vase, DAY + timedelta(days=2), 1)
    answer = as_vera.get("metrics?from=2026-03-01&to=2026-03-09").body
    videos = [(one["video_views"], one["avg_watch_ms"]) for one in answer["items"]]
    assert videos == [(400, 1750), (0, None), (None, None)]
    assert (answer["totals"]["video_views"], answer["totals"]["avg_watch_ms"]) == (400, 1750)


def test_nothing_known_is_nothing_final(as_vera: Caller, vase: Pin) -> None:
    answer = as_vera.get("metrics").body
    assert answer == {"items": [], "next": None, "totals": row(0, final=False)}


def test_without_dates(as_vera: Caller, vase: Pin) -> None:
    today = timezone.now().date()
    for offset in (0, 29, 30, 400):
        numbers(vase, today - timedelta(days=offset), 1)
    assert as_vera.get("metrics").body["totals"]["impressions"] == 2
    assert as_vera.get(f"pins/pin_{vase.pk}/metrics").body["totals"]["impressions"] == 4


@pytest.mark.parametrize("group", ["day", "board", "pin"])
def test_pages(as_vera: Caller, workspace: Workspace, shop: PinterestAccount, group: str) -> None:
    for offset in range(5):
        board = factories.make_board(shop, name=str(offset))
        pin = factories.make_pin(workspace, shop, status=Status.PUBLISHED, board=board)
        numbers(pin, DAY + timedelta(days=offset), 2**offset)
    seen, totals = [], []
    address = f"metrics?from=2026-03-01&to=2026-03-31&limit=2&group={group}"
    while address:
        page = as_vera.get(address.removeprefix("http://localhost:8000")).body
        seen += [one["impressions"] for one in page["items"]]
        totals.append(page["totals"]["impressions"])
        address = page["next"] or ""
    assert (seen, totals) == ([1, 2, 4, 8, 16], [31] * 3)


def test_a_cursor_of_another_grouping_is_refused(as_vera: Caller, vase: Pin, lamp: Pin) -> None:
    numbers(vase, DAY, 1)
    numbers(lamp, DAY, 1)
    query = "metrics?from=2026-03-01&to=2026-03-31&limit=1"
    following = as_vera.get(f"{query}&group=pin").body["next"]
    answer = as_vera.get(following.removeprefix("http://localhost:8000").replace("group=pin", "group=board"))
    assert (answer.status, list(answer.fields)) == (422, ["cursor"])


def test_another_workspaces_numbers_are_not_ours(as_charlie: Caller, vase: Pin) -> None:
    numbers(vase, DAY, 1)
    assert as_charlie.get("metrics?from=2026-03-01&to=2026-03-31").body["totals"]["impressions"] == 0
    assert as_charlie.get(f"pins/pin_{vase.pk}/metrics").status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-02&to=2026-03-01", "to"),
        ("from=2026-02-30", "from"),
        ("to=20260301", "to"),
        ("to=2026-03-01T00:00:00Z", "to"),
        ("from=0000-01-01", "from"),
        ("from=٢٠٢٦-٠٣-٠١", "from"),
        ("group=week", "group"),
        ("group=", "group"),
        ("cursor=bWV0cmljcy1kYXk6MjAyNi0wMi0zMA", "cursor"),  # metrics-day:2026-02-30
    ],
)
def test_periods_that_make_no_sense(as_vera: Caller, query: str, field: str) -> None:
    answer = as_vera.get(f"metrics?{query}")
    assert (answer.status, list(answer.fields)) == (422, [field])


@pytest.mark.parametrize("query", ["to=0001-01-01", "from=9999-12-31", "to=2101-01-01", "from=1969-12-31"])
def test_days_beyond_all_that_can_be_are_refused_with_words(as_vera: Caller, query: str) -> None:
    answer = as_vera.get(f"metrics?{query}")
    assert (answer.status, list(answer.fields)) == (422, [query.partition("=")[0]])
    assert "Use a date from 1970 to 2100" in str(answer.fields)


@pytest.mark.parametrize("query", ["from=1970-01-01&to=2100-12-31", "to=1970-01-01", "to=2100-12-31"])
def test_the_ends_of_the_time_that_is_known(as_vera: Caller, query: str) -> None:
    assert as_vera.get(f"metrics?{query}").status == 200
