"""Who gets a mail, what it says, and what becomes of it when something fails."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections
from django.utils import timezone

from accounts import health
from accounts.models import PinterestAccount, Role, User, Workspace
from pins.models import (
    Attempt,
    Notification,
    NotificationKind,
    Pin,
    Receipt,
    Status,
)
from pins.notifications import notify
from tests.conftest import SignIn
from tests.integration.pins.notifications.telling import mailed_to, refuse, tick, told
from tests.support import factories
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert told(NotificationKind.HELD).receipts.filter(mail_due_at=None).count() == 3
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
    assert f'href="http://localhost:8000/notifications/{told(NotificationKind.HELD).pk}/"' in html
    assert message.message()["Message-ID"].startswith(f"<notification-{told(NotificationKind.HELD).pk}-")


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
            (NotificationKind.FAILED, workspace.pk),
            (NotificationKind.LATE, None),
            (NotificationKind.LATE, workspace.pk),
            (NotificationKind.RECONNECT, workspace.pk),
        ],
        key=str,
    )
    # Alice: three; Bob, an editor, all but the lateness.
    assert mailed_to() == ["alice@example.com"] * 3 + ["bob@example.com"] * 2
    assert Attempt.objects.get(notifications__kind=NotificationKind.FAILED).notifications.count() == 1


def test_what_was_cured_long_ago_is_forgotten_and_not_told_again(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    pin = refuse(workspace, offline, now)
    tick(now + timedelta(minutes=2))
    Pin.objects.move(pin.pk, Status.FAILED, Status.DRAFT)
    tick(now + timedelta(minutes=3))
    tick(now + timedelta(days=91))
    assert not Notification.objects.filter(kind=NotificationKind.FAILED).exists()
    assert Pin.objects.filter(pk=pin.pk).exists()
    assert pin.attempts.exists()
