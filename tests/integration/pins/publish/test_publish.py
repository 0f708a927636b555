"""From due to published, through the real client and the simulator over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
import requests
from django.db import OperationalError, connection, connections
from django.utils import timezone
from PIL import Image

from accounts import health, quota
from accounts.models import Health, PinterestAccount, Workspace
from accounts.pinterest import transport
from pins.errors import WrongState
from pins.media import framing, intake, preparing
from pins.models import Attempt, Pin, Status
from pins.models.media import Framing
from pins.publish import dispatch, publication, senders
from pins.publish.once import Outcome
from pins.publish.turns import Turns
from pins.rules import reasons
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, send_all

pytestmark = pytest.mark.django_db(transaction=True)

POST = {"method": "POST", "path": "/v5/pins$"}


@pytest.fixture
def due_pin(workspace: Workspace, account: PinterestAccount) -> Pin:
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.publish_now(pin, now=timezone.now())
    return pin


def test_a_due_pin_is_published_once_with_its_prepared_image(due_pin: Pin, simulator: Simulator) -> None:
    assert send_all() == [Outcome.DONE]
    pin = fresh(due_pin)
    (live,) = simulator.pins()
    assert (pin.status, pin.pinterest_id) == (Status.PUBLISHED, live["id"])
    assert (live["title"], live["link"]) == (pin.title, pin.link)
    assert (live["width"], live["height"]) == (1000, 1500)
    assert pin.published_at is not None
    assert pin.publish_at is not None
    assert pin.published_at >= pin.publish_at
    assert pin.attempts.get().request_id  # what Pinterest's support asks for


def test_a_pin_for_a_section_lands_in_that_section(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    from accounts import boards

    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    section = board.sections.get()
    pin = factories.make_pin(
        workspace, account, picture=factories.make_media(workspace), board=board, section=section
    )
    queue.publish_now(pin, now=timezone.now())
    send_all()
    (live,) = simulator.pins()
    assert live["board_section_id"] == section.pinterest_id


def test_two_dispatchers_claim_a_pin_once(due_pin: Pin) -> None:
    now = timezone.now()
    assert len(dispatch.claim(now=now)) == 1
    assert dispatch.claim(now=now) == []
    assert Attempt.objects.count() == 1


def test_a_second_delivery_of_the_same_message_does_nothing(due_pin: Pin, simulator: Simulator) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    assert publishing.send(claim.attempt) == Outcome.DONE
    assert publishing.send(claim.attempt) is None
    assert len(simulator.pins()) == 1


def test_nothing_is_claimed_before_its_time(workspace: Workspace, account: PinterestAccount) -> None:
    now = timezone.now()
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.schedule(pin, at=now + timedelta(seconds=30), now=now)
    assert dispatch.claim(now=now) == []
    assert len(dispatch.claim(now=now + timedelta(seconds=16))) == 1


def test_a_claimed_pin_waits_for_its_exact_time(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    at = timezone.now() + timedelta(seconds=1)
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.schedule(pin, at=at, now=timezone.now())
    send_all()
    sent = Attempt.objects.get().sent_at
    assert sent is not None
    assert sent >= at  # how soon afterwards: `make bench`
    (live,) = simulator.pins()
    created = datetime.fromisoformat(live["created_at"])
    assert created.replace(tzinfo=created.tzinfo or UTC) >= at - timedelta(seconds=1)


def test_the_connection_stands_before_the_time_has_come(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handshake with a server far away takes as long as a Pin may be late."""
    opened: list[datetime] = []
    connect_there = transport._Clocked._new_conn

    def noted(connection: transport._Clocked) -> socket.socket:
        opened.append(timezone.now())
        return connect_there(connection)

    monkeypatch.setattr(transport._Clocked, "_new_conn", noted)
    transport.shared_session.cache_clear()  # with all connections that are open already
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    notice = publication.TOO_EARLY - timedelta(seconds=0.2)  # as long as may be, for a busy machine
    queue.schedule(pin, at=timezone.now() + notice, now=timezone.now())
    assert send_all() == [Outcome.DONE]
    (at,) = opened
    pin = fresh(pin)
    assert pin.publish_at is not None
    assert at < pin.publish_at - timedelta(seconds=0.3)


