"""An invitation is worth what its sender may do at the moment when it is accepted."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import closing, invitations, members
from accounts.models import Invitation, Membership, Role, User, Workspace
from tests.conftest import SignIn
from tests.support import factories
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


@pytest.fixture
def owner(alice: User, workspace: Workspace) -> Membership:
    return workspace.memberships.select_related("user", "workspace").get(user=alice)


@pytest.fixture
def admin(workspace: Workspace) -> Membership:
    user = factories.make_member(workspace, "admin@example.com", Role.ADMIN)
    return workspace.memberships.select_related("user", "workspace").get(user=user)


def invited(by: Membership, email: str, role: Role = Role.EDITOR) -> str:
    """The path of the link in the mail."""
    invitations.invite(by.workspace, email=email, role=role, by=by, now=timezone.now())
    found = re.search(r"http://localhost:8000(/invitations/\S+/)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def switched_off(admin: Membership, owner: Membership) -> None:
    User.objects.filter(pk=admin.user_id).update(is_active=False)


def demoted(admin: Membership, owner: Membership) -> None:
    members.change_role(admin, role=Role.EDITOR, by=owner)


def removed(admin: Membership, owner: Membership) -> None:
    members.remove(admin, by=owner, now=timezone.now())


def gone(admin: Membership, owner: Membership) -> None:
    members.leave(admin, now=timezone.now())
    admin.user.delete()


def by_the_admin_site(admin: Membership, owner: Membership) -> None:
    Membership.objects.filter(pk=admin.pk).update(role=Role.VIEWER)


def workspace_going(admin: Membership, owner: Membership) -> None:
    closing.begin(admin.workspace, now=timezone.now())


ENDS = (switched_off, demoted, removed, gone, by_the_admin_site, workspace_going)


@pytest.mark.parametrize("end", ENDS)
def test_it_dies_with_its_senders_right(
    end: Callable[[Membership, Membership], None],
    admin: Membership,
    owner: Membership,
    charlie: User,
    client_of: SignIn,
) -> None:
    path = invited(admin, charlie.email)
    browser = client_of(charlie)
    assert "Join" in browser.get(path).text
    end(admin, owner)

    assert Client().get(path).status_code == 404
    assert browser.post(path).status_code == 404
    assert not Membership.objects.filter(user=charlie, workspace=owner.workspace).exists()


def test_an_owner_who_becomes_admin_invites_no_owner_any_more(
    owner: Membership, charlie: User, bob: User, client_of: SignIn
) -> None:
    as_owner = invited(owner, charlie.email, Role.OWNER)
    as_editor = invited(owner, "ines@example.com")
    his = owner.workspace.memberships.get(user=bob)
    members.change_role(his, role=Role.OWNER, by=owner)
    members.change_role(owner, role=Role.ADMIN, by=his)

    assert client_of(charlie).post(as_owner).status_code == 404
    assert Client().get(as_editor).status_code == 200


def test_who_comes_back_does_not_bring_the_old_links_back(
    admin: Membership, owner: Membership, charlie: User, operator: Client
) -> None:
    path = invited(admin, charlie.email)
    members.change_role(admin, role=Role.VIEWER, by=owner)
    members.change_role(admin, role=Role.ADMIN, by=owner)
    assert Client().get(path).status_code == 404

    second = invited(admin, charlie.email)
    page = f"/admin/accounts/user/{admin.user_id}/change/"
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    kept = {"theme": "system", "trouble_mails": "on"} | inline
    assert operator.post(page, kept).status_code == 302
    assert operator.post(page, kept | {"is_active": "on"}).status_code == 302
    assert User.objects.get(pk=admin.user_id).is_active
    assert Client().get(second).status_code == 404


def test_another_may_send_it_again_and_vouches_for_it(
    admin: Membership, owner: Membership, charlie: User, client_of: SignIn
) -> None:
    invited(admin, charlie.email)
    switched_off(admin, owner)
    found = Invitation.objects.get()
    Invitation.objects.update(sent_at=found.sent_at - invitations.AGAIN_AFTER)
    page = client_of(owner.user).get("/settings/members/").text
    assert "may no longer invite" in page

    client_of(owner.user).post(f"/settings/invitations/{found.pk}/resend/")

    path = re.findall(r"/invitations/\S+/", str(mail.outbox[-1].body))[-1]
    assert "Alice Owner" in mail.outbox[-1].subject
    assert client_of(charlie).post(path).status_code == 302


def test_an_admin_does_not_send_an_owners_invitation_again(
    admin: Membership, owner: Membership, client_of: SignIn
) -> None:
    invited(owner, "ines@example.com", Role.OWNER)
    pk = Invitation.objects.get().pk
    said = client_of(admin.user).post(f"/settings/invitations/{pk}/resend/", follow=True).text
    assert "Only an owner can invite an owner." in said
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.parametrize("end", [switched_off, demoted, removed, by_the_admin_site, workspace_going])
def test_who_accepts_while_the_right_ends_waits_and_is_refused(
    end: Callable[[Membership, Membership], None], admin: Membership, owner: Membership, charlie: User
) -> None:
    """The right ends in a transaction that is still open: acceptance waits for it, and sees what it did."""
    invited(admin, charlie.email)
    found = Invitation.objects.get()
    seen: list[str] = []

    def accept() -> None:
        try:
            invitations.accept(found, charlie, now=timezone.now())
            seen.append("in")
        except invitations.Gone:
            seen.append("gone")
        finally:
            connections.close_all()

    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    thread = threading.Thread(target=accept)
    with transaction.atomic():
        end(admin, owner)
        thread.start()
        wait_until(somebody_waits, what="acceptance to wait for the lock")
    thread.join()

    assert seen == ["gone"]
    assert not Membership.objects.filter(user=charlie, workspace=owner.workspace).exists()
