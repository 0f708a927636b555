from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import api_tokens, members
from accounts.models import ApiToken, Membership, Role, User, Workspace
from accounts.models.token import digest

pytestmark = pytest.mark.django_db


def test_a_slug_that_is_taken_gets_something_more(alice: User, charlie: User) -> None:
    first = members.create_workspace(alice, name="Nördlicht & Söhne")
    second = members.create_workspace(charlie, name="Nördlicht & Söhne")
    nameless = members.create_workspace(alice, name="北")

    assert first.slug == "nordlicht-sohne"
    assert second.slug.startswith("nordlicht-sohne-")
    assert nameless.slug == "workspace"
    assert second.memberships.get().role == Role.OWNER


def test_a_zone_that_does_not_exist_becomes_utc(alice: User) -> None:
    workspace = members.create_workspace(alice, name="X", time_zone="Mars/Olympus")
    assert workspace.time_zone == "UTC"
    assert workspace.time_zone_confirmed is False


def test_a_token_is_found_by_its_text_and_kept_as_a_hash(alice: User, workspace: Workspace) -> None:
    token, plain = api_tokens.issue(alice, workspace, name="Script")

    found = api_tokens.authenticate(plain, now=timezone.now())

    assert plain.startswith("ps_")
    assert len(plain) == 46
    assert found == token
    assert found is not None
    assert found.role == Role.OWNER
    assert ApiToken.objects.get().token_hash == digest(plain)
    assert plain not in str(ApiToken.objects.values().get())


def test_a_token_costs_one_query_and_one_note_a_minute(
    alice: User, workspace: Workspace, django_assert_num_queries: object
) -> None:
    _, plain = api_tokens.issue(alice, workspace, name="Script")
    now = timezone.now()
    with django_assert_num_queries(2):  # type: ignore[operator]
        api_tokens.authenticate(plain, now=now)
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = api_tokens.authenticate(plain, now=now + timedelta(seconds=59))
        assert found is not None
        assert (found.user, found.workspace) == (alice, workspace)
    with django_assert_num_queries(2):  # type: ignore[operator]
        api_tokens.authenticate(plain, now=now + timedelta(seconds=61))


@pytest.mark.parametrize("plain", ["", "ps_", "ps_" + "x" * 43, "pina_" + "x" * 43, "ps_" + "x" * 10_000])
def test_what_is_no_token_opens_nothing(workspace: Workspace, plain: str) -> None:
    assert api_tokens.authenticate(plain, now=timezone.now()) is None


def test_a_token_dies_with_the_membership(workspace: Workspace, bob: User) -> None:
    _, plain = api_tokens.issue(bob, workspace, name="Script")
    found = api_tokens.authenticate(plain, now=timezone.now())
    assert found is not None
    assert found.role == Role.EDITOR

    Membership.objects.filter(user=bob).delete()
    assert api_tokens.authenticate(plain, now=timezone.now()) is None


def test_a_token_has_the_role_of_its_own_workspace_only(workspace: Workspace, bob: User) -> None:
    members.create_workspace(bob, name="Bob’s own")
    _, plain = api_tokens.issue(bob, workspace, name="Script")

    found = api_tokens.authenticate(plain, now=timezone.now())
    assert found is not None
    assert found.role == Role.EDITOR


def test_a_revoked_token_and_one_of_a_closed_account_open_nothing(alice: User, workspace: Workspace) -> None:
    token, plain = api_tokens.issue(alice, workspace, name="Script")
    _, other = api_tokens.issue(alice, workspace, name="Other")
    api_tokens.revoke(token, now=timezone.now())
    assert api_tokens.authenticate(plain, now=timezone.now()) is None

    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert api_tokens.authenticate(other, now=timezone.now()) is None
