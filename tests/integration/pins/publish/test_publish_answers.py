"""What Pinterest answers to a Pin that is sent, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from accounts import health
from accounts.models import Health, PinterestAccount, Workspace
from pins.media import preparing
from pins.models import Pin, Status
from pins.publish import dispatch, publication
from pins.publish.once import Outcome
from pins.rules import reasons
from pins.schedule import queue
from tests.conftest import Time
from tests.integration.pins.publish.due_pins import POST
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, send_all

pytestmark = pytest.mark.django_db(transaction=True)


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
