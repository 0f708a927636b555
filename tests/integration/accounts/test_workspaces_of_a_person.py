"""One person owns so many workspaces, whichever way they come to them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import invitations, members
from accounts.models import Invitation, Role, User, Workspace
from tests.conftest import SignIn
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db

WORDS = "as many as one person may have here"


@pytest.fixture(autouse=True)
def _two(settings: Any) -> None:
    cache.clear()
    settings.WORKSPACES_PER_PERSON = 2


def test_the_bound_is_said_at_the_field_and_what_was_typed_stays(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    browser = client_of(alice)
    assert browser.post("/workspaces/new/", {"name": "Second"}).status_code == 302
    answer = browser.post("/workspaces/new/", {"name": "Third"})
    assert answer.status_code == 422
    assert WORDS in answer.context["form"].errors["name"][0]
    assert 'value="Third"' in answer.text
    assert alice.memberships.count() == 2


def test_zero_is_any_number(workspace: Workspace, alice: User, settings: Any) -> None:
    settings.WORKSPACES_PER_PERSON = 0
    for name in ("Second", "Third", "Fourth"):
        members.create_workspace(alice, name=name)
    assert alice.memberships.count() == 4


def test_being_a_member_of_many_counts_nothing(workspace: Workspace, bob: User, vera: User) -> None:
    members.create_workspace(bob, name="One")
    members.create_workspace(bob, name="Two")
    assert bob.memberships.count() == 3


def test_nobody_is_made_owner_over_the_bound(
    workspace: Workspace, alice: User, bob: User, client_of: SignIn
) -> None:
    """Or workspaces would be made and handed over for ever."""
    members.create_workspace(bob, name="One")
    members.create_workspace(bob, name="Two")
    his = workspace.memberships.get(user=bob)
    answer = client_of(alice).post(f"/settings/members/{his.pk}/role/", {"role": "owner"})
    assert answer.status_code == 422
    assert WORDS in answer.text
    his.refresh_from_db()
    assert his.role == Role.EDITOR


def test_an_invitation_makes_no_owner_over_the_bound_and_stays_open(
    workspace: Workspace, charlie: User, client_of: SignIn
) -> None:
    members.create_workspace(charlie, name="Another")
    owner = workspace.memberships.select_related("user", "workspace").get(role=Role.OWNER)
    found = invitations.invite(workspace, email=charlie.email, role=Role.OWNER, by=owner, now=timezone.now())
    with pytest.raises(members.TooMany, match=WORDS):
        invitations.accept(found, charlie, now=timezone.now())
    assert Invitation.objects.live(timezone.now()).exists()
    charlie.memberships.all()[0].delete()
    invitations.accept(found, charlie, now=timezone.now())
    assert workspace.memberships.get(user=charlie).role == Role.OWNER


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_many_at_once_no_more_than_the_bound_are_made(alice: User) -> None:
    refused = []

    def run(number: int) -> None:
        try:
            members.create_workspace(alice, name=f"Workspace {number}")
        except members.TooMany as no:
            refused.append(no)

    at_once([partial(run, number) for number in range(5)])
    assert len(refused) == 3
    assert alice.memberships.count() == Workspace.objects.count() == 2
