"""Roles, removing and leaving: nobody gives more than they have, and an owner always stays."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from accounts import api_tokens, members
from accounts.models import Invitation, Membership, Role, User, Workspace
from tests.conftest import SignIn
from tests.support import factories
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db


def membership(user: User, workspace: Workspace) -> Membership:
    return workspace.memberships.select_related("user", "workspace").get(user=user)


@pytest.fixture
def admin(workspace: Workspace) -> User:
    return factories.make_member(workspace, "admin@example.com", Role.ADMIN)


def test_everybody_sees_who_is_there_and_only_admins_find_buttons(
    workspace: Workspace, admin: User, vera: User, client_of: SignIn
) -> None:
    seen = client_of(vera).get("/settings/members/").text
    assert "alice@example.com" in seen
    assert "Invite somebody" not in seen
    assert "/role/" not in seen
    assert "Invite somebody" in client_of(admin).get("/settings/members/").text
    assert client_of(vera).post("/settings/members/", {"email": "x@example.com"}).status_code == 403


def test_a_role_is_changed(workspace: Workspace, alice: User, bob: User, client_of: SignIn) -> None:
    path = f"/settings/members/{membership(bob, workspace).pk}/role/"
    assert client_of(alice).post(path, {"role": "admin"}).status_code == 302
    assert membership(bob, workspace).role == Role.ADMIN


def test_the_last_owner_stays_one_and_is_told_at_the_field(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    pk = membership(alice, workspace).pk
    answer = client_of(alice).post(f"/settings/members/{pk}/role/", {"role": "viewer"})
    assert answer.status_code == 422
    assert "Make somebody else owner first." in answer.text
    assert f'id="member_{pk}_role_error"' in answer.text
    assert membership(alice, workspace).role == Role.OWNER


def test_the_last_owner_can_not_leave_and_the_second_last_can(
    workspace: Workspace, alice: User, bob: User, client_of: SignIn
) -> None:
    browser = client_of(alice)
    assert "needs an owner" in browser.post("/settings/members/leave/", {"confirmed": "1"}, follow=True).text
    members.change_role(membership(bob, workspace), role=Role.OWNER, by=membership(alice, workspace))
    assert browser.post("/settings/members/leave/", {"confirmed": "1"})["Location"] == "/"
    assert [member.user for member in workspace.memberships.all()] == [bob]


def test_leaving_asks_first(workspace: Workspace, bob: User, client_of: SignIn) -> None:
    browser = client_of(bob)
    assert "Stay" in browser.post("/settings/members/leave/").text
    assert workspace.memberships.filter(user=bob).exists()


def test_an_admin_can_neither_make_nor_touch_an_owner(
    workspace: Workspace, alice: User, bob: User, admin: User, client_of: SignIn
) -> None:
    browser = client_of(admin)
    hers, his = membership(alice, workspace), membership(bob, workspace)
    assert browser.post(f"/settings/members/{hers.pk}/role/", {"role": "viewer"}).status_code == 422
    assert browser.post(f"/settings/members/{his.pk}/role/", {"role": "owner"}).status_code == 422
    removed = browser.post(f"/settings/members/{hers.pk}/remove/", {"confirmed": "1"}, follow=True)
    assert "Only an owner can remove an owner." in removed.text
    assert (membership(alice, workspace).role, membership(bob, workspace).role) == (Role.OWNER, Role.EDITOR)


def test_who_is_removed_sees_nothing_and_old_tokens_stay_dead(
    workspace: Workspace, alice: User, bob: User, client_of: SignIn
) -> None:
    _, plain = api_tokens.issue(bob, workspace, name="Script")
    browser = client_of(bob)
    path = f"/settings/members/{membership(bob, workspace).pk}/remove/"
    assert "Keep them" in client_of(alice).post(path).text
    assert client_of(alice).post(path, {"confirmed": "1"}).status_code == 302

    assert browser.get("/settings/")["Location"] == "/workspaces/new/"
    Membership.objects.create(workspace=workspace, user=bob, role=Role.VIEWER)
    assert api_tokens.authenticate(plain, now=timezone.now()) is None


def test_another_workspaces_member_is_not_found(
    workspace: Workspace, bob: User, charlie: User, client_of: SignIn
) -> None:
    pk = membership(bob, workspace).pk
    browser = client_of(charlie)
    assert browser.post(f"/settings/members/{pk}/role/", {"role": "viewer"}).status_code == 404
    assert browser.post(f"/settings/members/{pk}/remove/", {"confirmed": "1"}).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_two_owners_who_leave_at_once_one_stays(workspace: Workspace, alice: User) -> None:
    second = factories.make_member(workspace, "second@example.com", Role.OWNER)
    refused = []

    def run(mine: Membership) -> None:
        try:
            members.leave(mine, now=timezone.now())
        except members.LastOwner as no:
            refused.append(no)

    at_once([partial(run, membership(user, workspace)) for user in (alice, second)])
    assert len(refused) == 1
    assert workspace.memberships.get().role == Role.OWNER


def test_a_role_that_is_none_may_nothing_and_breaks_no_page(
    workspace: Workspace, alice: User, bob: User, client_of: SignIn
) -> None:
    """Written into the database by hand, or by a later release."""
    hers = membership(bob, workspace)
    _, plain = api_tokens.issue(bob, workspace, name="script")
    Membership.objects.filter(pk=hers.pk).update(role="emperor")
    his = client_of(bob)
    for path in ("/", "/pins/", "/pins/compose/", "/settings/members/", "/settings/"):
        answer = his.get(path)
        assert (answer.status_code, "Your role does not allow this" in answer.text) == (403, True), path
    assert his.get("/api/v1/pins", headers={"Authorization": f"Bearer {plain}"}).status_code == 401
    owners = client_of(alice)
    assert owners.get("/settings/members/").status_code == 200
    assert owners.post(f"/settings/members/{hers.pk}/role/", {"role": "viewer"}).status_code == 302
    assert his.get("/pins/").status_code == 200


def test_an_invitation_to_no_role_is_not_sent_again(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    owners = client_of(alice)
    owners.post("/settings/members/", {"email": "ines@example.com", "role": "editor"})
    Invitation.objects.update(role="emperor")
    pk = Invitation.objects.get().pk
    assert owners.get("/settings/members/").status_code == 200
    answer = owners.post(f"/settings/invitations/{pk}/resend/", follow=True)
    assert "to no role that there is" in answer.text
