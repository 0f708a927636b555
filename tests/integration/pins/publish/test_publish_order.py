"""Who goes first: fairness, quota, and the line after an outage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import health, quota
from accounts.models import PinterestAccount, Workspace
from pins.models import Attempt, Pin, Status
from pins.publish import dispatch
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_crowd_of_one_account_does_not_delay_another(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.config(limits=None)
    simulator.person("maren", boards=[{"name": "Rooms"}])
    other = factories.connect(workspace, simulator, "maren")
    picture = factories.make_media(workspace)
    for _ in range(150):
        queue.publish_now(factories.make_pin(workspace, account, picture=picture), now=timezone.now())
    few = [factories.make_pin(workspace, other, picture=picture) for _ in range(3)]
    for pin in few:
        queue.publish_now(pin, now=timezone.now())
    first = [claim.attempt for claim in dispatch.claim(now=timezone.now())]
    assert len(first) > len(few)
    theirs = {pk: place for place, pk in enumerate(first)}
    mine = Attempt.objects.filter(pin__in=few).values_list("pk", flat=True)
    assert max(theirs[pk] for pk in mine) <= 2 * len(few)
    for _ in range(3):  # no more of the crowd before some are sent
        first += [claim.attempt for claim in dispatch.claim(now=timezone.now())]
    assert len(first) <= dispatch.OPEN_PER_ACCOUNT + len(few)


def test_what_pinterests_quota_does_not_take_waits_with_its_reason(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    quota.pause(account, "org_write", timedelta(seconds=50))
    pins = [factories.make_pin(workspace, account, picture=factories.make_media(workspace)) for _ in range(2)]
    for pin in pins:
        queue.publish_now(pin, now=timezone.now())
    assert dispatch.claim(now=timezone.now()) == []
    for pin in map(fresh, pins):
        assert (pin.status, pin.stated.code) == (Status.SCHEDULED, "quota")
        assert pin.next_try_at is not None
        assert timedelta(seconds=20) < pin.next_try_at - timezone.now() <= timedelta(seconds=50)
    assert not [call for call in simulator.calls() if call["method"] == "POST"]


def test_a_quota_that_is_used_up_after_the_claim_puts_the_pin_back(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    quota.pause(account, "org_write", timedelta(seconds=30))
    assert publishing.send(claim.attempt) == Outcome.PUT_OFF
    assert fresh(due_pin).reason_code == "quota"
    assert simulator.pins() == []


@pytest.fixture
def after_an_outage(workspace: Workspace, account: PinterestAccount) -> tuple[datetime, list[Pin]]:
    """Nobody dispatched for 26 hours; four Pins were due: one long ago, three within the last hour."""
    now = timezone.now()
    start = now - timedelta(hours=26)
    dispatch.claim(now=start)
    picture = factories.make_media(workspace)
    pins = []
    for hours in (25, 0.9, 0.6, 0.3):
        pin = factories.make_pin(workspace, account, picture=picture)
        queue.schedule(pin, at=now - timedelta(hours=hours), now=start)
        pins.append(pin)
    return now, pins


def test_after_an_outage_overdue_pins_leave_one_by_one(
    after_an_outage: tuple[datetime, list[Pin]], simulator: Simulator
) -> None:
    now, (ancient, first, second, third) = after_an_outage
    assert send_all() == [Outcome.DONE]
    assert fresh(first).status == Status.PUBLISHED
    assert (fresh(second).reason_code, fresh(third).reason_code) == ("after_outage", "after_outage")
    waits = [pin.due_at - now for pin in map(fresh, (second, third)) if pin.due_at]
    assert [round(wait / timedelta(minutes=1)) for wait in waits] == [5, 10]
    assert (fresh(ancient).status, fresh(ancient).reason_code) == (Status.SCHEDULED, "overdue")
    assert dispatch.claim(now=now + timedelta(minutes=4)) == []
    assert len(dispatch.claim(now=now + timedelta(minutes=6))) == 1


def test_what_is_older_than_a_day_waits_for_a_person(
    after_an_outage: tuple[datetime, list[Pin]], simulator: Simulator
) -> None:
    _, (ancient, *_) = after_an_outage
    send_all()
    queue.publish_now(fresh(ancient), now=timezone.now())
    assert send_all() == [Outcome.DONE]
    assert fresh(ancient).status == Status.PUBLISHED


def test_what_was_claimed_before_an_outage_stands_in_line_with_the_others(
    workspace: Workspace, account: PinterestAccount, clock: Time
) -> None:
    pins = [factories.make_pin(workspace, account, picture=factories.make_media(workspace)) for _ in range(3)]
    for pin in pins:
        queue.publish_now(pin, now=clock())
    assert len(dispatch.claim(now=clock())) == len(pins)
    clock.passes(3600)
    assert len(dispatch.claim(now=clock())) == 1
    assert [fresh(pin).reason_code for pin in pins] == ["", "after_outage", "after_outage"]
    clock.passes(26 * 3600)
    assert dispatch.claim(now=clock()) == []
    assert [fresh(pin).reason_code for pin in pins] == ["overdue"] * 3


def test_what_waited_for_its_account_before_an_outage_is_not_late_because_of_it(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    health.hold(account, code="spam", message="Pinterest says spam.", now=clock())
    for _ in range(30 * 60 // 9):  # minutes
        assert dispatch.claim(now=clock()) == []
        clock.passes(9 * 60)
    clock.passes(3600)  # without anybody
    assert dispatch.claim(now=clock()) == []
    health.release(account, now=clock())
    assert send_all(clock) == [Outcome.DONE]


def test_who_moves_a_pin_while_the_line_is_made_is_heard(
    workspace: Workspace, account: PinterestAccount
) -> None:
    now = timezone.now()
    dispatch.claim(now=now - timedelta(hours=2))
    pins = [factories.make_pin(workspace, account, picture=factories.make_media(workspace)) for _ in range(2)]
    for pin in pins:
        queue.schedule(pin, at=now - timedelta(hours=1), now=now - timedelta(hours=2))
    moved, later = pins[1], now + timedelta(days=7)

    def move() -> None:
        try:
            queue.schedule(fresh(moved), at=later, now=now)
        finally:
            connection.close()

    person = threading.Thread(target=move)

    def meanwhile(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if "CASE WHEN" in sql and sql.startswith("UPDATE") and person.ident is None:
            person.start()
            person.join(1)  # if it needn't wait for the line
        return execute(sql, *args)

    with connection.execute_wrapper(meanwhile):
        dispatch.claim(now=now)
    person.join()
    assert (fresh(moved).publish_at, fresh(moved).due_at) == (later, later)


def test_a_short_silence_is_no_outage(workspace: Workspace, account: PinterestAccount) -> None:
    now = timezone.now()
    dispatch.claim(now=now - timedelta(minutes=9))
    for minutes in (8, 7):
        pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
        queue.schedule(pin, at=now - timedelta(minutes=minutes), now=now - timedelta(minutes=9))
    assert len(dispatch.claim(now=now)) == 2
