"""What was told, on the pages: the bell, the list, the banner, the links of mails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import health
from accounts.models import Health, PinterestAccount, User, Workspace
from pins.models import (
    Notification,
    NotificationKind,
    Status,
)
from tests.conftest import SignIn
from tests.integration.pins.notifications.telling import tick, told
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)


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
    pk = told(NotificationKind.HELD).pk
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
    answer = client.get(f"/notifications/{told(NotificationKind.HELD).pk}/", follow=True)
    assert answer.redirect_chain == [(f"/accounts/{offline.pk}/", 302)]
    assert "End the hold" in answer.text
    assert "Notifications, " not in answer.text  # it is read
    workspace.memberships.filter(user=alice).delete()
    assert client.get(f"/notifications/{told(NotificationKind.HELD).pk}/").status_code == 404


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