def test_a_clock_that_is_put_back_while_a_pin_waits_for_its_time_holds_no_sender(due_pin: Pin) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    looks = 0

    def put_back() -> datetime:
        nonlocal looks
        looks += 1
        return timezone.now() - (timedelta() if looks < 3 else timedelta(hours=1))

    found: list[Outcome | None] = []

    def work() -> None:
        try:
            found.append(publishing.send(claim.attempt, clock=put_back))
        finally:
            connection.close()

    sender = threading.Thread(target=work, daemon=True)
    sender.start()
    sender.join(10)
    assert found == [None]
    assert publishing.send(claim.attempt) == Outcome.DONE  # the clock was put right


# What Pinterest answers, and what becomes of the Pin -------------------------------------------------


def test_a_rate_limit_puts_the_pin_back_until_retry_after(due_pin: Pin, simulator: Simulator) -> None:
    simulator.fault(
        "status",
        **POST,
        times=1,
        status=429,
        body={"code": 8, "message": "This request exceeded a rate limit."},
        headers={"Retry-After": "7"},
    )
    before = timezone.now()
    assert send_all() == [Outcome.PUT_OFF]
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "rate_limited")
    assert "asks this account for a pause" in pin.reason_message
    assert pin.attempts.get().message == "This request exceeded a rate limit."
    assert pin.next_try_at is not None
    assert pin.next_try_at - before > timedelta(seconds=6)
    assert pin.next_try_at - timezone.now() <= timedelta(seconds=8)
    assert dispatch.claim(now=before - timedelta(seconds=10)) == []
    assert dispatch.claim(now=timezone.now()) == []


def test_a_refusal_fails_the_pin_with_pinterests_words_and_its_request_id(
    due_pin: Pin, simulator: Simulator
) -> None:
    simulator.fault(
        "status",
        **POST,
        times=1,
        status=400,
        body={"code": 1, "message": "The link is not welcome here."},
        headers={"x-pinterest-rid": "rid-4711"},
    )
    assert send_all() == [Outcome.REFUSED]
    pin = fresh(due_pin)
    assert pin.status == Status.FAILED
    words = "Pinterest refused the link: “The link is not welcome here.” Change it, then retry."
    assert pin.reason_message == words
    attempt = pin.attempts.get()
    assert (attempt.http_status, attempt.code) == (400, "1")
    assert attempt.request_id
    queue.retry(pin, now=timezone.now())
    assert send_all() == [Outcome.DONE]


def test_a_trial_app_holds_the_account_and_release_lets_the_pin_go(
    due_pin: Pin, simulator: Simulator
) -> None:
    simulator.config(tier="trial")
    assert send_all() == [Outcome.PUT_OFF]
    pin = fresh(due_pin)
    assert pin.account is not None
    assert (pin.status, pin.account.health) == (Status.SCHEDULED, Health.HELD)
    assert "Trial" in pin.reason_message
    assert dispatch.claim(now=timezone.now()) == []
    simulator.config(tier="standard")
    health.release(pin.account, now=timezone.now())
    assert send_all() == [Outcome.DONE]


def test_spam_holds_the_account_and_nothing_is_retried(due_pin: Pin, simulator: Simulator) -> None:
    simulator.fault(
        "status",
        **POST,
        times=1,
        status=429,
        body={"code": 8, "message": "Sorry! We blocked this because it looks like spam."},
    )
    send_all()
    pin = fresh(due_pin)
    assert pin.account is not None
    assert (pin.account.health, pin.account.health_code) == (Health.HELD, "spam")
    assert dispatch.claim(now=timezone.now() + timedelta(days=2)) == []


def test_an_expired_token_is_renewed_and_the_pin_goes_out(due_pin: Pin, simulator: Simulator) -> None:
    simulator.kill_tokens("access")
    assert send_all() == [Outcome.PUT_OFF]
    assert send_all() == [Outcome.DONE]
    assert len(simulator.pins()) == 1


