"""A hold means now: what was handed to the senders stays here when its account may publish no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from accounts import closing, connect, health, quota
from accounts.models import Health, PinterestAccount, Workspace
from accounts.pinterest.types import TokenGrant
from pins.live import changes, execute
from pins.models import Attempt, LiveState, Pin, Status
from pins.publish import dispatch, outcome, reconcile, senders
from pins.publish.once import Outcome
from pins.publish.turns import Turns
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, send_all
from tests.support.waiting import PATIENCE, wait_until
from tests.support.windows import counted

pytestmark = pytest.mark.django_db(transaction=True)

POST = {"method": "POST", "path": "/v5/pins$"}
SPAM = {"code": 8, "message": "Sorry! We blocked this because it looks like spam."}


def leaves(sql: str, table: str) -> bool:
    return sql.startswith(f'UPDATE "{table}"') and '"sent_at" = ' in sql


@contextmanager
def around(
    table: str, *, before: Callable[[], object] = bool, after: Callable[[], object] = bool
) -> Iterator[None]:
    """Do something in the instant before, or after, the statement that lets a call leave."""

    def meanwhile(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        departs = leaves(sql, table)
        if departs:
            before()
        answer = execute(sql, *args)
        if departs:
            after()
        return answer

    with connection.execute_wrapper(meanwhile):
        yield


def grant_of(simulator: Simulator) -> TokenGrant:
    given = simulator.grant()
    return TokenGrant(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        expires_in=given["expires_in"],
        refresh_expires_in=given["refresh_token_expires_in"],
        scopes=tuple(given["scope"].replace(",", " ").split()),
    )


def hold(account: PinterestAccount) -> None:
    health.hold(account, code="spam", message="Pinterest says spam.", now=timezone.now())


def disconnect(account: PinterestAccount) -> None:
    connect.disconnect(account, now=timezone.now())


def end_grant(account: PinterestAccount) -> None:
    health.needs_reconnect(account, now=timezone.now())


def delete_workspace(account: PinterestAccount) -> None:
    closing.begin(account.workspace, now=timezone.now())


def mark_as_deleted(account: PinterestAccount) -> None:
    Workspace.objects.filter(pk=account.workspace_id).update(deleting_since=timezone.now())


STOPS: dict[Callable[[PinterestAccount], None], str] = {
    hold: "spam",
    end_grant: "needs_reconnect",
    disconnect: "disconnected",
    delete_workspace: "disconnected",
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_stops_an_account_stops_the_pin_that_is_about_to_leave(
    stop: Callable[[PinterestAccount], None], due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    mine = PinterestAccount.objects.get(pk=account.pk)
    with around("pins_attempt", before=lambda: stop(mine)):
        assert publishing.send(claim.attempt) == Outcome.PUT_OFF
    assert simulator.pins() == []
    pin, attempt = fresh(due_pin), Attempt.objects.get(pk=claim.attempt)
    assert (pin.status, pin.reason_code, attempt.sent_at) == (Status.SCHEDULED, STOPS[stop], None)
    assert set(counted(account)) == {0}  # what the call would have cost was given back


def test_a_workspace_that_is_being_deleted_publishes_nothing(due_pin: Pin, simulator: Simulator) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    account = PinterestAccount.objects.get(pins=due_pin)
    with around("pins_attempt", before=lambda: mark_as_deleted(account)):
        assert publishing.send(claim.attempt) == Outcome.PUT_OFF
    assert simulator.pins() == []


def test_a_pin_that_was_got_ready_with_an_earlier_connection_goes_again_with_the_new_one(
    due_pin: Pin, workspace: Workspace, simulator: Simulator
) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    owner = workspace.members.first()
    assert owner is not None

    def connect_anew() -> None:
        connect.finish(workspace, owner, grant_of(simulator), now=timezone.now())

    with around("pins_attempt", before=connect_anew):
        assert publishing.send(claim.attempt) == Outcome.PUT_OFF
    assert simulator.pins() == []
    assert fresh(due_pin).reason_code == "connected_anew"
    assert send_all() == [Outcome.DONE]


def test_a_renewal_stops_nobody(due_pin: Pin, account: PinterestAccount, simulator: Simulator) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    mine = PinterestAccount.objects.filter(pk=account.pk)
    with around("pins_attempt", before=lambda: mine.update(token_version=F("token_version") + 1)):
        assert publishing.send(claim.attempt) == Outcome.DONE


def test_a_call_that_lingers_after_its_departure_looks_again(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    (claim,) = dispatch.claim(now=clock())

    def linger() -> None:
        hold(PinterestAccount.objects.get(pk=account.pk))
        clock.passes(1)

    with around("pins_attempt", after=linger):
        assert publishing.send(claim.attempt, clock=clock) == Outcome.PUT_OFF
    assert simulator.pins() == []
    assert (fresh(due_pin).status, fresh(due_pin).reason_code) == (Status.SCHEDULED, "spam")


def test_a_call_that_lingers_while_nothing_is_held_leaves(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    (claim,) = dispatch.claim(now=clock())
    with around("pins_attempt", after=lambda: clock.passes(1)):
        assert publishing.send(claim.attempt, clock=clock) == Outcome.DONE


@pytest.mark.postgres
def test_a_hold_that_is_not_committed_yet_is_waited_for(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    """A look at a snapshot would see the account as it was, and the call would begin after the hold."""
    (claim,) = dispatch.claim(now=timezone.now())
    found: list[Outcome | None] = []

    def work() -> None:
        try:
            found.append(publishing.send(claim.attempt))
        finally:
            connections.close_all()

    sender = threading.Thread(target=work)
    with transaction.atomic():
        hold(PinterestAccount.objects.get(pk=account.pk))
        sender.start()
        wait_until(lambda: waiting_for_a_lock("UPDATE") or found, what="the sender to reach its departure")
        assert found == []
    sender.join(20)
    assert found == [Outcome.PUT_OFF]
    assert simulator.pins() == []


def waiting_for_a_lock(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it would stay as it was
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database() AND query LIKE %s",
            [f"{statement}%"],
        )
        (number,) = cursor.fetchone()
    return bool(number)


@pytest.mark.postgres
def test_of_a_hundred_pins_due_together_none_leaves_after_the_hold_that_one_answer_brought(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that other senders are calling for in that very instant go out: fewer than there are senders."""
    simulator.config(limits=None, latency_ms=50)
    picture = factories.make_media(workspace)
    now = timezone.now()
    for _ in range(100):
        queue.publish_now(factories.make_pin(workspace, account, picture=picture), now=now)
    # The calls that connected it count in the safety net's second.
    wait_until(lambda: quota.room(account, "org_write").left == 100, what="a second without a call")
    claims = dispatch.claim(now=timezone.now())
    assert len(claims) == 100
    stands = threading.Event()
    left: list[bool] = []  # of each call: did the hold stand already, committed, when it left?

    def watched(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        held = stands.is_set()
        answer = execute(sql, params, many, context)
        if leaves(sql, "pins_attempt") and context["cursor"].rowcount:
            left.append(held)
        if sql.startswith('UPDATE "accounts_pinterestaccount"') and '"health" = ' in sql:
            stands.set()
        return answer

    simulator.fault("status", **POST, times=1, status=429, body=SPAM)
    since = simulator.mark()
    with ThreadPoolExecutor(senders.THREADS, initializer=lambda: watching(watched)) as pool:
        monkeypatch.setattr(senders, "_turns", Turns(pool, of_one=senders.THREADS))
        for _, bundle in dispatch.together(claims):
            senders.hand_over(bundle)
        wait_until(senders.is_idle, what="all senders to be done")
        together = threading.Barrier(len(pool._threads))
        for _ in pool._threads:
            pool.submit(close_together, together)
    account.refresh_from_db()
    posts = [call for call in simulator.calls(since) if call["method"] == "POST"]
    print(f"{len(posts) - 1} POSTs beside the one called spam, {left.count(True)} begun after the hold")
    assert account.health == Health.HELD
    assert (len(left), left.count(True)) == (len(posts), 0)
    out = Pin.objects.filter(status=Status.PUBLISHED).count()
    assert Pin.objects.filter(status=Status.SCHEDULED).count() == 100 - out
    assert not Pin.objects.filter(status=Status.SCHEDULED, reason_message="").exists()


def watching(wrapper: Callable[..., Any]) -> None:
    connection.execute_wrappers.append(wrapper)


def close_together(barrier: threading.Barrier) -> None:
    """Each thread its own connection."""
    barrier.wait(PATIENCE)
    connections.close_all()


# Changes of what is on Pinterest, and Pins that go again -----------------------------------------------


@pytest.fixture
def published(due_pin: Pin) -> Pin:
    assert send_all() == [Outcome.DONE]
    return fresh(due_pin)


@pytest.mark.parametrize("stop", [hold, end_grant, disconnect, delete_workspace])
def test_what_stops_an_account_stops_a_change_that_is_about_to_leave(
    stop: Callable[[PinterestAccount], None],
    published: Pin,
    account: PinterestAccount,
    simulator: Simulator,
    clock: Time,
) -> None:
    change = changes.change(published, given={"title": "Another title"}, user=None, now=clock())
    assert change is not None
    mine = PinterestAccount.objects.get(pk=account.pk)
    with around("pins_livechange", before=lambda: stop(mine)):
        assert execute.carry_out(change.pk, clock=clock) == Outcome.PUT_OFF
    change.refresh_from_db()
    assert (change.state, change.sent_at) == (LiveState.WAITING, None)
    assert simulator.pins()[0]["title"] == published.title
    if stop is hold:
        health.release(mine, now=clock())
        clock.passes(60)
        assert [execute.carry_out(pk, clock=clock) for pk in execute.due(clock())] == [Outcome.DONE]


def test_a_change_that_lingers_after_its_departure_looks_again(
    published: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    change = changes.delete(published, user=None, now=clock())

    def linger() -> None:
        hold(PinterestAccount.objects.get(pk=account.pk))
        clock.passes(1)

    with around("pins_livechange", after=linger):
        assert execute.carry_out(change.pk, clock=clock) == Outcome.PUT_OFF
    assert len(simulator.pins()) == 1


def test_what_a_person_sends_again_waits_for_the_hold(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_before", **POST, times=1)
    (claim,) = dispatch.claim(now=clock())
    assert publishing.send(claim.attempt, clock=clock) == Outcome.IN_DOUBT
    outcome.ask(Attempt.objects.get(pk=claim.attempt), "unreadable", "Is it there?")
    reconcile.post_again(fresh(due_pin), now=clock())
    (again,) = dispatch.claim(now=clock())
    with around("pins_attempt", before=lambda: hold(PinterestAccount.objects.get(pk=account.pk))):
        assert publishing.send(again.attempt, clock=clock) == Outcome.PUT_OFF
    assert dispatch.claim(now=clock()) == []
    assert simulator.pins() == []
    account.refresh_from_db()
    health.release(account, now=clock())
    assert send_all(clock) == [Outcome.DONE]


# Connecting while the workspace goes -------------------------------------------------------------------


def test_connecting_revives_nothing_of_a_workspace_that_is_being_deleted(
    due_pin: Pin, workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    owner = workspace.members.first()
    assert owner is not None
    closing.begin(workspace, now=timezone.now())
    with pytest.raises(connect.WorkspaceGone):
        connect.finish(workspace, owner, grant_of(simulator), now=timezone.now())
    account.refresh_from_db()
    assert (account.health, bool(account.access_token)) == (Health.DISCONNECTED, False)
    assert dispatch.claim(now=timezone.now()) == []


@pytest.mark.postgres
def test_who_connects_in_the_instant_of_a_deletion_comes_before_it_or_after_it(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    owner = workspace.members.first()
    assert owner is not None
    found: list[str] = []

    def work() -> None:
        try:
            connect.finish(workspace, owner, grant_of(simulator), now=timezone.now())
            found.append("connected")
        except connect.WorkspaceGone:
            found.append("gone")
        finally:
            connections.close_all()

    person = threading.Thread(target=work)
    with transaction.atomic():
        closing.begin(workspace, now=timezone.now())
        person.start()
        wait_until(
            lambda: waiting_for_a_lock("SELECT") or found, what="the person to come back from Pinterest"
        )
    person.join(20)
    assert found == ["gone"]
    account.refresh_from_db()
    assert account.health == Health.DISCONNECTED
