from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import api_tokens
from accounts.models import PinterestAccount, Role, User, Workspace
from tests.support import factories

pytestmark = pytest.mark.django_db


def make_token(*arguments: str) -> str:
    out, err = StringIO(), StringIO()
    call_command("create_api_token", *arguments, stdout=out, stderr=err)
    assert err.getvalue()
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_token_for_nobody_yet_makes_the_person_and_the_workspace() -> None:
    found = api_tokens.authenticate(make_token("ines@example.com"), now=timezone.now())

    assert found is not None
    assert found.user.email == "ines@example.com"
    assert found.role == Role.OWNER
    assert found.workspace.name == "ines’s workspace"
    assert EmailAddress.objects.get(user=found.user).verified


def test_a_second_token_is_for_the_same_workspace() -> None:
    first = api_tokens.authenticate(make_token("ines@example.com"), now=timezone.now())
    second = api_tokens.authenticate(make_token("INES@example.com"), now=timezone.now())

    assert first is not None
    assert second is not None
    assert (first.workspace, first.user) == (second.workspace, second.user)
    assert User.objects.count() == Workspace.objects.count() == 1


def test_a_workspace_by_its_slug_is_made_or_joined(bob: User, workspace: Workspace) -> None:
    joined = api_tokens.authenticate(
        make_token("bob@example.com", "--workspace", workspace.slug), now=timezone.now()
    )
    made = api_tokens.authenticate(
        make_token("bob@example.com", "--workspace", "brand-new"), now=timezone.now()
    )

    assert joined is not None
    assert (joined.workspace, joined.role) == (workspace, Role.EDITOR)
    assert made is not None
    assert (made.workspace.slug, made.role) == ("brand-new", Role.OWNER)


@pytest.mark.parametrize("arguments", [("nobody",), ("a@example.com", "--workspace", "not a slug")])
def test_what_is_no_address_or_slug_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("create_api_token", *arguments)
    assert User.objects.count() == 0


def sealed() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM accounts_pinterestaccount")
        first, second = cursor.fetchone()
    return first, second


def test_keys_are_rotated_and_the_old_one_can_go(workspace: Workspace, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.TOKEN_ENCRYPTION_KEYS = [old]
    factories.make_account(workspace, access_token="pina_x", refresh_token="pinr_x")
    before = sealed()
    settings.TOKEN_ENCRYPTION_KEYS = [new, old]
    out = StringIO()

    call_command("rotate_token_keys", stdout=out)

    assert "1 accounts re-encrypted" in out.getvalue()
    assert sealed() != before
    settings.TOKEN_ENCRYPTION_KEYS = [new]
    account = PinterestAccount.objects.get()
    assert account.access_token.reveal() == "pina_x"
    assert account.refresh_token.reveal() == "pinr_x"
    assert account.token_version == 0


def test_a_token_that_no_key_opens_is_named(workspace: Workspace, settings: Any) -> None:
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    factories.make_account(workspace, username="lost")
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match="@lost"):
        call_command("rotate_token_keys", stdout=StringIO())
