"""From due to published, through the real client and the simulator over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise

import pytest
import requests
from django.db import OperationalError, connection, connections
from django.utils import timezone
from PIL import Image

from accounts import health
from accounts.models import PinterestAccount, Workspace
from accounts.pinterest import transport
from pins.errors import WrongState
from pins.media import framing, intake, preparing
from pins.models import Attempt, Pin, Status
from pins.models.media import Framing
from pins.publish import dispatch, publication, senders
from pins.publish.once import Outcome
from pins.publish.turns import Turns
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, send_all

pytestmark = pytest.mark.django_db(transaction=True)


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
