"""Nobody's mailbox is filled with PinSched's help: mails that others ask for are counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from limits import parse

from accounts import counters, invitations, mail_limits, members
from accounts.models import Invitation, Membership, Role, User, Workspace
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-and-unusual-phrase"


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def owner_of(workspace: Workspace) -> Membership:
    return workspace.memberships.select_related("user", "workspace").get(role=Role.OWNER)


def invite(by: Membership, email: str) -> None:
    invitations.invite(by.workspace, email=email, role=Role.VIEWER, by=by, now=timezone.now())


def an_hour_passes() -> None:
    """In the rows; what Redis counts goes on."""
    for row in Invitation.objects.all():
        row.sent_at -= timedelta(hours=1)
        row.save()


def test_sending_again_counts_as_sending(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    """A mail a minute, for ever, was what this door gave before."""
    invite(owner_of(workspace), "ines@example.com")
    path = f"/settings/invitations/{Invitation.objects.get().pk}/resend/"
    browser = client_of(alice)
    said = ""
    for _ in range(10):
        an_hour_passes()
        said = browser.post(path, follow=True).text
    assert len(mail.outbox) == mail_limits.TO_A_MAILBOX[0].amount
    assert "as many invitations as PinSched sends to one" in said
    assert Invitation.objects.live(timezone.now()).exists(), "the last link goes on working"


def test_a_mailbox_is_the_same_from_every_workspace_and_in_every_spelling(
    workspace: Workspace, charlie: User, alice: User, client_of: SignIn
) -> None:
    senders = [owner_of(workspace), charlie.memberships.select_related("user", "workspace").get()]
    spellings = ["ines@example.com", "INES+a@example.com", "ines+b@example.com", "ines+c@example.com"]
    for number, email in enumerate([*spellings, "ines+d@example.com"]):
        invite(senders[number % 2], email)

    answer = client_of(alice).post("/settings/members/", {"email": "ines+e@example.com", "role": "viewer"})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"email": [mail_limits.TOO_MANY_TO_IT]}
    assert "ines+e@example.com" in answer.text, "what was typed stays"
    assert not Invitation.objects.for_address("ines+e@example.com").exists()
    assert len(mail.outbox) == 5


def test_a_person_sends_so_many_over_all_workspaces(
    workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "OF_A_PERSON", parse("3/day"))
    second = factories.make_workspace(alice, name="Second")
    invite(owner_of(workspace), "one@example.com")
    invite(owner_of(workspace), "two@example.com")
    invite(owner_of(second), "three@example.com")
    with pytest.raises(members.MayNot, match="Go on tomorrow"):
        invite(owner_of(second), "four@example.com")
    assert len(mail.outbox) == 3


def test_what_is_refused_for_another_reason_costs_nothing(workspace: Workspace, bob: User) -> None:
    owner = owner_of(workspace)
    invite(owner, "ines@example.com")
    for email in [bob.email, "ines@example.com"] * 6:
        with pytest.raises(members.MayNot):
            invite(owner, email)
    members.remove(workspace.memberships.get(user=bob), by=owner, now=timezone.now())
    invite(owner, bob.email)
    assert len(mail.outbox) == 2


def test_with_redis_silent_no_invitation_is_sent(
    workspace: Workspace, alice: User, client_of: SignIn, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    counters.here()
    with pytest.raises(members.MayNot, match="can’t be counted"):
        invite(owner_of(workspace), "ines@example.com")
    assert not Invitation.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize("known", [True, False])
def test_new_passwords_fill_no_mailbox(known: bool, alice: User) -> None:
    tagged = [f"alice+{n}@example.com" for n in range(20)]
    if known:
        EmailAddress.objects.bulk_create(EmailAddress(user=alice, email=e, verified=True) for e in tagged)
    answers = {
        Client().post("/accounts/password/reset/", {"email": email}).status_code for email in tagged[:12]
    }
    assert answers == {302}, "the page tells nobody what was sent"
    assert len(mail.outbox) == mail_limits.ASKED_FOR.amount


def test_signing_up_with_somebody_elses_address_fills_no_mailbox(alice: User, settings: Any) -> None:
    settings.SIGNUP = "open"
    for number in range(9):
        Client().post("/accounts/signup/", {"email": f"victim+{number}@example.com", "password1": PASSWORD})
    assert len(mail.outbox) == mail_limits.ASKED_FOR.amount


def test_adding_addresses_to_ones_account_fills_no_mailbox(charlie: User, client_of: SignIn) -> None:
    browser = client_of(charlie)
    for number in range(9):
        browser.post("/accounts/email/", {"email": f"victim+{number}@example.com", "action_add": ""})
    assert len([sent for sent in mail.outbox if "victim" in sent.to[0]]) <= mail_limits.ASKED_FOR.amount


def test_a_notice_of_what_one_did_oneself_is_always_sent(alice: User, client_of: SignIn) -> None:
    """The mail that tells of a new password may tell of a thief."""
    for number in range(mail_limits.ASKED_FOR.amount + 1):
        mail_limits.spend_asked_for("account/email/password_reset_key", alice.email)
        old, new = (f"correct-horse-battery{n or ''}" for n in (number, number + 1))
        form = {"oldpassword": old, "password1": new, "password2": new}
        client_of(User.objects.get(pk=alice.pk)).post("/accounts/password/change/", form)
    assert len(mail.outbox) == mail_limits.ASKED_FOR.amount + 1
