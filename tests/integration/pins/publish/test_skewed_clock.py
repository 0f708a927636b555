"""The database's clock is minutes ahead of Pinterest's, or behind: all is found, nothing goes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts import calls, skew
from accounts.models import ClockReading, PinterestAccount, User, Workspace
from pins.live import library
from pins.models import Attempt, Notification, NotificationKind, Origin, Pin, Receipt, Status
from pins.notifications import notify
from pins.publish import reconcile
from pins.publish.once import Outcome
from tests.conftest import Time
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)

POST = {"method": "POST", "path": "/v5/pins$"}
ODD = {"method": "GET", "path": "/user_account$"}


def answers(account: PinterestAccount, times: int = 1) -> None:
    """Any answers of Pinterest's."""
    for _ in range(times):
        calls.fresh_client(account, now=timezone.now()).user_account()


def ahead(account: PinterestAccount) -> float:
    """Seconds, as agreed on."""
    agreed = skew._standing(account.api_url, timezone.now()).agreed
    assert agreed
    assert agreed.highest - agreed.lowest < 30
    return agreed.highest


@pytest.mark.parametrize("behind", [0, 130, 180, 540, 3600])
def test_a_pin_whose_answer_was_lost_is_found_however_far_behind_pinterests_clock_is(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time, behind: int
) -> None:
    simulator.config(clock_offset_seconds=-behind)
    simulator.fault("drop_after", **POST, times=1)
    assert send_all(clock) == [Outcome.IN_DOUBT]
    reconcile_all(clock, seconds=180)
    (made,) = simulator.pins()
    assert (fresh(due_pin).status, fresh(due_pin).pinterest_id) == (Status.PUBLISHED, made["id"])


def test_what_was_not_made_is_sent_again_while_clocks_are_three_minutes_apart(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.config(clock_offset_seconds=-180)
    simulator.fault("drop_before", **POST, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=180)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


@pytest.mark.parametrize("seconds", [-660, 660])
def test_beyond_ten_minutes_nothing_is_taken_for_absent(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time, seconds: int
) -> None:
    simulator.config(clock_offset_seconds=seconds)
    simulator.fault("drop_before", **POST, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=900)
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.PUBLISHING, "checking")
    assert skew.DOUBT in pin.reason_message
    assert simulator.pins() == []
    hours = reconcile.ASK_AFTER + timedelta(minutes=1)
    times = ("started_at", "sent_at", "look_at")
    Attempt.objects.update(**{name: F(name) - hours for name in times})
    reconcile_all(clock, seconds=6)
    assert (fresh(due_pin).status, fresh(due_pin).reason_code) == (Status.NEEDS_REVIEW, "unreadable")
    simulator.config(clock_offset_seconds=0)
    answers(account, skew.VOTERS)
    clock.passes(900)
    reconcile_all(clock, seconds=60)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_the_library_leaves_alone_what_a_lost_answer_may_have_made(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.config(clock_offset_seconds=-180)
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert library.sync(account, clock=clock).new == 0
    reconcile_all(clock, seconds=60)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert not Pin.objects.filter(origin=Origin.FOUND).exists()


def test_the_library_finds_nothing_new_while_clocks_are_too_far_apart_and_an_answer_is_lost(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.config(clock_offset_seconds=-7200)
    old = {"board": "Slow mornings", "title": "Old", "created_at": "2026-01-02T03:04:05Z"}
    simulator.person(pins=[old])
    simulator.fault("drop_before", **POST, times=1)
    send_all(clock)
    assert library.sync(account, clock=clock).new == 0
    Attempt.objects.all().delete()
    assert library.sync(account, clock=clock).new == 1


def test_one_odd_answer_changes_nothing(
    account: PinterestAccount, simulator: Simulator, client: Client
) -> None:
    simulator.fault(
        "status",
        **ODD,
        times=1,
        body={"id": "1", "username": "a"},
        status=200,
        headers={"Date": dated(-3600)},
    )
    answers(account)
    assert ClockReading.objects.count() == 2  # of connecting, and the odd one
    answers(account)
    assert abs(ahead(account)) < 30
    now = timezone.now()
    assert (skew.doubt(account.api_url, now=now), skew.alarm(now=now)) == ("", "")
    assert skew.reach(account.api_url, since=now, now=now) == timedelta(seconds=skew.MOST)  # no harm in that


def dated(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    "date", ["soon", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 GMT", ""]
)
def test_a_date_that_can_not_be_read_is_none(
    account: PinterestAccount, simulator: Simulator, date: str
) -> None:
    known = ClockReading.objects.count()
    simulator.fault("status", **ODD, body={"id": "1", "username": "a"}, status=200, headers={"Date": date})
    answers(account)
    assert ClockReading.objects.count() == known


def test_while_answers_agree_hardly_anything_is_written(
    account: PinterestAccount, simulator: Simulator, django_assert_num_queries: Any
) -> None:
    answers(account)
    known = ClockReading.objects.count()
    with django_assert_num_queries(0):
        answers(account, 3)
    assert ClockReading.objects.count() == known == 1


def test_operators_are_told_while_clocks_differ_and_not_longer(
    account: PinterestAccount, workspace: Workspace, simulator: Simulator, client: Client
) -> None:
    olga = factories.make_user("olga@example.com")
    User.objects.filter(pk=olga.pk).update(is_staff=True)
    simulator.config(clock_offset_seconds=-180)
    answers(account, skew.VOTERS)
    red = client.get("/readyz").json()["red"]["clock"]
    assert red == "The database’s clock is 3 minutes ahead of Pinterest’s: Pins leave that much too early."
    notify.tell(now=timezone.now())
    notify.tell(now=timezone.now())
    told = Notification.objects.get(kind=NotificationKind.CLOCK)
    assert told.message == f"{red} Set the clock of the database’s machine right, by NTP say."
    assert told.workspace is None
    assert set(Receipt.objects.filter(notification=told).values_list("user", flat=True)) == {olga.pk}
    simulator.config(clock_offset_seconds=900)
    answers(account, skew.VOTERS)
    assert skew.alarm(now=timezone.now()) == skew.BEHIND.format(by="15 minutes") + skew.NO_PROOF
    simulator.config(clock_offset_seconds=0)
    answers(account, skew.VOTERS)
    assert "clock" not in client.get("/readyz").json()["red"]
    notify.tell(now=timezone.now())
    told.refresh_from_db()
    assert told.resolved_at
    assert told.get_absolute_url() == "/admin/"
    assert told.cure


def test_readings_are_forgotten_after_two_days(account: PinterestAccount, simulator: Simulator) -> None:
    ClockReading.objects.update(read_at=timezone.now() - skew.KEPT - timedelta(minutes=1))
    skew._known.clear()
    answers(account)
    assert ClockReading.objects.count() == 1
