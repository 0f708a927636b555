"""What goes wrong with Pins is told once, many of an hour as one, until nobody needs to do anything."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins.live import changes
from pins.models import (
    Attempt,
    AttemptState,
    LiveKind,
    LiveState,
    Notification,
    NotificationKind,
    Pin,
    Status,
)
from tests.integration.pins.notifications.telling import mailed_to, refuse, tick, told
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_failed_pin_is_told_with_its_reason_and_a_link_to_it(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse(workspace, offline, now, title="A brass lamp")
    assert tick(now) == 0  # others may be failing this very moment
    assert tick(now + timedelta(minutes=2)) == 1
    assert told(NotificationKind.FAILED).title == "“A brass lamp” was not published"
    assert told(NotificationKind.FAILED).message.startswith("The link is blocked.")
    assert told(NotificationKind.FAILED).get_absolute_url() == f"/pins/{pin.pk}/"


def test_500_failures_are_one_mail_and_what_fails_within_the_hour_is_the_next(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    refuse(workspace, offline, now, message="The board is gone.")
    one = Pin.objects.get()
    many = Pin.objects.bulk_create(
        Pin(workspace=workspace, account=offline, status=Status.FAILED, reason_message="The link is blocked.")
        for _ in range(499)
    )
    Attempt.objects.bulk_create(
        Attempt(pin=pin, state=AttemptState.REFUSED, started_at=now, lease_until=now, settled_at=now)
        for pin in many
    )
    tick(now + timedelta(minutes=2))
    assert told(NotificationKind.FAILED).title == "500 Pins of @alderandoat were not published"
    assert "499 times: The link is blocked." in told(NotificationKind.FAILED).message
    assert len(mail.outbox) == 1

    refuse(workspace, offline, now + timedelta(minutes=5), title="One more")
    assert tick(now + timedelta(minutes=30)) == 0
    assert tick(now + timedelta(minutes=63)) == 1
    assert "One more" in Notification.objects.latest("pk").title
    assert len(mail.outbox) == 2
    assert one.notifications.count() == 0  # a digest has no one Pin


def test_a_pin_that_fails_again_is_told_again_and_an_edit_is_no_failure(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse(workspace, offline, now)
    tick(now + timedelta(minutes=2))
    pin.description = "Edited"
    pin.save()
    assert tick(now + timedelta(hours=2)) == 0
    pin.attempts.create(state=AttemptState.REFUSED, started_at=now, lease_until=now, settled_at=now)
    assert tick(now + timedelta(hours=2)) == 1


def test_a_digest_is_over_when_none_of_its_pins_needs_anybody(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    one, two = refuse(workspace, offline, now), refuse(workspace, offline, now)
    tick(now + timedelta(minutes=2))
    Pin.objects.move(one.pk, Status.FAILED, Status.DELETED)
    tick(now + timedelta(minutes=3))
    assert told(NotificationKind.FAILED).resolved_at is None
    Pin.objects.move(two.pk, Status.FAILED, Status.DRAFT)
    tick(now + timedelta(minutes=4))
    assert told(NotificationKind.FAILED).resolved_at is not None


def test_a_pin_in_doubt_is_told_to_those_who_can_look(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = factories.make_pin(
        workspace, offline, status=Status.NEEDS_REVIEW, title="Vase", reason_message="Compare them."
    )
    pin.attempts.create(state=AttemptState.UNKNOWN, started_at=now, lease_until=now, sent_at=now)
    tick(now + timedelta(minutes=2))
    assert told(NotificationKind.REVIEW).title == "Was “Vase” published? Have a look"
    assert told(NotificationKind.REVIEW).get_absolute_url() == f"/pins/{pin.pk}/"


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (("doubt", "doubt"), "Pins on the boards are like these in part"),
        (("doubt", "unreadable"), "nobody knows whether these are there"),
    ],
)
def test_of_several_pins_in_doubt_nothing_is_said_that_holds_for_some_only(
    workspace: Workspace, offline: PinterestAccount, codes: tuple[str, str], said: str
) -> None:
    now = timezone.now()
    for code in codes:
        pin = factories.make_pin(workspace, offline, status=Status.NEEDS_REVIEW, reason_code=code)
        pin.attempts.create(state=AttemptState.UNKNOWN, started_at=now, lease_until=now, sent_at=now)
    tick(now + timedelta(minutes=2))
    assert told(NotificationKind.REVIEW).title.startswith("Were 2 Pins")
    assert said in told(NotificationKind.REVIEW).message


def refuse_change(workspace: Workspace, account: PinterestAccount, at: datetime, title: str = "Vase") -> Pin:
    pin = factories.make_pin(workspace, account, status=Status.PUBLISHED, title=title)
    facts = {"words": {"title": "x"}, "message": "Sorry! Not this.", "due_at": at, "settled_at": at}
    pin.live_changes.create(kind=LiveKind.UPDATE, state=LiveState.REFUSED, **facts)
    return pin


def test_a_refused_change_of_a_live_pin_is_told_until_somebody_dismisses_it(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse_change(workspace, offline, now - timedelta(minutes=2))
    for _ in range(3):
        tick(now)
    assert told(NotificationKind.CHANGE).title == "Pinterest refused to change “Vase”"
    assert told(NotificationKind.CHANGE).resolved_at is None
    assert told(NotificationKind.CHANGE).message.startswith("Sorry! Not this.")
    assert told(NotificationKind.CHANGE).get_absolute_url() == f"/pins/{pin.pk}/"
    assert mailed_to() == ["alice@example.com"]
    changes.withdraw(pin.live_changes.get(), now=now)
    tick(now)
    assert told(NotificationKind.CHANGE).resolved_at is not None


def test_a_change_of_which_nobody_knows_is_not_told_as_refused(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse_change(workspace, offline, now - timedelta(minutes=2))
    pin.live_changes.update(code="unreadable", message="Look on pinterest.com.")
    tick(now)
    assert told(NotificationKind.CHANGE).title == "Was “Vase” changed on Pinterest? Have a look"
    assert told(NotificationKind.CHANGE).message == "Look on pinterest.com."


def test_many_refused_changes_are_one_mail_an_hour(workspace: Workspace, offline: PinterestAccount) -> None:
    now = timezone.now()
    for number in range(7):
        refuse_change(workspace, offline, now - timedelta(minutes=2), f"Vase {number}")
    tick(now)
    assert told(NotificationKind.CHANGE).title == "Pinterest refused to change 7 Pins of @alderandoat"
    assert "“Vase 4” and 2 more" in told(NotificationKind.CHANGE).message
    refuse_change(workspace, offline, now + timedelta(minutes=1), "Later")
    assert tick(now + timedelta(minutes=59)) == 0
    assert tick(now + timedelta(minutes=61)) == 1
    assert Notification.objects.latest("pk").title == "Pinterest refused to change “Later”"
    assert tick(now + timedelta(hours=3)) == 0
    assert len(mail.outbox) == 2
