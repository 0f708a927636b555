"""Deleting a workspace or an account: asked for twice, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.core import mail
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts import members, tokens
from accounts.models import ApiToken, Board, Membership, PinterestAccount, Role, User, Workspace
from pins.models import Attempt, DailyMetric, Media, Pin, Status
from tests import factories

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


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


def files_in(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_a_workspace_goes_with_all_that_hangs_on_it(
    full: Pin, workspace: Workspace, alice: User, bob: User, fresh: SignIn, settings: Any
) -> None:
    elsewhere = factories.make_workspace(bob, name="Bob’s own")
    kept = factories.make_media(elsewhere)
    before = len(files_in(settings.MEDIA_ROOT))
    browser = fresh(alice)
    assert "Download the export" in browser.get("/settings/delete/").text

    assert browser.post("/settings/delete/", {"typed": "alder & oat"})["Location"] == "/"

    assert list(Workspace.objects.all()) == [elsewhere]
    for model in (Pin, PinterestAccount, Board, DailyMetric, Attempt):
        assert not model._default_manager.exists()
    assert Media.objects.get() == kept
    assert len(files_in(settings.MEDIA_ROOT)) == before / 2
    assert browser.get("/settings/")["Location"] == "/workspaces/new/"


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
    workspace: Workspace, alice: User, bob: User, fresh: SignIn
) -> None:
    own = factories.make_workspace(bob, name="Bob’s own")
    _, plain = tokens.issue(bob, workspace, name="Script")
    factories.make_pin(workspace)
    Pin.objects.update(created_by=bob)
    browser = fresh(bob)
    assert "Bob’s own" in browser.get("/profile/delete/").text

    answer = browser.post("/profile/delete/", {"typed": "BOB@example.com"}, follow=True)

    assert "Your account is deleted." in answer.text
    assert list(User.objects.all()) == [alice]
    assert not Workspace.objects.filter(pk=own.pk).exists()
    assert Pin.objects.get().created_by is None
    assert not ApiToken.objects.exists()
    assert tokens.authenticate(plain, now=timezone.now()) is None
    assert mail.outbox[-1].to == ["bob@example.com"]
    assert browser.get("/profile/").status_code == 302


def test_the_only_owner_of_a_shared_workspace_hands_over_first(
    workspace: Workspace, alice: User, bob: User, fresh: SignIn
) -> None:
    browser = fresh(alice)
    assert "only owner of “Alder &amp; Oat”" in browser.get("/profile/delete/").text
    assert browser.post("/profile/delete/", {"typed": alice.email}).status_code == 422
    assert User.objects.filter(pk=alice.pk).exists()

    mine = Membership.objects.select_related("user").get(user=alice)
    members.change_role(Membership.objects.get(user=bob), role=Role.OWNER, by=mine)
    assert browser.post("/profile/delete/", {"typed": alice.email}).status_code == 302
    assert list(User.objects.all()) == [bob]


def test_an_address_must_be_typed(workspace: Workspace, bob: User, fresh: SignIn) -> None:
    assert fresh(bob).post("/profile/delete/", {"typed": "alice@example.com"}).status_code == 422
    assert User.objects.filter(pk=bob.pk).exists()
