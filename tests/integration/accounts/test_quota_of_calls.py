"""How many calls Pinterest still takes: each call of a client counts, with the simulator's own headers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import boards, calls, quota, renewal
from accounts.models import PinterestAccount, Workspace
from accounts.pinterest import errors
from accounts.pinterest.client import Category, PinterestClient
from tests.integration.accounts.limits import WRITES, answer, window
from tests.support import factories
from tests.support.simulated import Simulator

DAY = 86_400

pinterest = pytest.mark.django_db


def write(account: PinterestAccount, name: str) -> None:
    boards.create_board(account, name=name, now=timezone.now())


def paths(simulator: Simulator, method: str) -> list[str]:
    return [call["path"] for call in simulator.calls() if call["method"] == method]


@pinterest
def test_every_call_of_a_client_is_counted_and_teaches(workspace: Workspace, simulator: Simulator) -> None:
    simulator.config(limits={"org_read": [500, 60], "org_write": [4, 60]})
    account = factories.connect(workspace, simulator)
    reads = len(paths(simulator, "GET"))
    write(account, "Desks")

    standing = {each.category: each for each in quota.standing(account) or []}
    assert [(level.limit, level.used) for level in standing["org_write"].levels if level.seconds == 60] == [
        (4, 1)
    ]
    assert [(level.limit, level.used) for level in standing["org_read"].levels if level.seconds == 60] == [
        (500, reads)
    ]


@pinterest
def test_a_call_that_would_break_a_window_is_not_sent(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.config(limits={"org_write": [2, 60]})
    write(account, "Desks")
    write(account, "Vases")
    with pytest.raises(errors.RateLimited) as no:
        write(account, "Lamps")
    assert 50 < no.value.retry_after <= 60
    assert no.value.http_status is None
    assert len(paths(simulator, "POST")) == 2


@pinterest
def test_a_short_wait_is_waited_for(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.config(limits={"org_write": [2, 1]})
    for name in ("Desks", "Vases", "Lamps", "Chairs", "Tables"):
        write(account, name)
    assert {call["status"] for call in simulator.calls() if call["method"] == "POST"} == {201}


@pinterest
def test_a_category_that_the_caller_took_itself_is_not_counted_twice(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.config(limits={"org_write": [2, 60]})
    write(account, "Desks")
    assert quota.take(account, "org_write") is None
    client = calls.fresh_client(account, now=timezone.now(), taken="org_write")
    client.create_board("Vases")
    assert quota.take(account, "org_write")


@pinterest
def test_trials_daily_budget_is_of_the_whole_app(workspace: Workspace, simulator: Simulator) -> None:
    limits = {"trial_org_write": [3, DAY], "trial": [1000, DAY]}
    simulator.config(tier="trial", limits=limits)
    account = factories.connect(workspace, simulator)
    other = factories.connect(workspace, simulator, "brasswren")
    for name in ("Desks", "Vases", "Lamps"):
        write(account, name)

    full = quota.take(other, "org_write")
    assert full is not None
    assert full.wait > timedelta(hours=23)
    assert full.message == (
        "Pinterest takes 3 changes a day from your Pinterest app, and all of them are used."
    )
    assert quota.take(other, "org_read") is None
    levels = [level for each in quota.standing(other) or [] for level in each.levels]
    assert {str(level) for level in levels if level.of_app} == {"3 changes a day", "1,000 calls a day"}


@pinterest
def test_calls_of_somebody_else_are_seen_in_the_next_response(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.config(limits={"org_write": [5, 60]})
    elsewhere = PinterestClient(account.access_token.reveal(), api_url=account.api_url)
    for name in ("One", "Two", "Three"):
        elsewhere.create_board(name)
    write(account, "Desks")
    assert quota.room(account, "org_write").left == 1


@pinterest
@pytest.mark.parametrize("headers", ["windows", "bare", "garbage"])
def test_a_429_holds_whatever_form_its_headers_have(
    headers: str, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.config(rate_headers=headers, limits={"org_write": [1, 30]})
    elsewhere = PinterestClient(account.access_token.reveal(), api_url=account.api_url)
    elsewhere.create_board("One")
    with pytest.raises(errors.RateLimited):
        write(account, "Desks")
    assert quota.room(account, "org_write").left == 0
    assert timedelta(seconds=5) < quota.room(account, "org_write").wait <= timedelta(seconds=30)


@pinterest
def test_spam_is_no_rate_limit(account: PinterestAccount, simulator: Simulator) -> None:
    body = {"code": 8, "message": "This request was blocked as spam."}
    simulator.fault("status", status=429, method="POST", body=body, times=1)
    with pytest.raises(errors.Spam):
        write(account, "Desks")
    assert quota.take(account, "org_write") is None


@pinterest
def test_a_write_that_finds_nobody_listening_costs_nothing(account: PinterestAccount) -> None:
    PinterestAccount.objects.filter(pk=account.pk).update(api_url="http://127.0.0.1:1/v5")
    account.refresh_from_db()
    quota.learn(account, answer(WRITES))

    def take(category: Category) -> None:
        assert quota.take(account, category) is None

    client = PinterestClient(
        "pina_x",
        api_url=account.api_url,
        on_response=lambda record: quota.learn(account, record),
        before=take,
    )
    for _ in range(20):
        with pytest.raises(errors.NoConnection):
            client.create_board("Desks")
    assert quota.room(account, "org_write").left == 5


@pinterest
def test_a_sync_waits_for_its_window_and_leaves_a_tenth(
    account: PinterestAccount, simulator: Simulator
) -> None:
    """One window is too small for it: it goes on in the next, and is never refused by Pinterest."""
    for name in range(12):
        write(account, f"Board {name}")
    simulator.config(limits={"org_read": [10, 1]})
    quota.learn(account, answer(window("org_read_app_id_user_id", 10, 1), category="org_read"))

    assert boards.sync(account, now=timezone.now()) >= 12
    assert 429 not in {call["status"] for call in simulator.calls()}


@pinterest
def test_renewing_tokens_is_counted_and_never_refused(account: PinterestAccount) -> None:
    quota.learn(account, answer(window("org_read_app_id_user_id", 1, 3600), category="org_read"))
    for _ in range(2):
        quota.take(account, "org_read")
    version = account.token_version
    renewal.renew(account, seen_version=version)
    assert account.token_version == version + 1
