"""From due to published, through the real client and the simulator over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise

import pytest
import requests
from django.utils import timezone
from PIL import Image

from accounts.models import Health, PinterestAccount, Workspace
from pins import dispatch, publish, reconcile, schedule
from pins.errors import WrongState
from pins.models import Attempt, AttemptState, Pin, Status
from tests import factories
from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due_pin(workspace: Workspace, account: PinterestAccount) -> Pin:
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    schedule.publish_now(pin, now=timezone.now())
    return pin


def send_all() -> list[AttemptState | None]:
    return [publish.send(claim.attempt) for claim in dispatch.claim(now=timezone.now())]


def fresh(pin: Pin) -> Pin:
    return Pin.objects.with_parts().get(pk=pin.pk)


def test_a_due_pin_is_published_once_with_its_prepared_image(due_pin: Pin, simulator: Simulator) -> None:
    assert send_all() == [AttemptState.SUCCEEDED]
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
    schedule.publish_now(pin, now=timezone.now())
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
    assert publish.send(claim.attempt) == AttemptState.SUCCEEDED
    assert publish.send(claim.attempt) is None
    assert len(simulator.pins()) == 1


def test_nothing_is_claimed_before_its_time(workspace: Workspace, account: PinterestAccount) -> None:
    now = timezone.now()
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    schedule.schedule(pin, at=now + timedelta(seconds=30), now=now)
    assert dispatch.claim(now=now) == []
    assert len(dispatch.claim(now=now + timedelta(seconds=16))) == 1


def test_a_claimed_pin_waits_for_its_exact_time(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    at = timezone.now() + timedelta(seconds=1)
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    schedule.schedule(pin, at=at, now=timezone.now())
    send_all()
    sent = Attempt.objects.get().sent_at
    assert sent is not None
    assert timedelta(0) <= sent - at < timedelta(seconds=1)
    (live,) = simulator.pins()
    created = datetime.fromisoformat(live["created_at"])
    assert created.replace(tzinfo=created.tzinfo or UTC) >= at - timedelta(seconds=1)


# What Pinterest answers, and what becomes of the Pin -------------------------------------------------


def test_a_lost_answer_needs_review_and_is_never_sent_again(due_pin: Pin, simulator: Simulator) -> None:
    simulator.fault("drop_after", method="POST", path="/v5/pins$", times=1)
    assert send_all() == [AttemptState.UNKNOWN]
    assert fresh(due_pin).status == Status.NEEDS_REVIEW
    later = timezone.now() + timedelta(hours=2)
    assert dispatch.claim(now=later) == []
    reconcile.sweep(now=later)
    assert len(simulator.pins()) == 1
    with pytest.raises(WrongState):
        schedule.retry(fresh(due_pin), now=later)


@pytest.mark.parametrize("rule", [{"kind": "garble"}, {"kind": "status", "status": 500, "commit": True}])
def test_a_garbled_answer_or_a_5xx_is_unknown(
    due_pin: Pin, simulator: Simulator, rule: dict[str, object]
) -> None:
    simulator.control("faults", rule | {"method": "POST", "path": "/v5/pins$", "times": 1})
    assert send_all() == [AttemptState.UNKNOWN]
    assert fresh(due_pin).reason_code == "unknown_outcome"


def test_a_rate_limit_puts_the_pin_back_until_retry_after(due_pin: Pin, simulator: Simulator) -> None:
    simulator.fault(
        "status",
        method="POST",
        path="/v5/pins$",
        times=1,
        status=429,
        body={"code": 8, "message": "This request exceeded a rate limit."},
        headers={"Retry-After": "7"},
    )
    before = timezone.now()
    assert send_all() == [AttemptState.DEFERRED]
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "rate_limited")
    assert pin.next_try_at is not None
    assert timedelta(seconds=6) < pin.next_try_at - before < timedelta(seconds=9)
    assert dispatch.claim(now=before - timedelta(seconds=10)) == []
    assert [publish.send(c.attempt) for c in dispatch.claim(now=pin.next_try_at)] == [AttemptState.SUCCEEDED]
    assert len(simulator.pins()) == 1


def test_a_refusal_fails_the_pin_with_pinterests_words_and_its_request_id(
    due_pin: Pin, simulator: Simulator
) -> None:
    simulator.fault(
        "status",
        method="POST",
        path="/v5/pins$",
        times=1,
        status=400,
        body={"code": 1, "message": "The link is not welcome here."},
        headers={"x-pinterest-rid": "rid-4711"},
    )
    assert send_all() == [AttemptState.REFUSED]
    pin = fresh(due_pin)
    assert pin.status == Status.FAILED
    assert "not welcome" in pin.reason_message
    attempt = pin.attempts.get()
    assert (attempt.http_status, attempt.code) == (400, "1")
    assert attempt.request_id
    schedule.retry(pin, now=timezone.now())
    assert send_all() == [AttemptState.SUCCEEDED]


def test_a_trial_app_holds_the_account_and_release_lets_the_pin_go(
    due_pin: Pin, simulator: Simulator
) -> None:
    simulator.control("config", {"tier": "trial"})
    assert send_all() == [AttemptState.DEFERRED]
    pin = fresh(due_pin)
    assert pin.account is not None
    assert (pin.status, pin.account.health) == (Status.SCHEDULED, Health.HELD)
    assert "Trial" in pin.reason_message
    assert dispatch.claim(now=timezone.now()) == []
    from accounts import connect

    simulator.control("config", {"tier": "standard"})
    connect.release(pin.account, now=timezone.now())
    assert send_all() == [AttemptState.SUCCEEDED]


def test_spam_holds_the_account_and_nothing_is_retried(due_pin: Pin, simulator: Simulator) -> None:
    simulator.fault(
        "status",
        method="POST",
        path="/v5/pins$",
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
    simulator.control("tokens", {"username": "alderandoat", "kill": ["access"]})
    assert send_all() == [AttemptState.DEFERRED]
    assert send_all() == [AttemptState.SUCCEEDED]
    assert len(simulator.pins()) == 1


def test_a_dead_grant_asks_for_a_reconnect_and_reconnecting_resumes(
    due_pin: Pin, simulator: Simulator, workspace: Workspace
) -> None:
    simulator.control("tokens", {"username": "alderandoat", "kill": ["access", "refresh"]})
    send_all()
    pin = fresh(due_pin)
    assert pin.account is not None
    assert (pin.status, pin.account.health) == (Status.SCHEDULED, Health.NEEDS_RECONNECT)
    factories.connect(workspace, simulator)
    assert send_all() == [AttemptState.SUCCEEDED]


def test_a_server_that_cannot_be_reached_puts_the_pin_back(
    workspace: Workspace, settings: pytest.FixtureRequest
) -> None:
    # Port 9 on loopback: nobody listens.
    settings.PINTEREST_API_URL = "http://127.0.0.1:9/v5"  # type: ignore[attr-defined]
    account = factories.make_account(workspace)
    factories.make_board(account)
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    schedule.publish_now(pin, now=timezone.now())
    assert send_all() == [AttemptState.DEFERRED]
    assert (fresh(pin).status, fresh(pin).reason_code) == (Status.SCHEDULED, "unavailable")


def test_tries_come_further_and_further_apart(workspace: Workspace, settings: pytest.FixtureRequest) -> None:
    settings.PINTEREST_API_URL = "http://127.0.0.1:9/v5"  # type: ignore[attr-defined]
    account = factories.make_account(workspace)
    factories.make_board(account)
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    now = timezone.now()
    schedule.publish_now(pin, now=now)
    waits = []
    for _ in range(4):
        (claim,) = dispatch.claim(now=now)
        publish.send(claim.attempt, clock=lambda at=now: at)  # type: ignore[misc]
        due_at = fresh(pin).due_at
        assert due_at is not None
        waits.append((due_at - now).total_seconds())
        now = due_at
    assert all(later > earlier for earlier, later in pairwise(waits))


# What is not sent at all -----------------------------------------------------------------------------


def test_a_pin_whose_image_is_still_processing_waits_for_it(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    picture = factories.make_media(workspace, ready=False)
    pin = factories.make_pin(workspace, account, picture=picture)
    schedule.publish_now(pin, now=timezone.now())
    assert send_all() == [AttemptState.DEFERRED]
    assert fresh(pin).reason_code == "media_processing"
    from pins import media

    media.prepare(picture.pk)
    due_at = fresh(pin).due_at
    assert due_at is not None
    assert [publish.send(c.attempt) for c in dispatch.claim(now=due_at)] == [AttemptState.SUCCEEDED]
    assert len(simulator.pins()) == 1


def test_a_board_that_vanished_meanwhile_fails_the_pin_without_a_call(
    due_pin: Pin, simulator: Simulator
) -> None:
    assert due_pin.board is not None
    due_pin.board.vanished_at = timezone.now()
    due_pin.board.save()
    assert send_all() == [AttemptState.REFUSED]
    assert fresh(due_pin).reason_code == "board_vanished"
    assert not [c for c in simulator.calls() if c["method"] == "POST" and c["path"] == "/v5/pins"]


# What nobody finished --------------------------------------------------------------------------------


def test_a_claim_whose_worker_died_is_queued_again_and_published_once(
    due_pin: Pin, simulator: Simulator
) -> None:
    now = timezone.now()
    (claim,) = dispatch.claim(now=now)
    later = now + dispatch.LEASE + timedelta(seconds=1)
    assert reconcile.sweep(now=later) == 1
    assert fresh(due_pin).status == Status.SCHEDULED
    assert publish.send(claim.attempt) is None  # the late message
    assert [publish.send(c.attempt) for c in dispatch.claim(now=later)] == [AttemptState.SUCCEEDED]
    assert len(simulator.pins()) == 1


def test_a_worker_that_died_after_sending_leaves_the_pin_for_review(due_pin: Pin) -> None:
    now = timezone.now()
    (claim,) = dispatch.claim(now=now)
    Attempt.objects.advance(
        claim.attempt, AttemptState.CLAIMED, AttemptState.SENT, sent_at=now, lease_until=now + publish.LEASE
    )
    assert reconcile.sweep(now=now + timedelta(seconds=10)) == 0
    assert reconcile.sweep(now=now + publish.LEASE + timedelta(seconds=1)) == 1
    assert fresh(due_pin).status == Status.NEEDS_REVIEW


def test_an_answer_that_comes_after_the_sweeper_still_counts(due_pin: Pin, simulator: Simulator) -> None:
    (claim,) = dispatch.claim(now=timezone.now())
    attempt = Attempt.objects.select_related("pin").get(pk=claim.attempt)
    Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.SENT)
    publish.lose(attempt, reconcile.NO_ANSWER, now=timezone.now())
    from accounts.pinterest.types import Pin as LivePin

    publish.succeed(attempt, LivePin(id="123"), now=timezone.now())
    pin = fresh(due_pin)
    assert (pin.status, pin.pinterest_id) == (Status.PUBLISHED, "123")


@pytest.mark.parametrize(
    "verb", [schedule.unschedule, lambda pin: schedule.publish_now(pin, now=timezone.now())]
)
def test_a_pin_on_its_way_can_not_be_moved(due_pin: Pin, verb: Callable[[Pin], None]) -> None:
    dispatch.claim(now=timezone.now())
    with pytest.raises(WrongState):
        verb(fresh(due_pin))


def test_the_picture_pinterest_gets_is_the_crop_around_the_focal_point(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    """A wide picture, red on the left and blue on the right; focused left, the Pin is red."""
    from pins import media

    wide = Image.new("RGB", (3000, 1500), "blue")
    wide.paste("red", (0, 0, 1500, 1500))
    raw = BytesIO()
    wide.save(raw, "PNG")
    picture = media.accept(
        workspace,
        upload=factories.upload(raw.getvalue(), "wide.png"),
        name="wide.png",
        user=None,
        now=timezone.now(),
    )
    media.prepare(picture.pk)
    picture.refresh_from_db()
    media.refocus(picture, x=0.1, y=0.5, now=timezone.now())
    media.prepare(picture.pk)
    pin = factories.make_pin(workspace, account, picture=picture)
    schedule.publish_now(pin, now=timezone.now())
    send_all()
    live = requests.get(
        f"{account.api_url}/pins/{fresh(pin).pinterest_id}",
        headers={"Authorization": f"Bearer {account.access_token.reveal()}"},
        timeout=10,
    ).json()
    shown = Image.open(BytesIO(requests.get(live["media"]["images"]["600x"]["url"], timeout=10).content))
    red, _, blue = shown.convert("RGB").getpixel((300, 450))  # type: ignore[misc]
    assert red > 200 > 60 > blue
