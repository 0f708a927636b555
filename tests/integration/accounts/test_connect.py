"""A connection's life against the simulator: made, renewed, held, ended."""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import boards, calls, connect, health, renewal
from accounts.models import Health, PinterestAccount, Workspace
from accounts.pinterest import errors
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


def end_soon(account: PinterestAccount) -> None:
    """As if its access token ended within the margin."""
    PinterestAccount.objects.filter(pk=account.pk).update(
        access_expires_at=timezone.now() + timedelta(minutes=1)
    )
    account.refresh_from_db()


def token_calls(simulator: Simulator) -> int:
    return sum(call["path"].endswith("/oauth/token") for call in simulator.calls())


def test_a_grant_becomes_an_account_with_sealed_tokens(account: PinterestAccount) -> None:
    assert account.username == "alderandoat"
    assert account.name == "Alder & Oat"
    assert account.is_active
    assert account.missing_scopes == []
    assert account.access_token.reveal().startswith("pina_")
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM accounts_pinterestaccount")
        stored = cursor.fetchone()
    assert not any("pina_" in word or "pinr_" in word for word in stored)


def test_a_good_token_is_used_as_it_is(account: PinterestAccount, simulator: Simulator) -> None:
    client = calls.fresh_client(account, now=timezone.now())

    assert client.user_account().username == "alderandoat"
    assert token_calls(simulator) == 0


def test_a_token_that_ends_is_renewed_before_it_is_used(
    account: PinterestAccount, simulator: Simulator
) -> None:
    old = account.refresh_token.reveal()
    end_soon(account)

    calls.fresh_client(account, now=timezone.now()).user_account()

    assert account.token_version == 2
    assert account.refresh_token.reveal() != old
    assert account.refreshing_until is None
    assert account.access_expires_at is not None
    assert account.access_expires_at > timezone.now() + timedelta(days=29)
    assert token_calls(simulator) == 1


