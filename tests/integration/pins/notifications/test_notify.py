"""What goes wrong is told once, to the right people, in the app and by mail; what is cured is taken back."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import health
from accounts.models import Health, PinterestAccount, Role, User, Workspace
from accounts.pinterest import errors
from pins.live import changes
from pins.models import (
    Attempt,
    AttemptState,
    Kind,
    Level,
    LiveKind,
    LiveState,
    Notification,
    Pin,
    Receipt,
    Status,
)
from pins.notifications import notify
from pins.publish import dispatch
from pins.schedule import queue
from tests.conftest import SignIn
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def tick(now: datetime | None = None) -> int:
    """What pins.notify does every half minute."""
    now = now or timezone.now()
    made = notify.tell(now=now)
    notify.mail(now=now)
    return made


def told(kind: Kind) -> Notification:
    return Notification.objects.get(kind=kind)


def mailed_to() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


def refuse(
    workspace: Workspace,
    account: PinterestAccount,
    at: datetime,
    *,
    message: str = "The link is blocked.",
    **more: Any,
) -> Pin:
    """A Pin that Pinterest said no to."""
    pin = factories.make_pin(
        workspace, account, status=Status.FAILED, reason_code="1", reason_message=message, **more
    )
    pin.attempts.create(state=AttemptState.REFUSED, started_at=at, lease_until=at, sent_at=at, settled_at=at)
    return pin


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
    assert (notification.kind, notification.account) == (Kind.RECONNECT, account)
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
    assert Notification.objects.filter(kind=Kind.RECONNECT, resolved_at=None).count() == 1
    assert mailed_to() == ["alice@example.com"] * 2
    tick()
    assert Notification.objects.filter(kind=Kind.RECONNECT).exclude(resolved_at=None).count() == 2


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
    assert told(Kind.HELD).title == title
    assert told(Kind.HELD).message.startswith("Do this and that. ")
    assert title in mail.outbox[0].subject
    health.release(offline, now=timezone.now())
    tick()
    assert told(Kind.HELD).resolved_at is not None


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
    assert told_of[14] == told_of[13] == told_of[4] == [(Kind.ENDS_SOON, True)]
    assert told_of[3] == told_of[2] == told_of[1] == [(Kind.ENDS_SOON, False), (Kind.ENDS_NOW, True)]
    assert len(mail.outbox) == 2
    assert told(Kind.ENDS_SOON).level == Level.WARNING

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


# Pins ------------------------------------------------------------------------------------------------------


def test_a_failed_pin_is_told_with_its_reason_and_a_link_to_it(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse(workspace, offline, now, title="A brass lamp")
    assert tick(now) == 0  # others may be failing this very moment
    assert tick(now + timedelta(minutes=2)) == 1
    assert told(Kind.FAILED).title == "“A brass lamp” was not published"
    assert told(Kind.FAILED).message.startswith("The link is blocked.")
    assert told(Kind.FAILED).get_absolute_url() == f"/pins/{pin.pk}/"


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
    assert told(Kind.FAILED).title == "500 Pins of @alderandoat were not published"
    assert "499 times: The link is blocked." in told(Kind.FAILED).message
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
    assert told(Kind.FAILED).resolved_at is None
    Pin.objects.move(two.pk, Status.FAILED, Status.DRAFT)
    tick(now + timedelta(minutes=4))
    assert told(Kind.FAILED).resolved_at is not None


def test_a_pin_in_doubt_is_told_to_those_who_can_look(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = factories.make_pin(
        workspace, offline, status=Status.NEEDS_REVIEW, title="Vase", reason_message="Compare them."
    )
    pin.attempts.create(state=AttemptState.UNKNOWN, started_at=now, lease_until=now, sent_at=now)
    tick(now + timedelta(minutes=2))
    assert told(Kind.REVIEW).title == "Was “Vase” published? Have a look"
    assert told(Kind.REVIEW).get_absolute_url() == f"/pins/{pin.pk}/"


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
    assert told(Kind.REVIEW).title.startswith("Were 2 Pins")
    assert said in told(Kind.REVIEW).message


# Lateness --------------------------------------------------------------------------------------------------


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
    assert told(Kind.CHANGE).title == "Pinterest refused to change “Vase”"
    assert told(Kind.CHANGE).resolved_at is None
    assert told(Kind.CHANGE).message.startswith("Sorry! Not this.")
    assert told(Kind.CHANGE).get_absolute_url() == f"/pins/{pin.pk}/"
    assert mailed_to() == ["alice@example.com"]
    changes.withdraw(pin.live_changes.get(), now=now)
    tick(now)
    assert told(Kind.CHANGE).resolved_at is not None


def test_a_change_of_which_nobody_knows_is_not_told_as_refused(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse_change(workspace, offline, now - timedelta(minutes=2))
    pin.live_changes.update(code="unreadable", message="Look on pinterest.com.")
    tick(now)
    assert told(Kind.CHANGE).title == "Was “Vase” changed on Pinterest? Have a look"
    assert told(Kind.CHANGE).message == "Look on pinterest.com."


def test_many_refused_changes_are_one_mail_an_hour(workspace: Workspace, offline: PinterestAccount) -> None:
    now = timezone.now()
    for number in range(7):
        refuse_change(workspace, offline, now - timedelta(minutes=2), f"Vase {number}")
    tick(now)
    assert told(Kind.CHANGE).title == "Pinterest refused to change 7 Pins of @alderandoat"
    assert "“Vase 4” and 2 more" in told(Kind.CHANGE).message
    refuse_change(workspace, offline, now + timedelta(minutes=1), "Later")
    assert tick(now + timedelta(minutes=59)) == 0
    assert tick(now + timedelta(minutes=61)) == 1
    assert Notification.objects.latest("pk").title == "Pinterest refused to change “Later”"
    assert tick(now + timedelta(hours=3)) == 0
    assert len(mail.outbox) == 2


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
    assert not Notification.objects.filter(kind=Kind.LATE).exists()


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
    assert told(Kind.BOARDS).receipts.filter(user=alice).exists()
    assert mail.outbox == []
    PinterestAccount.objects.update(boards_synced_at=now + timedelta(days=4), boards_sync_message="")
    tick(now + timedelta(days=4))
    assert told(Kind.BOARDS).resolved_at is not None


# Who gets a mail -------------------------------------------------------------------------------------------


def test_no_mail_goes_to_whoever_switched_it_off_or_has_no_confirmed_address(
    workspace: Workspace, alice: User, bob: User, offline: PinterestAccount, client_of: SignIn
) -> None:
    unconfirmed = factories.make_member(workspace, "new@example.com", Role.EDITOR)
    EmailAddress.objects.filter(user=unconfirmed).update(verified=False)
    profile = {"name": "Bob", "time_zone": "Europe/Lisbon", "theme": "system", "keyboard_shortcuts": "on"}
    assert client_of(bob).post("/profile/", profile).status_code == 302
    health.hold(offline, code="spam", message="Spam.", now=timezone.now())
    tick()
    assert mailed_to() == ["alice@example.com"]
    assert told(Kind.HELD).receipts.filter(mail_due_at=None).count() == 3
    # All of them read it in the app.
    assert "1 unread" in client_of(bob).get("/pins/").text


def test_who_joins_later_reads_it_in_the_app_without_an_old_mail(
    workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    health.hold(offline, code="spam", message="Spam.", now=timezone.now())
    tick()
    late = factories.make_member(workspace, "late@example.com", Role.EDITOR)
    tick()
    assert mailed_to() == ["alice@example.com"]
    assert "1 unread" in client_of(late).get("/pins/").text


def test_what_is_cured_before_the_mail_left_is_not_mailed(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    health.hold(offline, code="spam", message="Spam.", now=timezone.now())
    notify.tell(now=timezone.now())
    health.release(offline, now=timezone.now())
    notify.mail(now=timezone.now())
    assert mail.outbox == []
    assert not Receipt.objects.exclude(mail_due_at=None).exists()


def test_who_was_taken_out_of_the_workspace_meanwhile_gets_no_mail(
    workspace: Workspace, bob: User, offline: PinterestAccount
) -> None:
    health.hold(offline, code="spam", message="Spam.", now=timezone.now())
    notify.tell(now=timezone.now())
    workspace.memberships.filter(user=bob).delete()
    notify.mail(now=timezone.now())
    assert mailed_to() == ["alice@example.com"]


def test_the_mail_says_the_same_as_text_and_with_a_button(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(name="<b>Alder</b> & Oat")
    health.hold(offline, code="spam", message="Look & wait a day.", now=timezone.now())
    tick()
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.subject == "<b>Alder</b> & Oat: Pinterest took Pins of @alderandoat for spam"
    assert "Look & wait a day." in message.body
    html = str(message.alternatives[0][0])
    assert "&lt;b&gt;Alder&lt;/b&gt; &amp; Oat" in html
    assert "Look &amp; wait a day." in html
    assert f'href="http://localhost:8000/notifications/{told(Kind.HELD).pk}/"' in html
    assert message.message()["Message-ID"].startswith(f"<notification-{told(Kind.HELD).pk}-")


# Failures and races ----------------------------------------------------------------------------------------


def test_a_mail_server_that_is_away_delays_the_mail_and_loses_none(
    workspace: Workspace, bob: User, offline: PinterestAccount, settings: Any
) -> None:
    now = timezone.now()
    health.hold(offline, code="spam", message="Spam.", now=now)
    locmem = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    tick(now)
    assert Receipt.objects.filter(mailed_at=None).exclude(mail_due_at=None).count() == 2
    settings.EMAIL_BACKEND = locmem
    tick(now + timedelta(minutes=1))
    assert mail.outbox == []  # not asked again every half minute
    tick(now + timedelta(minutes=6))
    tick(now + timedelta(minutes=12))
    assert mailed_to() == ["alice@example.com", "bob@example.com"]


def test_an_address_that_no_mail_can_be_sent_to_keeps_nobody_elses_back(
    workspace: Workspace, alice: User, bob: User, offline: PinterestAccount
) -> None:
    """Valid by its letters; written for the wire its domain is longer than a name may be."""
    EmailAddress.objects.filter(user=alice).update(email=f"a@{'ü' * 60}.example.com")
    now = timezone.now()
    health.hold(offline, code="spam", message="Spam.", now=now)
    tick(now)
    assert mailed_to() == ["bob@example.com"]
    assert Receipt.objects.get(user=alice).mailed_at is None


class Killed(BaseEmailBackend):
    """A worker that ends in the middle of a mail."""

    def send_messages(self, messages: Any) -> int:
        raise SystemExit


def test_killed_while_mailing_the_mail_is_sent_when_the_lease_is_over(
    workspace: Workspace, offline: PinterestAccount, settings: Any
) -> None:
    now = timezone.now()
    health.hold(offline, code="spam", message="Spam.", now=now)
    locmem = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Killed"
    with pytest.raises(SystemExit):
        tick(now)
    settings.EMAIL_BACKEND = locmem
    notify.mail(now=now + timedelta(minutes=1))
    assert mail.outbox == []
    notify.mail(now=now + notify.MAIL_LEASE)
    assert mailed_to() == ["alice@example.com"]


@pytest.mark.postgres
def test_ten_tellers_at_once_tell_and_mail_once(
    workspace: Workspace, bob: User, offline: PinterestAccount
) -> None:
    now = timezone.now()
    refuse(workspace, offline, now)
    factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=now)
    other = factories.make_account(workspace, username="northlight")
    health.needs_reconnect(other, now=now)
    barrier = threading.Barrier(10)
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            barrier.wait()
            tick(now + timedelta(minutes=30))
        except BaseException as error:  # a thread's own end tells nobody
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    tick(now + timedelta(minutes=31))

    assert wrong == []
    kinds = sorted(Notification.objects.values_list("kind", "workspace"), key=str)
    assert kinds == sorted(
        [
            (Kind.FAILED, workspace.pk),
            (Kind.LATE, None),
            (Kind.LATE, workspace.pk),
            (Kind.RECONNECT, workspace.pk),
        ],
        key=str,
    )
    # Alice: three; Bob, an editor, all but the lateness.
    assert mailed_to() == ["alice@example.com"] * 3 + ["bob@example.com"] * 2
    assert Attempt.objects.get(notifications__kind=Kind.FAILED).notifications.count() == 1


def test_what_was_cured_long_ago_is_forgotten_and_not_told_again(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse(workspace, offline, now)
    tick(now + timedelta(minutes=2))
    Pin.objects.move(pin.pk, Status.FAILED, Status.DRAFT)
    tick(now + timedelta(minutes=3))
    tick(now + timedelta(days=91))
    assert not Notification.objects.filter(kind=Kind.FAILED).exists()
    assert Pin.objects.filter(pk=pin.pk).exists()
    assert pin.attempts.exists()


# Pages -----------------------------------------------------------------------------------------------------


def test_the_bell_counts_what_is_unread_and_the_list_marks_it_read(
    alice: User, bob: User, offline: PinterestAccount, client_of: SignIn
) -> None:
    now = timezone.now()
    health.hold(offline, code="spam", message="Spam.", now=now)
    PinterestAccount.objects.filter(pk=offline.pk).update(refresh_expires_at=now + timedelta(days=9))
    tick(now)
    client, other = client_of(alice), client_of(bob)
    assert "Notifications, 2 unread" in client.get("/").text
    assert "Notifications, 2 unread" in client.get("/notifications/bell/").text
    pk = told(Kind.HELD).pk
    assert client.post(f"/notifications/{pk}/read/").status_code == 302
    assert "Notifications, 1 unread" in client.get("/notifications/").text
    client.post("/notifications/read/")
    text = client.get("/notifications/").text
    assert 'aria-label="Notifications"' in text
    assert "Mark as read" not in text
    assert "Notifications, 2 unread" in other.get("/").text  # everybody reads for themselves


def test_a_banner_with_the_cure_stands_on_every_page_until_the_account_is_cured(
    alice: User, bob: User, charlie: User, offline: PinterestAccount, client_of: SignIn
) -> None:
    client = client_of(alice)
    health.needs_reconnect(offline, now=timezone.now())
    tick()
    for url in ("/", "/pins/", "/pins/calendar/", "/settings/"):
        text = client.get(url).text
        assert text.count("Reconnect @alderandoat</button>") == 1, url
        assert "Ask an owner or admin" in client_of(bob).get(url).text or url == "/settings/"
        assert "alderandoat" not in client_of(charlie).get(url).text
    PinterestAccount.objects.update(health=Health.ACTIVE)  # cured, and no teller has looked yet
    assert 'aria-label="Notifications"' in client.get("/pins/").text
    assert "Reconnect @alderandoat" not in client.get("/pins/").text


def test_a_mails_link_leads_to_the_cure_in_the_workspace_it_is_about(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    elsewhere = factories.make_workspace(alice, name="Elsewhere")
    health.hold(offline, code="spam", message="Spam.", now=timezone.now())
    tick()
    client = client_of(alice)
    client.post(f"/workspaces/{elsewhere.slug}/switch/")
    assert client.get(f"/accounts/{offline.pk}/").status_code == 404
    answer = client.get(f"/notifications/{told(Kind.HELD).pk}/", follow=True)
    assert answer.redirect_chain == [(f"/accounts/{offline.pk}/", 302)]
    assert "End the hold" in answer.text
    assert "Notifications, " not in answer.text  # it is read
    workspace.memberships.filter(user=alice).delete()
    assert client.get(f"/notifications/{told(Kind.HELD).pk}/").status_code == 404


def test_the_list_is_empty_in_words(alice: User, workspace: Workspace, client_of: SignIn) -> None:
    assert "Nothing to report." in client_of(alice).get("/notifications/").text


def test_who_was_signed_out_is_not_thrown_off_the_page_by_the_bell(client: Client, db: None) -> None:
    assert client.get("/notifications/bell/").status_code == 204
    assert client.get("/notifications/").status_code == 302


def test_an_operator_reads_of_the_installation_in_whichever_workspace(
    charlie: User, alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    User.objects.filter(pk=charlie.pk).update(is_staff=True)
    now = timezone.now()
    factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=now - timedelta(hours=1))
    tick(now)
    client = client_of(charlie)
    assert "beat and the workers" in client.get("/notifications/").text
    pk = Notification.objects.get(workspace=None).pk
    assert client.get(f"/notifications/{pk}/")["Location"] == "/admin/"
    assert client_of(alice).get(f"/notifications/{pk}/").status_code == 404
    assert "beat and the workers" not in client_of(alice).get("/notifications/").text
    assert told_titles(alice) == told_titles(charlie) == ["1 Pin is late"]


def told_titles(user: User) -> list[str]:
    return list(Notification.objects.filter(receipts__user=user).values_list("title", flat=True))
