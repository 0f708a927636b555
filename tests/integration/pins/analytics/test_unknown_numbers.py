"""A number that Pinterest leaves out is unknown, not 0: in rows, pages, sums, the export and the API."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts import api_tokens
from accounts.models import PinterestAccount, User, Workspace
from accounts.pinterest.types import DailyNumbers
from pins.analytics import charts, figures, pull, rows
from pins.models import DailyMetric, Pin, Status
from pins.rules import metrics
from tests.conftest import SignIn
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

NUMBERS = ("impressions", "pin_clicks", "outbound_clicks", "saves")
MISSING: list[dict[str, Any]] = [{"value": None}, {}, {"value": "n/a"}, {"value": True}]


def stored(pin: Pin) -> list[Any]:
    return list(DailyMetric.objects.filter(pin=pin).order_by("day").values())


def read(account: PinterestAccount, *, days: int = 0) -> None:
    assert pull.pull(account, now=timezone.now() + timedelta(days=days)).read == 1


@pytest.mark.parametrize("how", MISSING, ids=["null", "missing", "text", "bool"])
def test_it_is_null_never_final_and_asked_for_again(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator, how: dict[str, Any]
) -> None:
    simulator.fault("unknown", path="/analytics", metrics=["OUTBOUND_CLICK"], **how)
    read(account)
    first = stored(old_pin)
    assert len(first) >= 19
    assert {row["outbound_clicks"] for row in first} == {None}
    assert {row["final"] for row in first} == {False}
    assert sum(row["impressions"] for row in first) > 0
    simulator.no_faults()
    read(account, days=2)
    second = stored(old_pin)
    assert None not in {row["outbound_clicks"] for row in second}
    assert [row["final"] for row in second][:15] == [True] * 15


def test_nothing_known_of_a_ready_day_is_nothing_final(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.fault("unknown", path="/analytics")
    read(account)
    assert {row[name] for row in stored(old_pin) for name in (*NUMBERS, "final")} == {None, False}
    assert figures.totals(old_pin) == []


def test_an_unchanged_reading_writes_nothing(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    """All days are asked for again: yesterday's numbers would be as old as today's."""
    simulator.fault("unknown", path="/analytics", metrics=["SAVE"])
    read(account)
    before = stored(old_pin)
    read(account, days=2)
    settled = len(before) - 2  # the two latest days still grow
    assert stored(old_pin)[:settled] == before[:settled]


def told(pin: Pin, status: str, *numbers: int | None) -> None:
    """Pinterest's word of one day."""
    wires = {metric.name: metric.wire for metric in metrics.DAILY}
    said = dict(zip((wires[name] for name in NUMBERS), numbers, strict=True))
    day = DailyNumbers((timezone.now() - timedelta(days=9)).date(), status, said)
    rows.store({pin: [day]}, video=False, now=timezone.now())


def test_a_known_number_is_not_forgotten(old_pin: Pin) -> None:
    told(old_pin, "ESTIMATE", 100, 4, 3, 2)
    told(old_pin, "READY", 110, 5, None, 2)
    (row,) = stored(old_pin)
    assert [row[name] for name in NUMBERS] == [110, 5, 3, 2]
    assert row["final"] is False
    told(old_pin, "READY", 110, 5, 0, 2)
    (row,) = stored(old_pin)
    assert (row["outbound_clicks"], row["final"]) == (0, True)


def test_the_database_takes_no_final_day_with_a_hole(old_pin: Pin) -> None:
    with pytest.raises(IntegrityError, match="final_numbers_are_known"):
        make(old_pin, date(2026, 3, 1), final=True, saves=None)


def make(pin: Pin, day: date, *, final: bool = False, **numbers: int | None) -> DailyMetric:
    assert pin.account is not None
    whole: dict[str, Any] = dict.fromkeys(NUMBERS, 1) | numbers
    return DailyMetric.objects.create(
        pin=pin, account=pin.account, day=day, final=final, read_at=timezone.now(), **whole
    )


@pytest.fixture
def published(workspace: Workspace, offline: PinterestAccount) -> Pin:
    """For three days, the second of which lacks its clicks."""
    today = timezone.now().date()
    pin = factories.make_pin(
        workspace, offline, status=Status.PUBLISHED, publish_at=timezone.now() - timedelta(days=3)
    )
    for back, clicks in ((3, 5), (2, None), (1, 7)):
        make(pin, today - timedelta(days=back), outbound_clicks=clicks)
    return pin


def test_charts_have_a_gap_and_sums_pass_it_over(published: Pin, workspace: Workspace) -> None:
    today = timezone.now().date()
    chart: Any = charts.pin_chart(published, last=today, days=28)
    lines = {line["name"]: line["values"] for line in chart["series"]}
    assert lines["Outbound clicks"] == [5, None, 7, None]
    figure = figures.figures(workspace, last=today, days=7)[2]
    assert figure.series == (None, None, None, 5, None, 7, None)
    assert (figure.total, figure.before) == (12, None)
    assert figures.totals(published)[2].number == 12


def test_pages_say_it_with_a_dash(
    published: Pin, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    DailyMetric.objects.update(outbound_clicks=None)
    client = client_of(alice)
    page = re.sub(r">\s+<", "><", client.get(f"/pins/{published.pk}/").text)
    assert 'Outbound clicks</p><p class="figure mt-1">–</p>' in page
    assert 'Impressions</p><p class="figure mt-1">3</p>' in page
    home = client.get("/").text
    assert home.count('<span class="figure">–</span>') == 1


def test_the_api_answers_null_and_totals_pass_it_over(published: Pin, alice: User, client_of: SignIn) -> None:
    _, plain = api_tokens.issue(alice, published.workspace, name="test")
    headers = {"Authorization": f"Bearer {plain}"}

    def numbers(path: str) -> Any:
        return client_of(alice).get(f"/api/v1/{path}", headers=headers).json()

    for path in (f"pins/pin_{published.pk}/metrics", "metrics?group=day"):
        answer = numbers(path)
        assert [row["outbound_clicks"] for row in answer["items"]] == [5, None, 7]
        assert answer["totals"]["outbound_clicks"] == 12
        assert answer["totals"]["final"] is False
    DailyMetric.objects.update(outbound_clicks=None)
    for group in ("day", "board", "pin"):
        answer = numbers(f"metrics?group={group}")
        assert {row["outbound_clicks"] for row in answer["items"]} == {None}
        assert answer["totals"]["outbound_clicks"] is None


def test_the_export_leaves_it_out(published: Pin, alice: User, client_of: SignIn) -> None:
    answer: Any = client_of(alice).get("/pins/export/")
    archive = zipfile.ZipFile(BytesIO(answer.getvalue()))
    rows = json.loads(archive.read("daily_numbers.json"))
    assert [row["outbound_clicks"] for row in rows] == [5, None, 7]
