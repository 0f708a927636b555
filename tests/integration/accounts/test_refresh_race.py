"""Many workers need a fresh token in the same instant; Pinterest hears of it once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts import calls, renewal
from accounts.models import Health, PinterestAccount
from accounts.pinterest import errors, oauth
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def ending(account: PinterestAccount) -> None:
    PinterestAccount.objects.filter(pk=account.pk).update(access_expires_at=timezone.now())


def at_once(count: int, work: Callable[[], str]) -> list[str]:
    """Run in as many threads, all past the barrier before any begins."""
    barrier = threading.Barrier(count)
    results: list[str] = []

    def run() -> None:
        try:
            barrier.wait()
            results.append(work())
        except Exception as error:
            results.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    return results


def ask(pk: int) -> str:
    account = PinterestAccount.objects.get(pk=pk)
    client = calls.fresh_client(account, now=timezone.now(), deadline=PATIENCE)
    return client.user_account().username


def is_asking(account: PinterestAccount) -> bool:
    return PinterestAccount.objects.filter(pk=account.pk, refreshing_until__isnull=False).exists()


def token_calls(simulator: Simulator) -> int:
    return sum(call["path"].endswith("/oauth/token") for call in simulator.calls())


def test_only_one_of_many_renews_and_all_get_the_new_token(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.fault("slow", path="/oauth/token", seconds=0.5)
    ending(account)

    results = at_once(12, lambda: ask(account.pk))

    assert results == ["alderandoat"] * 12
    assert token_calls(simulator) == 1
    account.refresh_from_db()
    assert account.token_version == 2
    assert account.refreshing_until is None


def test_nobody_asks_a_dead_grant_twice(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.kill_tokens("refresh")
    simulator.fault("slow", path="/oauth/token", seconds=0.3)
    ending(account)

    results = at_once(8, lambda: ask(account.pk))

    assert results == ["NeedsReconnect"] * 8
    assert token_calls(simulator) == 1


def test_the_lease_of_a_worker_that_was_killed_runs_out(
    account: PinterestAccount, simulator: Simulator
) -> None:
    """Killed before it asked: the refresh token is still good, and the next in line uses it."""
    ending(account)
    began = time.monotonic()
    PinterestAccount.objects.filter(pk=account.pk).update(
        refreshing_until=timezone.now() + timedelta(seconds=1)
    )

    results = at_once(4, lambda: ask(account.pk))

    assert results == ["alderandoat"] * 4
    assert time.monotonic() - began > 0.8
    assert token_calls(simulator) == 1


def test_who_waits_too_long_gives_up_without_harm(
    account: PinterestAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "REFRESH_PATIENCE", 0.3)
    ending(account)
    PinterestAccount.objects.filter(pk=account.pk).update(
        refreshing_until=timezone.now() + timedelta(hours=1)
    )
    account.refresh_from_db()

    with pytest.raises(errors.Unavailable, match="Another worker"):
        calls.fresh_client(account, now=timezone.now())
    account.refresh_from_db()
    assert account.is_active


def test_a_reconnect_during_a_renewal_wins(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.fault("slow", path="/oauth/token", seconds=0.8)
    ending(account)
    outcome: list[str] = []
    slow = threading.Thread(target=lambda: outcome.extend(at_once(1, lambda: ask(account.pk))))
    slow.start()
    wait_until(lambda: is_asking(account), what="the renewal to begin")
    again = factories.connect(account.workspace, simulator)
    slow.join()

    account.refresh_from_db()
    assert outcome == ["alderandoat"]
    assert account.token_version == again.token_version == 2
    assert account.access_token.reveal() == again.access_token.reveal()
    assert account.refreshing_until is None


def test_a_pair_that_arrives_after_the_lease_cures_what_a_second_asker_had_concluded(
    account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first asker stalls past its lease; the second uses the dead token and is told no.

    The first then stores the pair it was given, which is proof that the grant lives.
    """
    ending(account)
    stored = renewal._store
    stalled, release = threading.Event(), threading.Event()

    def stall(*args: object) -> None:
        stalled.set()
        release.wait(PATIENCE)
        stored(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(renewal, "_store", stall)
    first: list[str] = []
    thread = threading.Thread(target=lambda: first.extend(at_once(1, lambda: ask(account.pk))))
    thread.start()
    assert stalled.wait(PATIENCE)
    PinterestAccount.objects.filter(pk=account.pk).update(refreshing_until=timezone.now())
    assert at_once(1, lambda: ask(account.pk)) == ["NeedsReconnect"]
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    release.set()
    thread.join()

    account.refresh_from_db()
    assert first == ["alderandoat"]
    assert account.is_active
    assert account.token_version == 2


def test_no_transaction_is_open_while_pinterest_is_asked(
    account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    refresh = oauth.refresh

    def look(*args: object, **kwargs: object) -> object:
        seen.append(connection.in_atomic_block)
        return refresh(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(oauth, "refresh", look)
    ending(account)

    assert ask(account.pk) == "alderandoat"
    assert seen == [False]


def test_the_lease_holds_though_its_caller_began_long_ago(
    account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading boards takes minutes, and its token may end meanwhile."""
    simulator.kill_tokens("access")
    held: list[bool] = []
    refresh = oauth.refresh

    def look(*args: object, **kwargs: object) -> object:
        lease = PinterestAccount.objects.get(pk=account.pk).refreshing_until
        held.append(lease is not None and lease > timezone.now())
        return refresh(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(oauth, "refresh", look)
    began = timezone.now() - timedelta(minutes=10)
    calls.ask(account, lambda client: client.user_account(), now=began)
    assert held == [True]


def test_a_database_that_goes_away_before_the_new_pair_is_stored_loses_no_connection(
    account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinterest has killed the old pair: the new one is all there is."""
    refresh = oauth.refresh

    def then_break(*args: object, **kwargs: object) -> object:
        pair = refresh(*args, **kwargs)  # type: ignore[arg-type]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (mine,) = cursor.fetchone()
        at_once(1, lambda: end_connection(mine))
        return pair

    monkeypatch.setattr(oauth, "refresh", then_break)
    ending(account)
    assert ask(account.pk) == "alderandoat"
    account.refresh_from_db()
    assert (account.token_version, account.refreshing_until) == (2, None)


def end_connection(pid: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    return ""
