"""The operator's pages: found, filtered, without tokens, at a price that does not grow."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import api_tokens, tasks
from accounts.models import Health, PinterestAccount, User, Workspace
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

MODELS = ["user", "workspace", "pinterestaccount", "board", "apitoken"]


def fill(workspace: Workspace, alice: User, number: int) -> None:
    for n in range(number):
        account = factories.make_account(workspace, username=f"account{n}", pinterest_id=f"a{number}-{n}")
        account.boards.create(pinterest_id=f"b{number}-{n}", name=f"Board {n}")
        api_tokens.issue(alice, workspace, name=f"Token {n}")
        factories.make_user(f"person{number}-{n}@example.com")


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_with_many_rows(
    model: str, operator: Client, workspace: Workspace, alice: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert operator.get(f"/admin/accounts/{model}/").status_code == 200
        return len(found)

    fill(workspace, alice, 2)
    queries()
    before = queries()
    fill(workspace, alice, 25)
    assert queries() == before


@pytest.mark.parametrize("model", MODELS)
def test_rows_can_be_searched_and_opened(
    model: str, operator: Client, workspace: Workspace, alice: User
) -> None:
    fill(workspace, alice, 1)
    found = operator.get(f"/admin/accounts/{model}/?q=a")
    assert found.status_code == 200
    row = found.context["cl"].result_list[0]
    assert operator.get(f"/admin/accounts/{model}/{row.pk}/change/").status_code == 200


def test_no_token_is_shown(operator: Client, workspace: Workspace, alice: User) -> None:
    account = factories.make_account(workspace)
    token, _ = api_tokens.issue(alice, workspace, name="Script")
    pages = [
        operator.get("/admin/accounts/pinterestaccount/"),
        operator.get(f"/admin/accounts/pinterestaccount/{account.pk}/change/"),
        operator.get("/admin/accounts/apitoken/"),
        operator.get(f"/admin/accounts/apitoken/{token.pk}/change/"),
    ]
    shown = b"".join(page.content for page in pages)
    for secret in (b"pina_", b"pinr_", b"access_token", b"refresh_token", token.token_hash.encode()):
        assert secret not in shown


def act(operator: Client, action: str, account: PinterestAccount) -> None:
    answer = operator.post(
        "/admin/accounts/pinterestaccount/",
        {"action": action, "_selected_action": [account.pk], "confirmed": "yes"},
    )
    assert answer.status_code == 302
    account.refresh_from_db()


def test_an_operator_syncs_holds_and_releases(
    operator: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    monkeypatch.setattr(tasks.sync_boards, "delay_on_commit", queued.append)
    account = factories.make_account(workspace)

    act(operator, "sync_boards", account)
    assert queued == [account.pk]
    act(operator, "hold", account)
    assert account.health == Health.HELD
    act(operator, "release", account)
    assert account.is_active


def test_connections_are_neither_made_nor_deleted_here(operator: Client, workspace: Workspace) -> None:
    account = factories.make_account(workspace)
    assert operator.get("/admin/accounts/pinterestaccount/add/").status_code == 403
    assert operator.post(f"/admin/accounts/pinterestaccount/{account.pk}/delete/").status_code == 403


def test_a_person_is_added_by_address(operator: Client) -> None:
    answer = operator.post(
        "/admin/accounts/user/add/",
        {
            "email": "new@example.com",
            "name": "New",
            "usable_password": "true",
            "password1": "a-long-and-unusual-phrase",
            "password2": "a-long-and-unusual-phrase",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        },
    )
    assert answer.status_code == 302
    assert User.objects.get(email="new@example.com").check_password("a-long-and-unusual-phrase")


def test_others_are_not_let_in(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    for model in MODELS:
        assert client_of(alice).get(f"/admin/accounts/{model}/").status_code == 302
