"""Deleting a workspace or an account: asked for twice, and nothing of it is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib.admin.models import CHANGE, LogEntry
from django.core import mail
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts import api_tokens, closing, invitations, members, tasks
from accounts.models import (
    ApiToken,
    Board,
    Health,
    Invitation,
    Membership,
    PinterestAccount,
    Role,
    User,
    Workspace,
)
from pins.models import Attempt, DailyMetric, Media, Pin, Status
from tests.conftest import SignIn
from tests.support import factories
from tests.support.every_page import in_a_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def fresh(client_of: SignIn) -> SignIn:
    """Signed in with the password typed a moment ago."""

    def signed_in(user: User) -> Client:
        client = client_of(user)
        request = HttpRequest()
        request.session, request.user = client.session, user
        record_authentication(request, user, method="password", reauthenticated=True)
        request.session.save()
        return client

    return signed_in


@pytest.fixture
def full(workspace: Workspace) -> Pin:
    """A published Pin with its picture, numbers and attempt."""
    account = factories.make_account(workspace)
    factories.make_board(account)
    pin = factories.make_pin(
        workspace, account, status=Status.PUBLISHED, picture=factories.make_media(workspace)
    )
    DailyMetric.objects.create(
        pin=pin,
        account=account,
        day=date(2026, 1, 1),
        impressions=5,
        read_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    return pin


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The workspaces that a worker is asked to end."""
    found: list[int] = []
    monkeypatch.setattr(tasks.delete_workspace, "delay_on_commit", found.append)
    return found


