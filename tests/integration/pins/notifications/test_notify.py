"""What goes wrong is told once, to the right people, in the app and by mail; what is cured is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts import health
from accounts.models import Health, PinterestAccount, User, Workspace
from accounts.pinterest import errors
from pins.models import (
    AttemptState,
    Level,
    Notification,
    NotificationKind,
    Pin,
    Status,
)
from pins.publish import dispatch
from pins.schedule import queue
from tests.conftest import SignIn
from tests.integration.pins.notifications.telling import mailed_to, tick, told
from tests.support import factories, publishing
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


# A dead grant ----------------------------------------------------------------------------------------------


def test_a_dead_grant_is_told_once_and_reconnecting_publishes_what_waited(
    workspace: Workspace, alice: User, bob: User, vera: User, account: PinterestAccount, simulator: Simulator
) -> None:
    pins = [factories.make_pin(workspace, account, picture=factories.make_media(workspace)) for _ in range(3)]
    for pin in pins:
        queue.publish_now(pin, now=timezone.now())
    simulator.kill_tokens("access", "refresh")
    for claim in dispatch.claim(now=timezone.now()):
        publishing.send(claim.attempt)
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT

    for _ in range(3):
        tick()

    (notification,) = Notification.objects.all()
    assert (notification.kind, notification.account) == (NotificationKind.RECONNECT, account)
    assert notification.title == "@alderandoat needs reconnecting"
    assert "3 scheduled Pins wait" in notification.message
    assert set(notification.receipts.values_list("user", flat=True)) == {alice.pk, bob.pk, vera.pk}
    assert mailed_to() == ["alice@example.com", "bob@example.com"]  # a viewer can do nothing about it
    assert f"http://localhost:8000/notifications/{notification.pk}/" in mail.outbox[0].body
    assert notification.get_absolute_url() == f"/accounts/{account.pk}/"
    assert simulator.pins() == []

    again = factories.connect(workspace, simulator)
    assert again.pk == account.pk
    tick()
    notification.refresh_from_db()
    assert notification.resolved_at is not None
    assert len(mail.outbox) == 2

    later = timezone.now() + timedelta(hours=1)  # whatever they were put off for is over
    Pin.objects.filter(pk__in=[pin.pk for pin in pins]).update(due_at=timezone.now())
    for claim in dispatch.claim(now=timezone.now()):
        publishing.send(claim.attempt)
    assert set(Pin.objects.values_list("status", flat=True)) == {Status.PUBLISHED}
    assert len(simulator.pins()) == 3
    assert tick(later) == 0


def test_the_second_time_is_told_again(workspace: Workspace, offline: PinterestAccount) -> None:
    for _ in range(2):
        now = timezone.now()
        assert health.needs_reconnect(offline, now=now)
        tick(now)
        PinterestAccount.objects.filter(pk=offline.pk).update(
            health=Health.ACTIVE, health_changed_at=timezone.now()
        )
        offline.refresh_from_db()
    # Cured and lost again before anybody looked: the first is over all the same.
    assert Notification.objects.filter(kind=NotificationKind.RECONNECT, resolved_at=None).count() == 1
    assert mailed_to() == ["alice@example.com"] * 2
    tick()
    assert Notification.objects.filter(kind=NotificationKind.RECONNECT).exclude(resolved_at=None).count() == 2


# Holds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("spam", "Pinterest took Pins of @alderandoat for spam"),
        ("trial", "@alderandoat can’t publish: your Pinterest app has Trial access"),
        ("scope", "@alderandoat can’t publish: a permission is missing"),
        ("operator", "@alderandoat is on hold"),
    ],
)
def test_a_hold_says_what_it_is_for(offline: PinterestAccount, code: str, title: str) -> None:
    health.hold(offline, code=code, message="Do this and that.", now=timezone.now())
    tick()
    assert told(NotificationKind.HELD).title == title
    assert told(NotificationKind.HELD).message.startswith("Do this and that. ")
    assert title in mail.outbox[0].subject
    health.release(offline, now=timezone.now())
    tick()
    assert told(NotificationKind.HELD).resolved_at is not None


def test_a_missing_permission_is_cured_by_reconnecting_other_holds_by_releasing(
    alice: User, offline: PinterestAccount, client_of: SignIn
) -> None:
    client = client_of(alice)
    release = f"/accounts/{offline.pk}/release/"
    health.hold(offline, code="spam", message="Spam.", now=timezone.now())
    tick()
    assert release in client.get("/pins/").text
    health.release(offline, now=timezone.now())
    health.hold(offline, code="scope", message="Missing.", now=timezone.now())
    tick()
    text = client.get("/pins/").text
    assert release not in text
    assert "Reconnect @alderandoat" in text
    assert "Reconnect @alderandoat" in client.get("/notifications/").text


def test_pinterests_words_for_a_missing_scope_are_told_from_a_missing_feature() -> None:
    said = {
        "Your token does not have sufficient permissions to perform this operation. Please ensure your token "
        "is authorized with the correct set of scopes.": errors.MissingScope,
        "Your application does not have access to this restricted feature.": errors.RestrictedFeature,
    }
    for message, expected in said.items():
        body = f'{{"code": 3, "message": "{message}"}}'.encode()
        assert type(errors.from_response(401, body, headers={}, is_write=True)) is expected


# Tokens that end -------------------------------------------------------------------------------------------


def test_the_end_of_a_refresh_token_is_told_14_and_3_days_before(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    end = timezone.now() + timedelta(days=15)
    PinterestAccount.objects.filter(pk=offline.pk).update(refresh_expires_at=end)
    told_of = {}
    for days in (15, 14, 13, 4, 3, 2, 1):
        tick(end - timedelta(days=days))
        told_of[days] = [
            (each.kind, each.resolved_at is None) for each in Notification.objects.order_by("pk")
        ]
    assert told_of[15] == []
    assert told_of[14] == told_of[13] == told_of[4] == [(NotificationKind.ENDS_SOON, True)]
    assert (
        told_of[3]
        == told_of[2]
        == told_of[1]
        == [(NotificationKind.ENDS_SOON, False), (NotificationKind.ENDS_NOW, True)]
    )
    assert len(mail.outbox) == 2
    assert told(NotificationKind.ENDS_SOON).level == Level.WARNING

    PinterestAccount.objects.filter(pk=offline.pk).update(refresh_expires_at=end + timedelta(days=60))
    tick(end)
    assert not Notification.objects.open().exists()


def test_the_end_is_said_in_each_readers_own_zone(
    workspace: Workspace, alice: User, bob: User, offline: PinterestAccount
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    User.objects.filter(pk=bob.pk).update(time_zone="America/Los_Angeles")
    end = datetime.fromisoformat("2027-03-02T20:30:00+00:00")
    PinterestAccount.objects.filter(pk=offline.pk).update(refresh_expires_at=end)
    tick(end - timedelta(days=10))
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert "ends Wednesday 3 March 2027, 05:30 (Asia/Tokyo)" in bodies["alice@example.com"]
    assert "ends Tuesday 2 March 2027, 12:30 (America/Los Angeles)" in bodies["bob@example.com"]


# Lateness --------------------------------------------------------------------------------------------------


def test_lateness_without_a_reason_alarms_admins_and_operators_once(
    workspace: Workspace, alice: User, bob: User, charlie: User, offline: PinterestAccount, settings: Any
) -> None:
    settings.LATE_ALERT_MINUTES = 15
    operator = factories.make_user("ops@example.com")
    User.objects.filter(pk=operator.pk).update(is_staff=True)
    now = timezone.now()
    factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=now)
    assert tick(now + timedelta(minutes=14)) == 0
    assert tick(now + timedelta(minutes=16)) == 2
    assert tick(now + timedelta(minutes=17)) == 0
    assert mailed_to() == ["alice@example.com", "ops@example.com"]
    assert {each.title for each in Notification.objects.all()} == {"1 Pin is late"}

    Pin.objects.update(status=Status.DRAFT)
    tick(now + timedelta(minutes=18))
    assert not Notification.objects.open().exists()


@pytest.mark.parametrize("why", ["next_try", "held", "checking"])
def test_a_pin_that_waits_for_something_alarms_nobody(
    why: str, workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=now)
    match why:
        case "next_try":
            Pin.objects.update(due_at=now + timedelta(hours=3))
        case "held":
            PinterestAccount.objects.update(health=Health.HELD, health_changed_at=now)
        case "checking":
            Pin.objects.update(status=Status.PUBLISHING, reason_code="checking")
            pin.attempts.create(state=AttemptState.UNKNOWN, started_at=now, lease_until=now, sent_at=now)
    tick(now + timedelta(hours=1))
    assert not Notification.objects.filter(kind=NotificationKind.LATE).exists()


# Boards ----------------------------------------------------------------------------------------------------


def test_boards_that_can_not_be_read_for_days_are_told_in_the_app_only(
    workspace: Workspace, alice: User, offline: PinterestAccount
) -> None:
    now = timezone.now()
    PinterestAccount.objects.update(
        boards_synced_at=now, boards_sync_message="Pinterest could not be reached."
    )
    tick(now + timedelta(days=2))
    assert not Notification.objects.exists()
    tick(now + timedelta(days=3))
    assert told(NotificationKind.BOARDS).receipts.filter(user=alice).exists()
    assert mail.outbox == []
    PinterestAccount.objects.update(boards_synced_at=now + timedelta(days=4), boards_sync_message="")
    tick(now + timedelta(days=4))
    assert told(NotificationKind.BOARDS).resolved_at is not None