def test_a_dead_grant_asks_for_a_reconnect_and_is_not_asked_again(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.kill_tokens("refresh")
    end_soon(account)

    for _ in range(2):
        with pytest.raises(health.NeedsReconnect, match="Reconnect @alderandoat"):
            calls.fresh_client(account, now=timezone.now())

    assert account.health == Health.NEEDS_RECONNECT
    assert token_calls(simulator) == 1


@pytest.mark.parametrize(
    "fault", [{"kind": "drop_before"}, {"kind": "status", "status": 503}, {"kind": "status", "status": 429}]
)
def test_an_outage_while_renewing_keeps_the_account_and_the_old_token(
    account: PinterestAccount, simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.fault(path="/oauth/token", **fault)
    end_soon(account)

    assert calls.fresh_client(account, now=timezone.now()).user_account().username == "alderandoat"
    assert account.is_active

    late = timezone.now() + timedelta(minutes=2)
    with pytest.raises(errors.Unavailable):
        calls.fresh_client(account, now=late)
    account.refresh_from_db()
    assert account.is_active
    assert account.refreshing_until is None


def test_a_reconnect_cures_and_replaces(account: PinterestAccount, simulator: Simulator) -> None:
    health.needs_reconnect(account, now=timezone.now())

    again = factories.connect(account.workspace, simulator)

    assert again.pk == account.pk
    assert again.is_active
    assert again.health_message == ""
    assert again.token_version == 2


def test_the_same_account_may_be_in_two_workspaces(
    account: PinterestAccount, simulator: Simulator, charlie: Any
) -> None:
    elsewhere = Workspace.objects.of(charlie).get()

    other = factories.connect(elsewhere, simulator)

    assert other.pk != account.pk
    assert other.pinterest_id == account.pinterest_id


def test_disconnecting_forgets_the_tokens_and_keeps_the_boards(account: PinterestAccount) -> None:
    count = account.boards.count()

    connect.disconnect(account, now=timezone.now())

    assert account.health == Health.DISCONNECTED
    assert not account.access_token
    assert not account.refresh_token
    assert account.boards.count() == count
    with pytest.raises(health.Disconnected):
        calls.fresh_client(account, now=timezone.now())


def test_an_account_is_never_used_at_another_address(account: PinterestAccount, settings: Any) -> None:
    settings.PINTEREST_API_URL = "https://api.pinterest.com/v5"

    with pytest.raises(health.WrongAddress, match="another address of Pinterest’s API"):
        calls.fresh_client(account, now=timezone.now())


def test_at_another_address_it_is_another_account_and_the_words_say_so(
    account: PinterestAccount, simulator: Simulator, settings: Any
) -> None:
    settings.PINTEREST_API_URL = simulator.api_url.replace("127.0.0.1", "localhost")

    other = factories.connect(account.workspace, simulator)

    assert other.pk != account.pk
    with pytest.raises(health.WrongAddress, match="choose the new account and one of its boards"):
        calls.fresh_client(account, now=timezone.now())


def test_a_hold_has_one_finder_and_one_end(account: PinterestAccount) -> None:
    now = timezone.now()

    assert health.hold(account, code="spam", message="Held.", now=now) is True
    assert health.hold(account, code="spam", message="Held.", now=now) is False
    assert (account.health, account.health_code, account.health_message) == (Health.HELD, "spam", "Held.")
    assert calls.fresh_client(account, now=now).user_account().username == "alderandoat"
    assert health.release(account, now=now) is True
    assert health.release(account, now=now) is False
    assert account.is_active


def test_a_late_finding_does_not_touch_an_account_that_was_reconnected(
    account: PinterestAccount, simulator: Simulator
) -> None:
    stale = PinterestAccount.objects.get(pk=account.pk)
    factories.connect(account.workspace, simulator)

    assert health.needs_reconnect(stale, now=timezone.now()) is False
    account.refresh_from_db()
    assert account.is_active


def test_a_hold_for_a_missing_permission_is_of_the_tokens_that_lack_it(
    account: PinterestAccount, simulator: Simulator
) -> None:
    stale = PinterestAccount.objects.get(pk=account.pk)
    factories.connect(account.workspace, simulator)

    assert health.hold(stale, code="scope", message="", now=timezone.now(), of_these_tokens=True) is False
    account.refresh_from_db()
    assert account.is_active


def test_a_401_renews_once_and_asks_again(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.kill_tokens("access")

    name = calls.ask(account, lambda client: client.user_account().username, now=timezone.now())

    assert name == "alderandoat"
    assert account.token_version == 2


def test_a_401_that_stays_asks_for_a_reconnect(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.fault("status", status=401, path="/user_account")

    with pytest.raises(health.NeedsReconnect):
        calls.ask(account, lambda client: client.user_account(), now=timezone.now())
    assert account.health == Health.NEEDS_RECONNECT


def test_tokens_that_end_within_days_are_renewed_ahead_of_time(
    account: PinterestAccount, simulator: Simulator
) -> None:
    now = timezone.now()
    assert renewal.refresh_due(now=now) == 0
    assert renewal.refresh_due(now=now + timedelta(days=24)) == 1
    account.refresh_from_db()
    assert account.token_version == 2


def test_one_account_that_fails_does_not_keep_others_from_being_renewed(
    account: PinterestAccount, simulator: Simulator
) -> None:
    other = factories.connect(account.workspace, simulator, "northlightstudio")
    simulator.kill_tokens("refresh")

    assert renewal.refresh_due(now=timezone.now() + timedelta(days=24)) == 1

    account.refresh_from_db()
    other.refresh_from_db()
    assert (account.health, other.health) == (Health.NEEDS_RECONNECT, Health.ACTIVE)


def test_one_account_whose_key_is_lost_does_not_keep_others_from_being_renewed(
    account: PinterestAccount, simulator: Simulator
) -> None:
    other = factories.connect(account.workspace, simulator, "northlightstudio")
    factories.lose_key(account)

    assert renewal.refresh_due(now=timezone.now() + timedelta(days=24)) == 1

    account.refresh_from_db()
    other.refresh_from_db()
    assert (account.health, account.refreshing_until) == (Health.ACTIVE, None)
    assert other.token_version == 2


def test_a_lost_key_is_found_also_when_the_token_was_about_to_be_renewed(
    account: PinterestAccount, simulator: Simulator
) -> None:
    factories.lose_key(account)
    end_soon(account)

    with pytest.raises(health.LostKey, match="put the old key back"):
        calls.fresh_client(account, now=timezone.now())


def test_no_token_reaches_a_log(
    account: PinterestAccount, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    end_soon(account)
    calls.fresh_client(account, now=timezone.now()).user_account()
    simulator.kill_tokens()
    with contextlib.suppress(health.AccountUnusable):
        boards.sync(account, now=timezone.now())

    written = "".join(str(record.__dict__) for record in caplog.records)
    assert "account.renewed" in written
    assert "pina_" not in written
    assert "pinr_" not in written


@pytest.mark.parametrize(
    ("url", "simulated", "expected"),
    [
        ("https://api.pinterest.com/v5", False, "production"),
        ("https://api-sandbox.pinterest.com/v5", False, "sandbox"),
        ("http://127.0.0.1:9000/v5", True, "simulator"),
        ("https://pinterest.example/v5", False, "other"),
    ],
)
def test_which_pinterest_the_settings_name(settings: Any, url: str, simulated: bool, expected: str) -> None:
    settings.PINTEREST_API_URL, settings.SIMULATOR = url, simulated
    assert connect.tier() == expected