def files_in(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_a_workspace_goes_with_all_that_hangs_on_it(
    full: Pin,
    workspace: Workspace,
    alice: User,
    bob: User,
    fresh: SignIn,
    settings: Any,
    queued: list[int],
) -> None:
    elsewhere = factories.make_workspace(bob, name="Bob’s own")
    kept = factories.make_media(elsewhere)
    before = len(files_in(settings.MEDIA_ROOT))
    browser = fresh(alice)
    assert "Download the export" in browser.get("/settings/delete/").text

    assert browser.post("/settings/delete/", {"typed": "alder & oat"})["Location"] == "/"
    assert browser.get("/settings/")["Location"] == "/workspaces/new/"
    tasks.delete_workspace(*queued)

    assert list(Workspace.objects.all()) == [elsewhere]
    for model in (Pin, PinterestAccount, Board, DailyMetric, Attempt):
        assert not model._default_manager.exists()
    assert Media.objects.get() == kept
    assert len(files_in(settings.MEDIA_ROOT)) == before / 2


def test_from_the_first_moment_nobody_comes_in_and_nothing_is_published(
    full: Pin,
    workspace: Workspace,
    alice: User,
    bob: User,
    fresh: SignIn,
    client_of: SignIn,
    queued: list[int],
) -> None:
    owner = Membership.objects.select_related("user").get(user=alice)
    invitations.invite(workspace, email="ines@example.com", role=Role.VIEWER, by=owner, now=timezone.now())
    _, plain = api_tokens.issue(bob, workspace, name="Script")

    answer = fresh(alice).post("/settings/delete/", {"typed": workspace.name}, follow=True)

    assert "is being deleted" in answer.text
    assert Workspace.objects.exists()  # no worker has come yet
    assert PinterestAccount.objects.get().health == Health.DISCONNECTED
    assert api_tokens.authenticate(plain, now=timezone.now()) is None
    assert client_of(bob).get("/settings/")["Location"] == "/workspaces/new/"
    assert not Invitation.objects.live(timezone.now()).exists()


def test_a_deletion_whose_message_was_lost_is_taken_up_once(
    full: Pin, workspace: Workspace, queued: list[int]
) -> None:
    now = timezone.now()
    tasks.delete_workspace(workspace.pk)  # nobody has asked for it
    assert Workspace.objects.exists()
    closing.begin(workspace, now=now - timedelta(minutes=9))
    tasks.sweep_workspaces()
    assert queued == []
    Workspace.objects.update(deleting_since=now - timedelta(minutes=11))
    tasks.sweep_workspaces()
    tasks.sweep_workspaces()
    assert queued == [workspace.pk]
    tasks.delete_workspace(workspace.pk)
    tasks.delete_workspace(workspace.pk)
    assert not Workspace.objects.exists()


def test_the_name_must_be_typed(workspace: Workspace, alice: User, fresh: SignIn) -> None:
    for typed in ("", "Elsewhere"):
        answer = fresh(alice).post("/settings/delete/", {"typed": typed})
        assert answer.status_code == 422
        assert "typed" in answer.context["form"].errors
    assert Workspace.objects.count() == 1


def test_only_an_owner_deletes_a_workspace(workspace: Workspace, fresh: SignIn) -> None:
    admin = factories.make_member(workspace, "admin@example.com", Role.ADMIN)
    assert fresh(admin).post("/settings/delete/", {"typed": workspace.name}).status_code == 403
    assert "Delete the workspace" not in fresh(admin).get("/settings/").text
    assert Workspace.objects.exists()


@pytest.mark.parametrize("path", ["/settings/delete/", "/profile/delete/"])
def test_both_ask_for_the_password_first(
    path: str, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    browser = client_of(alice)
    asked = browser.get(path)
    assert asked["Location"] == f"/accounts/reauthenticate/?next={path.replace('/', '%2F')}"
    assert browser.post(path, {"typed": workspace.name})["Location"] == path
    answer = browser.post(asked["Location"], {"password": "correct-horse-battery", "next": path})
    assert answer["Location"] == path
    assert browser.get(path).status_code == 200
    assert Workspace.objects.exists()
    assert User.objects.exists()


def test_an_account_goes_with_the_workspaces_that_are_its_own(
    workspace: Workspace, alice: User, bob: User, fresh: SignIn, queued: list[int]
) -> None:
    own = factories.make_workspace(bob, name="Bob’s own")
    _, plain = api_tokens.issue(bob, workspace, name="Script")
    factories.make_pin(workspace)
    Pin.objects.update(created_by=bob)
    browser = fresh(bob)
    assert "Bob’s own" in browser.get("/profile/delete/").text

    answer = browser.post("/profile/delete/", {"typed": "BOB@example.com"}, follow=True)

    assert "Your account is deleted." in answer.text
    assert list(User.objects.all()) == [alice]
    assert queued == [own.pk]
    tasks.delete_workspace(own.pk)
    assert list(Workspace.objects.all()) == [workspace]
    assert Pin.objects.get().created_by is None
    assert not ApiToken.objects.exists()
    assert api_tokens.authenticate(plain, now=timezone.now()) is None
    assert mail.outbox[-1].to == ["bob@example.com"]
    assert browser.get("/profile/").status_code == 302


def test_the_only_owner_of_a_shared_workspace_hands_over_first(
    workspace: Workspace, alice: User, bob: User, fresh: SignIn
) -> None:
    browser = fresh(alice)
    assert "only owner of “Alder &amp; Oat”" in in_a_line(browser.get("/profile/delete/").text)
    assert browser.post("/profile/delete/", {"typed": alice.email}).status_code == 422
    assert User.objects.filter(pk=alice.pk).exists()

    mine = Membership.objects.select_related("user").get(user=alice)
    members.change_role(Membership.objects.get(user=bob), role=Role.OWNER, by=mine)
    assert browser.post("/profile/delete/", {"typed": alice.email}).status_code == 302
    assert list(User.objects.all()) == [bob]


def test_an_address_must_be_typed(workspace: Workspace, bob: User, fresh: SignIn) -> None:
    assert fresh(bob).post("/profile/delete/", {"typed": "alice@example.com"}).status_code == 422
    assert User.objects.filter(pk=bob.pk).exists()


@pytest.mark.parametrize("power", [{"is_staff": True}, {"is_superuser": True}, {}])
def test_who_stands_in_the_audit_log_is_switched_off_not_deleted(
    power: dict[str, bool], workspace: Workspace, bob: User, fresh: SignIn
) -> None:
    User.objects.filter(pk=bob.pk).update(**power)
    if not power:  # an operator once: what they did still counts
        LogEntry.objects.create(user=bob, action_flag=CHANGE, object_repr="A Pin", change_message="Hold.")
    own = factories.make_workspace(bob, name="Bob’s own")
    browser = fresh(bob)
    page = browser.get("/profile/delete/").text
    assert "the audit log names you" in page
    assert "Delete my account" not in page

    answer = browser.post("/profile/delete/", {"typed": bob.email})

    assert answer.status_code == 422
    assert User.objects.filter(pk=bob.pk, memberships__workspace=own).exists()
    assert LogEntry.objects.count() == (0 if power else 1)
