"""Daily numbers: read through the real client, kept in rows that a second reading doesn't change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins import tasks
from pins.analytics import figures, pull, rows
from pins.models import DailyMetric, Pin, Status
from pins.rules import metrics
from pinsched.celery import app
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


def stored(pin: Pin) -> list[Any]:
    fields = ("day", "impressions", "pin_clicks", "outbound_clicks", "saves", "final")
    return list(DailyMetric.objects.filter(pin=pin).order_by("day").values_list(*fields))


def test_a_reading_stores_each_day_since_the_pin_was_made(old_pin: Pin, account: PinterestAccount) -> None:
    report = pull.pull(account, now=timezone.now())
    assert (report.read, report.stopped) == (1, "")
    found = stored(old_pin)
    assert found[0][0] >= (timezone.now() - timedelta(days=20)).date()
    assert len(found) >= 19
    assert sum(row[1] for row in found) > 0
    assert [row[5] for row in found][:10] == [True] * 10
    assert found[-1][5] is False  # the latest days still change


def test_reading_twice_changes_nothing(old_pin: Pin, account: PinterestAccount) -> None:
    pull.pull(account, now=timezone.now(), everything=True)
    first = stored(old_pin)
    pull.pull(account, now=timezone.now(), everything=True)
    assert stored(old_pin) == first


def test_a_pin_is_read_again_only_when_its_time_has_come(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    now = timezone.now()
    assert account.pk in pull.due_accounts(now)
    pull.pull(account, now=now)
    assert pull.due_accounts(now) == []
    assert pull.pull(account, now=now).read == 0
    assert pull.due_accounts(now + timedelta(days=1, minutes=1)) == [account.pk]


def test_a_second_reading_asks_only_from_the_first_open_day(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    now = timezone.now()
    pull.pull(account, now=now)
    pull.pull(account, now=now + timedelta(days=2))
    call = [c for c in simulator.calls() if c["path"].startswith(f"/v5/pins/{old_pin.pinterest_id}/")][-1]
    assert call["status"] == 200
    first_open = DailyMetric.objects.filter(pin=old_pin, final=False).earliest("day").day
    assert f"start_date={first_open}" in call["query"]


def test_a_final_number_is_never_replaced_by_one_that_is_not(old_pin: Pin, account: PinterestAccount) -> None:
    from accounts.pinterest.types import DailyNumbers

    day = (timezone.now() - timedelta(days=9)).date()
    final = DailyNumbers(day, "READY", {metric.wire: 100 for metric in metrics.SHOWN})
    guess = DailyNumbers(day, "ESTIMATE", {metric.wire: 7 for metric in metrics.SHOWN})
    rows.store({old_pin: [final]}, video=False, now=timezone.now())
    rows.store({old_pin: [guess]}, video=False, now=timezone.now())
    assert stored(old_pin)[0][1] == 100


def test_a_pin_deleted_on_pinterest_keeps_its_numbers_and_does_not_stop_the_others(
    old_pin: Pin, workspace: Workspace, account: PinterestAccount
) -> None:
    gone = factories.make_pin(
        workspace,
        account,
        status=Status.PUBLISHED,
        publish_at=timezone.now() - timedelta(days=30),
        pinterest_id="123456789",
        measure_at=timezone.now() - timedelta(days=30),
    )
    report = pull.pull(account, now=timezone.now())
    assert (report.read, report.failed) == (1, 1)
    gone.refresh_from_db()
    assert gone.measure_at is not None
    assert gone.measure_at > timezone.now() + timedelta(hours=20)


def test_a_rate_limit_stops_the_run_in_words_and_the_rest_stays_due(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.fault(
        "status", path="/analytics", status=429, times=None, body={"code": 8, "message": "Slow down."}
    )
    report = pull.pull(account, now=timezone.now())
    assert report.read == 0
    assert report.stopped
    assert pull.due_accounts(timezone.now()) == [account.pk]


def test_the_figures_compare_a_week_with_the_week_before(
    workspace: Workspace, account: PinterestAccount
) -> None:
    pin = factories.make_pin(workspace, account, status=Status.PUBLISHED)
    last = datetime(2027, 3, 14, tzinfo=UTC).date()
    for back in range(14):
        DailyMetric.objects.create(
            pin=pin,
            account=account,
            day=last - timedelta(days=back),
            impressions=10 if back < 7 else 4,
            read_at=timezone.now(),
        )
    impressions = figures.figures(workspace, last=last, days=7)[0]
    assert (impressions.total, impressions.before) == (70, 28)
    assert impressions.series == (10,) * 7


def test_young_pins_are_read_before_the_finds_of_years(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    now = timezone.now()
    young = factories.make_pin(
        old_pin.workspace, account, status=Status.PUBLISHED, pinterest_id="1234567", publish_at=now
    )
    Pin.objects.filter(pk=young.pk).update(measure_at=now)
    Pin.objects.filter(pk=old_pin.pk).update(measure_at=now - timedelta(hours=5))
    pull.pull(account, now=now, limit=1)
    young.refresh_from_db()
    assert young.measure_at is not None
    assert young.measure_at > now


def test_a_tick_reads_what_is_due(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    tasks.measure_due()
    assert stored(old_pin)
    calls = len(simulator.calls())
    tasks.measure_due()
    assert len(simulator.calls()) == calls  # not due again
