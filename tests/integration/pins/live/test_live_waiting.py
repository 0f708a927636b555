"""Changing and deleting Pins that are on Pinterest: what waits, for what, and how it goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts import health, quota
from accounts.models import Health, PinterestAccount, Workspace
from pins.live import execute
from pins.models import Pin
from pins.publish.once import Outcome
from tests.conftest import Time
from tests.integration.pins.live.changing import PATCH, change, sent, ticks
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_pause_that_pinterest_asks_for_is_kept(pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("status", **PATCH, status=429, headers={"Retry-After": "40"}, times=1)
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    asked.refresh_from_db()
    assert asked.code == "rate_limited"
    assert asked.next_try_at is not None
    assert timedelta(seconds=30) < asked.next_try_at - clock() < timedelta(seconds=41)


def test_a_part_of_the_quota_is_left_to_scheduled_pins(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    left = quota.room(account, "org_write").left
    assert quota.take(account, "org_write", cost=left - 10) is None
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    asked.refresh_from_db()
    assert asked.code == "quota"
    assert sent(simulator, "PATCH") == []
    assert quota.room(account, "org_write").left == 10


def test_a_held_account_holds_its_changes_too(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    asked = change(pin, clock, title="Another")
    health.hold(account, code="spam", message="Pinterest says spam.", now=clock())
    assert ticks(clock, seconds=30) == []
    assert execute.carry_out(asked.pk, clock=clock) is None
    assert sent(simulator, "PATCH") == []
    health.release(account, now=clock())
    assert ticks(clock) == [Outcome.DONE]


def test_a_hold_keeps_nobody_from_looking_what_became_of_a_call(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """A hold stops what is sent; reading goes on."""
    simulator.fault("drop_after", **PATCH, times=1)
    change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.IN_DOUBT]
    health.hold(account, code="spam", message="Pinterest says spam.", now=clock())
    assert Outcome.DONE in ticks(clock, seconds=10)
    assert fresh(pin).title == "Another"


def test_what_waits_for_its_quota_has_not_left(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """It may still be taken back, and nobody has to find out what became of it."""
    quota.pause(account, "org_write", timedelta(minutes=1))
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    asked.refresh_from_db()
    assert (asked.code, asked.sent_at) == ("quota", None)


def test_a_missing_permission_holds_the_account(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    grant = simulator.grant(scope="pins:read,boards:read")
    PinterestAccount.objects.filter(pk=account.pk).update(access_token=grant["access_token"])
    change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    account.refresh_from_db()
    assert (account.health, account.health_code) == (Health.HELD, "scope")


def test_an_expired_token_is_renewed(pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.kill_tokens("access")
    change(pin, clock, title="Another")
    assert ticks(clock, seconds=6) == [Outcome.PUT_OFF, Outcome.DONE]


def test_a_token_that_is_refused_though_it_was_just_renewed_ends_the_grant(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("status", **PATCH, status=401)
    change(pin, clock, title="Another")
    ticks(clock, seconds=30)
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    assert len(sent(simulator, "PATCH")) == 2


def test_a_renewal_that_an_outage_stops_ends_no_grant(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.kill_tokens("access")
    simulator.fault("status", status=503, path="/oauth/token")
    asked = change(pin, clock, title="Another")
    assert ticks(clock, seconds=15)[:2] == [Outcome.PUT_OFF] * 2
    asked.refresh_from_db()
    account.refresh_from_db()
    assert (account.health, asked.code) == (Health.ACTIVE, "unavailable")
    simulator.no_faults()
    assert Outcome.DONE in ticks(clock, seconds=120)


def test_a_dead_grant_asks_for_a_reconnect_and_reconnecting_resumes(
    pin: Pin, account: PinterestAccount, workspace: Workspace, simulator: Simulator, clock: Time
) -> None:
    simulator.kill_tokens("access", "refresh")
    change(pin, clock, title="Another")
    ticks(clock, seconds=6)
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    factories.connect(workspace, simulator)
    assert ticks(clock) == [Outcome.DONE]


def test_an_unreachable_pinterest_is_tried_less_and_less_often(
    pin: Pin, account: PinterestAccount, settings: Any, clock: Time
) -> None:
    nowhere = "http://127.0.0.1:9/v5"  # nobody listens there
    settings.PINTEREST_API_URL = nowhere
    PinterestAccount.objects.filter(pk=account.pk).update(api_url=nowhere)
    asked = change(pin, clock, title="Another")
    waits = []
    for _ in range(4):
        assert [execute.carry_out(pk, clock=clock) for pk in execute.due(clock())] == [Outcome.PUT_OFF]
        asked.refresh_from_db()
        waits.append((asked.due_at - clock()).total_seconds())
        clock.passes(waits[-1] + 0.1)
    assert asked.code == "unavailable"
    assert waits == sorted(waits)