def test_a_token_that_can_not_be_renewed_just_now_ends_no_grant(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.kill_tokens("access")
    simulator.fault("status", method="POST", path="/oauth/token", status=503, times=1)
    assert send_all(clock) == [Outcome.PUT_OFF]
    assert fresh(due_pin).reason_code == "unavailable"
    clock.passes(3)
    assert send_all(clock) == [Outcome.PUT_OFF]  # renewed now
    assert send_all(clock) == [Outcome.DONE]
    assert due_pin.account is not None
    due_pin.account.refresh_from_db()
    assert due_pin.account.health == Health.ACTIVE


def test_a_dead_grant_asks_for_a_reconnect_and_reconnecting_resumes(
    due_pin: Pin, simulator: Simulator, workspace: Workspace
) -> None:
    simulator.kill_tokens("access", "refresh")
    send_all()
    pin = fresh(due_pin)
    assert pin.account is not None
    assert (pin.status, pin.account.health) == (Status.SCHEDULED, Health.NEEDS_RECONNECT)
    factories.connect(workspace, simulator)
    assert send_all() == [Outcome.DONE]


def test_a_renewal_that_an_outage_stops_ends_no_grant(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.kill_tokens("access")
    simulator.fault("status", status=503, path="/oauth/token")
    for _ in range(3):
        assert send_all() == [Outcome.PUT_OFF]
        pin = fresh(due_pin)
        assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "unavailable")
        Pin.objects.filter(pk=pin.pk).update(due_at=timezone.now())
    account.refresh_from_db()
    assert account.is_active

    simulator.no_faults()
    assert send_all() == [Outcome.PUT_OFF]  # renewed
    assert send_all() == [Outcome.DONE]


def test_a_lost_key_is_said_also_when_the_token_was_about_to_be_renewed(
    due_pin: Pin, account: PinterestAccount
) -> None:
    factories.lose_key(account)
    PinterestAccount.objects.filter(pk=account.pk).update(access_expires_at=timezone.now())
    assert send_all() == [Outcome.PUT_OFF]
    assert fresh(due_pin).reason_code == "lost_key"


def test_a_missing_permission_that_a_reconnect_has_cured_meanwhile_holds_nothing(
    due_pin: Pin, workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.fault(
        "status",
        **POST,
        times=1,
        status=403,
        body={"code": 29, "message": "Your token lacks the scopes."},
    )
    refused = False

    def reconnecting() -> datetime:
        nonlocal refused
        if not refused and any(call["status"] == 403 for call in simulator.calls()):
            refused = True
            factories.connect(workspace, simulator)
        return timezone.now()

    (claim,) = dispatch.claim(now=timezone.now())
    assert publishing.send(claim.attempt, clock=reconnecting) == Outcome.PUT_OFF
    assert refused
    assert send_all() == [Outcome.DONE]


@pytest.mark.parametrize("said", ["Nul \\u0000here.", "Half \\ud83dhere."])
def test_words_of_pinterests_that_no_database_keeps(due_pin: Pin, simulator: Simulator, said: str) -> None:
    body = f'{{"code": 1, "message": "{said}"}}'
    simulator.fault("status", **POST, status=400, body=body)
    assert send_all() == [Outcome.REFUSED]
    assert "here." in fresh(due_pin).reason_message


def test_a_server_that_cannot_be_reached_puts_the_pin_back(
    workspace: Workspace, settings: pytest.FixtureRequest
) -> None:
    # Port 9 on loopback: nobody listens.
    settings.PINTEREST_API_URL = "http://127.0.0.1:9/v5"  # type: ignore[attr-defined]
    account = factories.make_account(workspace)
    factories.make_board(account)
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.publish_now(pin, now=timezone.now())
    assert send_all() == [Outcome.PUT_OFF]
    assert (fresh(pin).status, fresh(pin).reason_code) == (Status.SCHEDULED, "unavailable")
    assert fresh(pin).reason_message == reasons.UNREACHABLE


def test_tries_come_further_and_further_apart(workspace: Workspace, settings: pytest.FixtureRequest) -> None:
    settings.PINTEREST_API_URL = "http://127.0.0.1:9/v5"  # type: ignore[attr-defined]
    account = factories.make_account(workspace)
    factories.make_board(account)
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    now = timezone.now()
    queue.publish_now(pin, now=now)
    waits = []
    for _ in range(4):
        (claim,) = dispatch.claim(now=now)
        publishing.send(claim.attempt, clock=lambda at=now: at)  # type: ignore[misc]
        due_at = fresh(pin).due_at
        assert due_at is not None
        waits.append((due_at - now).total_seconds())
        now = due_at
    assert all(later > earlier for earlier, later in pairwise(waits))


def test_a_wait_for_the_picture_makes_no_later_wait_longer(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    picture = factories.make_media(workspace, ready=False)
    pin = factories.make_pin(workspace, account, picture=picture)
    queue.publish_now(pin, now=clock())
    for _ in range(12):
        assert send_all(clock) == [Outcome.PUT_OFF]
        clock.passes(publication.MEDIA_WAIT.total_seconds() + 1)
    preparing.prepare(picture.pk)
    simulator.fault("status", **POST, status=409, times=1)
    assert send_all(clock) == [Outcome.PUT_OFF]
    pin = fresh(pin)
    assert pin.reason_code == "unavailable"
    assert pin.due_at is not None
    assert pin.due_at - clock() < timedelta(seconds=3)


# What is not sent at all -----------------------------------------------------------------------------


def test_of_all_the_times_that_it_waited_for_one_thing_the_history_keeps_the_last(
    workspace: Workspace, account: PinterestAccount
) -> None:
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace, ready=False))
    queue.publish_now(pin, now=timezone.now())
    clock = Time()
    for _ in range(4):
        assert send_all(clock) == [Outcome.PUT_OFF]
        clock.passes(6)
    (kept,) = Attempt.objects.all()
    assert kept.code == "media_processing"
    assert clock() - kept.started_at < timedelta(seconds=12)  # so long ago began the one before it


def test_a_token_that_can_not_be_renewed_is_tried_less_and_less_often(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.fault("status", path="/oauth/token", status=503)
    PinterestAccount.objects.filter(pk=account.pk).update(access_expires_at=timezone.now())
    clock, waits = Time(), []
    for _ in range(4):
        assert send_all(clock) == [Outcome.PUT_OFF]
        due_at = fresh(due_pin).due_at
        assert due_at is not None
        waits.append((due_at - clock()).total_seconds())
        clock.passes(waits[-1] + 1)
    assert all(later > earlier for earlier, later in pairwise(waits))
    assert waits[-1] > 2 * 2**3 * 0.7


def test_a_pin_whose_image_is_still_processing_waits_for_it(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    picture = factories.make_media(workspace, ready=False)
    pin = factories.make_pin(workspace, account, picture=picture)
    queue.publish_now(pin, now=timezone.now())
    assert send_all() == [Outcome.PUT_OFF]
    assert fresh(pin).reason_code == "media_processing"
    preparing.prepare(picture.pk)
    due_at = fresh(pin).due_at
    assert due_at is not None
    assert [publishing.send(c.attempt) for c in dispatch.claim(now=due_at)] == [Outcome.DONE]
    assert len(simulator.pins()) == 1


def test_a_board_that_vanished_meanwhile_fails_the_pin_without_a_call(
    due_pin: Pin, simulator: Simulator
) -> None:
    assert due_pin.board is not None
    due_pin.board.vanished_at = timezone.now()
    due_pin.board.save()
    assert send_all() == [Outcome.REFUSED]
    assert fresh(due_pin).reason_code == "board_vanished"
    assert not [c for c in simulator.calls() if c["method"] == "POST" and c["path"] == "/v5/pins"]


# What nobody finished --------------------------------------------------------------------------------


def test_a_claim_whose_message_was_lost_is_sent_on_its_way_again(due_pin: Pin, simulator: Simulator) -> None:
    now = timezone.now()
    (claim,) = dispatch.claim(now=now)
    assert dispatch.claim(now=now + dispatch.CLAIM_LEASE) == []
    later = now + dispatch.CLAIM_LEASE + timedelta(seconds=1)
    (again,) = dispatch.claim(now=later)
    assert dispatch.claim(now=later) == []
    assert again.attempt == claim.attempt
    assert [publishing.send(pk) for pk in (again.attempt, claim.attempt)] == [Outcome.DONE, None]
    assert len(simulator.pins()) == 1


def test_a_message_that_met_no_database_does_not_hide_those_that_come_after_it(
    due_pin: Pin, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (claim,) = dispatch.claim(now=timezone.now())

    def away(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(senders, "_turns", Turns(pool, of_one=1))
        with connection.execute_wrapper(away), pytest.raises(OperationalError):
            senders.hand_over([claim.attempt])
        senders.hand_over([claim.attempt])
        pool.submit(connections.close_all)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_claim_of_an_account_that_is_held_meanwhile_is_not_sent(due_pin: Pin, simulator: Simulator) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    assert due_pin.account is not None
    health.hold(due_pin.account, code="spam", message="Pinterest says spam.", now=timezone.now())
    assert publishing.send(claim.attempt) == Outcome.PUT_OFF
    assert (fresh(due_pin).status, fresh(due_pin).reason_code) == (Status.SCHEDULED, "spam")
    assert simulator.pins() == []


# Fairness, quota, and what follows an outage ---------------------------------------------------------


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


def test_claims_due_at_the_same_moment_share_a_message() -> None:
    now = timezone.now()
    etas = [now, now, now + timedelta(milliseconds=90), now + timedelta(milliseconds=110)]
    claims = [dispatch.Claim(number, eta) for number, eta in enumerate(etas)]
    assert list(dispatch.together(claims)) == [(now, [0, 1, 2]), (etas[3], [3])]
    crowd = [dispatch.Claim(number, now) for number in range(20)]
    assert [len(bundle) for _, bundle in dispatch.together(crowd)] == [8, 8, 4]
    assert list(dispatch.together([])) == []


@pytest.mark.parametrize("verb", [queue.unschedule, lambda pin: queue.publish_now(pin, now=timezone.now())])
def test_a_pin_on_its_way_can_not_be_moved(due_pin: Pin, verb: Callable[[Pin], None]) -> None:
    dispatch.claim(now=timezone.now())
    with pytest.raises(WrongState):
        verb(fresh(due_pin))


def test_the_picture_pinterest_gets_is_the_crop_around_the_focal_point(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    """A wide picture, red on the left and blue on the right; focused left, the Pin is red."""
    wide = Image.new("RGB", (3000, 1500), "blue")
    wide.paste("red", (0, 0, 1500, 1500))
    raw = BytesIO()
    wide.save(raw, "PNG")
    picture = intake.accept(
        workspace,
        upload=factories.upload(raw.getvalue(), "wide.png"),
        name="wide.png",
        user=None,
        now=timezone.now(),
    )
    preparing.prepare(picture.pk)
    picture.refresh_from_db()
    framing.reframe(picture, Framing(focal=(0.1, 0.5)), now=timezone.now())
    preparing.prepare(picture.pk)
    pin = factories.make_pin(workspace, account, picture=picture)
    queue.publish_now(pin, now=timezone.now())
    send_all()
    live = requests.get(
        f"{account.api_url}/pins/{fresh(pin).pinterest_id}",
        headers={"Authorization": f"Bearer {account.access_token.reveal()}"},
        timeout=10,
    ).json()
    shown = Image.open(BytesIO(requests.get(live["media"]["images"]["600x"]["url"], timeout=10).content))
    red, _, blue = shown.convert("RGB").getpixel((300, 450))  # type: ignore[misc]
    assert red > 200 > 60 > blue


def test_an_answer_that_names_another_pin_of_ours_is_shown_to_people(
    due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    """Somebody has linked it by hand. Sent again, it would be there twice."""
    holder = factories.make_pin(due_pin.workspace, account, status=Status.PUBLISHED)

    def as_it_is_linked() -> datetime:
        """Asked for between Pinterest's answer and its writing down."""
        for pin in simulator.pins():
            Pin.objects.filter(pk=holder.pk).update(pinterest_id=pin["id"])
        return timezone.now()

    assert send_all(as_it_is_linked) == [Outcome.IN_DOUBT]
    pin = fresh(due_pin)
    attempt = pin.attempts.get()
    assert (pin.status, pin.reason_message) == (Status.NEEDS_REVIEW, publication.ALREADY_OURS)
    assert (attempt.http_status, attempt.look_at) == (201, None)
    assert attempt.suspect is not None
    assert attempt.suspect["id"] == simulator.pins()[0]["id"]
