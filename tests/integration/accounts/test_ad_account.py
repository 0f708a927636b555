"""An account that acts for an ad account: the id is tried out, kept, and then goes with each call."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import boards, tasks
from accounts.models import PinterestAccount, Role, User, Workspace
from tests.conftest import SignIn
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    cache.clear()
    found: list[int] = []
    monkeypatch.setattr(tasks.sync_boards, "delay_on_commit", found.append)
    return found


def path(account: PinterestAccount) -> str:
    return f"/accounts/{account.pk}/ad-account/"


def last_query(simulator: Simulator) -> str:
    return str(simulator.calls()[-1]["query"])


def test_the_id_is_tried_then_goes_with_each_call_until_it_is_cleared(
    account: PinterestAccount, alice: User, client_of: SignIn, simulator: Simulator, queued: list[int]
) -> None:
    browser = client_of(alice)
    answer = browser.post(path(account), {"ad_account_id": "549755885175"}, follow=True)
    assert "acts for @alderandoat now" in answer.text
    assert 'value="549755885175"' in answer.text
    assert queued == [account.pk]  # whose boards they are may have changed
    assert "ad_account_id=549755885175" in last_query(simulator)

    account.refresh_from_db()
    boards.newest_pins(account, now=timezone.now())
    assert "ad_account_id=549755885175" in last_query(simulator)

    browser.post(path(account), {"ad_account_id": ""})
    account.refresh_from_db()
    boards.newest_pins(account, now=timezone.now())
    assert "ad_account_id" not in last_query(simulator)


def test_what_pinterest_refuses_is_not_kept(
    account: PinterestAccount, alice: User, client_of: SignIn, simulator: Simulator
) -> None:
    simulator.fault("status", status=403, body={"code": 7, "message": "Not your ad account."})
    answer = client_of(alice).post(path(account), {"ad_account_id": "777"})
    assert answer.status_code == 422
    assert 'value="777"' in answer.text
    account.refresh_from_db()
    assert account.ad_account_id == ""


@pytest.mark.parametrize("wrong", ["act_549", "٥٤٩", "5" * 19, "549 755"])
def test_an_id_is_digits_only(account: PinterestAccount, alice: User, client_of: SignIn, wrong: str) -> None:
    answer = client_of(alice).post(path(account), {"ad_account_id": wrong})
    assert answer.status_code == 422
    assert "id_ad_account_id_error" in answer.text
    account.refresh_from_db()
    assert account.ad_account_id == ""


def test_it_takes_an_admin_of_the_workspace(
    workspace: Workspace, bob: User, charlie: User, client_of: SignIn
) -> None:
    offline = factories.make_account(workspace, ad_account_id="549")
    admin = factories.make_member(workspace, "ada@example.com", Role.ADMIN)
    assert client_of(bob).post(path(offline), {"ad_account_id": ""}).status_code == 403
    assert client_of(charlie).post(path(offline), {"ad_account_id": ""}).status_code == 404
    assert "acts for the ad account 549" in client_of(bob).get(f"/accounts/{offline.pk}/").text
    assert client_of(admin).post(path(offline), {"ad_account_id": ""}).status_code == 302
    offline.refresh_from_db()
    assert offline.ad_account_id == ""
