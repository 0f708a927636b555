"""An invitation is for one address, works once and for a while, and can be taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import invitations, members
from accounts.models import Invitation, Membership, Role, User, Workspace
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-and-unusual-phrase"


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    """allauth counts sign-ups by address in the cache."""
    cache.clear()


@pytest.fixture
def owner(alice: User, workspace: Workspace) -> Membership:
    return workspace.memberships.select_related("user").get(user=alice)


def mailed_path() -> str:
    found = re.search(r"http://localhost:8000(/invitations/\S+/)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def invited(owner: Membership, email: str = "ines@example.com", role: Role = Role.EDITOR) -> str:
    """The path of the link in the mail."""
    invitations.invite(owner.workspace, email=email, role=role, by=owner, now=timezone.now())
    return mailed_path()


def wait(time: timedelta) -> None:
    for row in Invitation.objects.all():
        row.sent_at, row.expires_at = row.sent_at - time, row.expires_at - time
        row.save()


def test_the_mail_says_who_invites_where_and_the_key_is_not_stored(owner: Membership) -> None:
    path = invited(owner, "INES@example.com", Role.VIEWER)

    sent = mail.outbox[0]
    assert sent.to == ["ines@example.com"]
    assert sent.subject == "Alice Owner invites you to “Alder & Oat” on PinSched"
    assert "as viewer" in str(sent.body)
    assert path.split("/")[2] not in str(Invitation.objects.values().get())


def test_a_stranger_signs_up_through_the_link_and_is_in(owner: Membership) -> None:
    path = invited(owner)
    browser = Client()
    page = browser.get(path).text
    assert "Alder &amp; Oat" in page
    assert "/accounts/signup/?email=ines%40example.com" in page
    form = browser.get("/accounts/signup/?email=ines@example.com").text
    assert "you are in “Alder &amp; Oat”" in form
    assert "Workspace name" not in form

    answer = browser.post("/accounts/signup/", {"email": "Ines@example.com", "password1": PASSWORD})

    assert answer["Location"] == "/"
    assert len(mail.outbox) == 1, "the link was the proof: no second mail asks for one"
    member = Membership.objects.get(user__email="ines@example.com")
    assert (member.workspace, member.role) == (owner.workspace, Role.EDITOR)
    assert browser.get("/settings/").context["workspace"] == owner.workspace
    assert Workspace.objects.count() == 1


def test_who_signs_up_with_another_address_is_not_let_in(owner: Membership) -> None:
    browser = Client()
    browser.get(invited(owner))
    browser.post("/accounts/signup/", {"email": "other@example.com", "password1": PASSWORD})

    user = User.objects.get(email="other@example.com")
    assert not EmailAddress.objects.get(user=user).verified
    assert user.memberships.get().workspace != owner.workspace
    assert Invitation.objects.live(timezone.now()).exists()


def test_a_signed_in_person_joins_with_one_press(owner: Membership, charlie: User, client_of: SignIn) -> None:
    path = invited(owner, "Charlie@example.com", Role.ADMIN)
    browser = client_of(charlie)
    assert "Join" in browser.get(path).text
    assert not owner.workspace.memberships.filter(user=charlie).exists()

    assert browser.post(path)["Location"] == "/"

    assert owner.workspace.memberships.get(user=charlie).role == Role.ADMIN
    assert browser.get("/settings/").context["workspace"] == owner.workspace
    assert browser.post(path).status_code == 404


def test_a_known_person_is_led_to_sign_in_and_back(owner: Membership, charlie: User) -> None:
    path = invited(owner, charlie.email)
    assert f"/accounts/login/?next={path}" in Client().get(path).text


@pytest.mark.parametrize("confirmed", [False, True])
def test_only_a_confirmed_address_counts(
    confirmed: bool, owner: Membership, charlie: User, client_of: SignIn
) -> None:
    EmailAddress.objects.create(user=charlie, email="ines@example.com", verified=confirmed)
    path = invited(owner)
    assert client_of(charlie).post(path).status_code == (302 if confirmed else 403)
    assert owner.workspace.memberships.filter(user=charlie).exists() is confirmed


def test_the_link_of_another_shows_whom_it_is_for(
    owner: Membership, charlie: User, client_of: SignIn
) -> None:
    page = client_of(charlie).get(invited(owner)).text
    assert "ines@example.com" in page
    assert "charlie@example.com" in page


def test_a_link_dies_after_a_week_when_taken_back_and_when_sent_again(
    owner: Membership, alice: User, client_of: SignIn
) -> None:
    first = invited(owner)
    wait(invitations.VALID_FOR)
    assert Client().get(first).status_code == 404

    invitation = Invitation.objects.get()
    invitations.send_again(invitation, by=owner, now=timezone.now())
    second = mailed_path()
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200

    answer = client_of(alice).post(f"/settings/invitations/{invitation.pk}/revoke/")
    assert answer.status_code == 302
    assert Client().get(second).status_code == 404


def test_a_mail_is_sent_again_only_after_a_minute(owner: Membership, alice: User, client_of: SignIn) -> None:
    invited(owner)
    path = f"/settings/invitations/{Invitation.objects.get().pk}/resend/"
    browser = client_of(alice)
    assert "Wait a minute" in browser.post(path, follow=True).text
    assert len(mail.outbox) == 1
    wait(invitations.AGAIN_AFTER)
    assert "on its way" in browser.post(path, follow=True).text
    assert len(mail.outbox) == 2


def test_the_form_says_at_the_address_why_not(
    owner: Membership, alice: User, bob: User, client_of: SignIn
) -> None:
    browser = client_of(alice)
    for email, words in (
        ("not an address", "Enter a valid email address."),
        (bob.email.upper(), "This person is in the workspace already."),
    ):
        answer = browser.post("/settings/members/", {"email": email, "role": "viewer"})
        assert answer.status_code == 422
        assert answer.context["form"].errors == {"email": [words]}
    assert (
        browser.post("/settings/members/", {"email": "ines@example.com", "role": "viewer"}).status_code == 302
    )
    again = browser.post("/settings/members/", {"email": "INES@example.com", "role": "editor"})
    assert "invited already" in str(again.context["form"].errors)
    assert len(mail.outbox) == 1


def test_a_workspace_sends_so_many_a_day_even_if_they_are_taken_back(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    for _ in range(2):
        invited(owner)
        invitations.revoke(Invitation.objects.open().get(), now=timezone.now())
    with pytest.raises(members.MayNot, match="Go on tomorrow"):
        invited(owner)
    assert len(mail.outbox) == 2


def test_one_that_ran_out_makes_room_for_a_new_one(owner: Membership) -> None:
    invited(owner)
    wait(invitations.VALID_FOR)
    invited(owner, role=Role.VIEWER)
    assert Invitation.objects.open().get().role == Role.VIEWER


def test_an_admin_invites_no_owner(owner: Membership, client_of: SignIn) -> None:
    admin = factories.make_member(owner.workspace, "admin@example.com", Role.ADMIN)
    answer = client_of(admin).post("/settings/members/", {"email": "ines@example.com", "role": "owner"})
    assert answer.status_code == 422
    assert "role" in answer.context["form"].errors
    membership = admin.memberships.get()
    with pytest.raises(members.MayNot):
        invitations.invite(
            owner.workspace, email="ines@example.com", role=Role.OWNER, by=membership, now=timezone.now()
        )


def test_an_invitation_does_not_change_what_a_member_is(owner: Membership, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=False)
    invited(owner, "second@example.com", Role.VIEWER)
    EmailAddress.objects.update(verified=True)
    invitations.accept(Invitation.objects.get(), alice, now=timezone.now())
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_a_silent_mail_server_keeps_the_invitation(
    owner: Membership, alice: User, client_of: SignIn, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = client_of(alice).post("/settings/members/", {"email": "ines@example.com", "role": "viewer"})
    assert "send it again in a while" in answer.text
    assert Invitation.objects.live(timezone.now()).exists()


def test_another_workspaces_invitation_is_not_found(
    owner: Membership, charlie: User, client_of: SignIn
) -> None:
    invited(owner)
    pk = Invitation.objects.get().pk
    for verb in ("resend", "revoke"):
        assert client_of(charlie).post(f"/settings/invitations/{pk}/{verb}/").status_code == 404
    assert Invitation.objects.live(timezone.now()).exists()
