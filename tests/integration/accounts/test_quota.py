"""How many calls Pinterest still takes: counted in a real Redis, taught by the simulator's own headers."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import boards, calls, counters, quota, renewal
from accounts.models import PinterestAccount, Workspace
from accounts.pinterest import errors
from accounts.pinterest.client import CallRecord, Category, PinterestClient
from accounts.pinterest.limits import Limits, Window
from tests.conftest import ROOT
from tests.support import factories
from tests.support.simulated import Simulator

DAY = 86_400
MINUTE = timedelta(minutes=1)


@pytest.fixture
def nobody(request: pytest.FixtureRequest) -> PinterestAccount:
    """An account that was never used and that no database knows; each test has its own."""
    return somebody(f"{request.node.name}-{time.monotonic_ns()}")


def somebody(host: str, pinterest_id: str = "1000") -> PinterestAccount:
    return PinterestAccount(
        pk=int(pinterest_id), pinterest_id=pinterest_id, username="offline", api_url=f"http://{host}/v5"
    )


def host_of(account: PinterestAccount) -> str:
    return account.api_url.removeprefix("http://").removesuffix("/v5")


def answer(
    *windows: Window,
    remaining: int | None = None,
    reset: float | None = None,
    limit: int | None = None,
    category: Category = "org_write",
    **more: Any,
) -> CallRecord:
    """A response. Its numbers are of the first window, unless `limit` names another."""
    bound = limit if limit is not None else windows[0].limit if windows else None
    return CallRecord("POST", category, 200, Limits(bound, remaining, reset, windows), "rid", 5, **more)


def taken(account: PinterestAccount, category: Category = "org_write", *, most: int = 2_000) -> int:
    """How many calls are granted before one is refused."""
    return next((number for number in range(most) if quota.take(account, category)), most)


def window(name: str, limit: int, seconds: int = 60) -> Window:
    return Window(limit, seconds, name)


WRITES = window("org_write_app_id_user_id", 5)


# Counting ------------------------------------------------------------------------------------------------


def test_before_any_response_the_documented_limits_hold(nobody: PinterestAccount) -> None:
    assert quota.room(nobody, "org_analytics") == quota.Room(60)

    assert taken(nobody, "org_analytics") == 60

    full = quota.take(nobody, "org_analytics")
    assert full is not None
    assert timedelta(seconds=38) < full.wait <= MINUTE
    assert full.message == (
        "Pinterest takes 60 analytics reads a minute from this account, and all of them are used."
    )
    room = quota.room(nobody, "org_analytics")
    assert room.left == 0
    assert timedelta(seconds=38) < room.wait <= full.wait


def test_the_safety_net_is_one_for_all_categories(nobody: PinterestAccount) -> None:
    net = window("safety_net_app_id_user_id", 10, 60)
    for category in ("org_read", "org_write"):
        own = window(f"{category}_app_id_user_id", 8)
        quota.learn(nobody, answer(net, own, category=category))

    assert taken(nobody, "org_write") == 8
    assert taken(nobody, "org_read") == 2


def test_a_refused_call_is_counted_nowhere(nobody: PinterestAccount) -> None:
    net = window("safety_net_app_id_user_id", 10)
    quota.learn(nobody, answer(net, WRITES))
    assert taken(nobody) == 5
    for _ in range(20):
        assert quota.take(nobody, "org_write")

    levels = {level.name: level.used for level in quota.standings([nobody])[nobody.pk][0].levels}  # type: ignore[index]
    assert levels == {net.name: 5, WRITES.name: 5}


def test_all_of_a_cost_is_granted_or_nothing(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    assert quota.take(nobody, "org_write", cost=3) is None
    assert quota.take(nobody, "org_write", cost=3)
    assert quota.take(nobody, "org_write", cost=2) is None


def test_a_share_can_be_left_to_whoever_is_more_urgent(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(window("org_write_app_id_user_id", 10)))
    for _ in range(9):
        assert quota.take(nobody, "org_write", spare=0.1) is None
    assert quota.take(nobody, "org_write", spare=0.1)
    assert quota.take(nobody, "org_write") is None


def test_users_do_not_share_but_workspaces_of_one_user_do(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    again, other = somebody(host_of(nobody)), somebody(host_of(nobody), "2000")
    again.pk = 77

    assert taken(nobody) == 5
    assert taken(again) == 0
    assert taken(other) == 5
    rooms = quota.rooms([nobody, again, other, somebody(host_of(nobody), "3000")], "org_write")
    assert {pk: room.left for pk, room in rooms.items()} == {1000: 0, 77: 0, 2000: 0, 3000: 5}


# In a process of its own, which forks eight: one start of Django, and no thread of ours is copied.
TAKE_MANY = """
import multiprocessing, sys, threading, django
django.setup()
from accounts import quota
from accounts.models import PinterestAccount
account = PinterestAccount(pinterest_id="1000", api_url=sys.argv[1])
fork = multiprocessing.get_context("fork")
ready, granted = fork.Barrier(8), fork.Value("i", 0)
def take():
    for _ in range(16):
        if quota.take(account, "org_write") is None:
            with granted.get_lock():
                granted.value += 1
def work():
    threads = [threading.Thread(target=take) for _ in range(8)]
    ready.wait()
    for thread in threads: thread.start()
    for thread in threads: thread.join()
processes = [fork.Process(target=work) for _ in range(8)]
for process in processes: process.start()
for process in processes: process.join()
print(granted.value, [process.exitcode for process in processes])
"""


def test_of_a_thousand_takers_in_eight_processes_exactly_a_hundred_are_granted(
    nobody: PinterestAccount,
) -> None:
    quota.learn(nobody, answer(window("org_write_app_id_user_id", 100, 3600)))
    done = subprocess.run(
        [sys.executable, "-c", TAKE_MANY, nobody.api_url],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.stdout == f"100 {[0] * 8}\n", done.stderr
    assert quota.room(nobody, "org_write").left == 0


# Learning ------------------------------------------------------------------------------------------------


def test_fewer_left_than_we_thought_raises_our_count(nobody: PinterestAccount) -> None:
    quota.take(nobody, "org_write")
    quota.learn(nobody, answer(WRITES, remaining=2, reset=37))
    room = quota.room(nobody, "org_write")
    assert room.left == 2

    assert taken(nobody) == 2
    full = quota.take(nobody, "org_write")
    assert full is not None
    assert timedelta(seconds=20) < full.wait <= timedelta(seconds=37)


def test_more_left_than_we_thought_does_not_forget_calls_under_way(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    assert taken(nobody) == 5
    quota.learn(nobody, answer(WRITES, remaining=4, reset=60))
    assert quota.take(nobody, "org_write")


def test_nothing_left_waits_until_pinterest_says_it_is_new(nobody: PinterestAccount) -> None:
    quota.take(nobody, "org_write")
    quota.learn(nobody, answer(WRITES, remaining=0, reset=55))
    full = quota.take(nobody, "org_write")
    assert full is not None
    assert timedelta(seconds=38) < full.wait <= timedelta(seconds=55)


def test_a_limit_that_slides_does_not_add_up_for_ever(nobody: PinterestAccount) -> None:
    """Its end is always a whole window ahead: ours ends when it must, however often it is told so."""
    wide = window("org_write_app_id_user_id", 100)
    quota.learn(nobody, answer(wide))
    now = time.time() * 1000
    keep(nobody, f"{wide.name};60", used=99, first=now - 58_000, ends=now + 2_000)
    quota.learn(nobody, answer(wide, remaining=99, reset=60))
    assert taken(nobody) == 1
    full = quota.take(nobody, "org_write")
    assert full is not None
    assert full.wait < timedelta(seconds=8)


def test_a_new_limit_replaces_the_old_one(nobody: PinterestAccount) -> None:
    trial = window("trial_org_write_app_id", 3, DAY)
    assert quota.take(nobody, "org_write") is None
    quota.learn(nobody, answer(WRITES, trial))
    assert taken(nobody) == 2  # of three: nobody knew the window when the first call was counted
    full = quota.take(nobody, "org_write")
    assert full is not None
    assert full.level is not None
    assert full.level.of_app
    assert full.message == (
        "Pinterest takes 3 changes a day from your Pinterest app, and all of them are used."
    )
    # Standard access was granted: the daily budget is gone from the headers.
    quota.learn(nobody, answer(WRITES))
    assert taken(nobody) == 2


def test_a_limit_of_nothing_lets_one_call_a_window_find_out(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(window("org_write_app_id_user_id", 0)))
    assert quota.room(nobody, "org_write") == quota.Room(1)
    assert taken(nobody) == 1


def test_retry_after_holds_all_calls_of_the_category_and_no_other(nobody: PinterestAccount) -> None:
    quota.learn(nobody, CallRecord("POST", "org_write", 429, None, "rid", 5, retry_after=90.0))
    full = quota.take(nobody, "org_write")
    assert full is not None
    assert timedelta(seconds=61) < full.wait <= timedelta(seconds=90)
    assert full.message == "Pinterest asked for a pause."
    assert quota.take(nobody, "org_read") is None
    # A shorter one that comes later doesn't shorten it.
    quota.pause(nobody, "org_write", timedelta(seconds=1))
    assert quota.room(nobody, "org_write").wait > timedelta(seconds=80)


@pytest.mark.parametrize(
    ("limit", "reset", "bound"),
    [
        (100, 1, "safety_net_app_id_user_id"),
        (100, 37, "org_write_app_id_user_id"),
        (1000, 5000, "trial_app_id"),
        (60, 5, None),
        (100, 61, None),
    ],
)
def test_the_window_that_the_numbers_are_of(
    limit: int, reset: int, bound: str | None, nobody: PinterestAccount
) -> None:
    windows = (
        window("safety_net_app_id_user_id", 100, 1),
        window("org_write_app_id_user_id", 100),
        window("trial_app_id", 1000, DAY),
    )
    quota.learn(nobody, answer(*windows, limit=limit, remaining=0, reset=reset))
    [levels] = [standing.levels for standing in (quota.standing(nobody) or [])[:1]]
    assert [level.name for level in levels if not level.left] == ([bound] if bound else [])


@pytest.mark.parametrize("limits", [None, Limits(None, None, None), Limits(7, 0, None), Limits(7, 0, 3.0)])
def test_headers_that_say_too_little_change_nothing(limits: Limits | None, nobody: PinterestAccount) -> None:
    quota.learn(nobody, CallRecord("POST", "org_write", 201, limits, "rid", 5))
    assert quota.room(nobody, "org_write") == quota.Room(100)


@pytest.mark.parametrize("name", ["", "é", "x 1;60;y", "a;b", "x" * 500, "pause:org_write"])
def test_a_strange_name_is_as_good_as_any(name: str, nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(window(name, 50), remaining=40, reset=60))
    assert taken(nobody) == 40


def test_a_call_that_never_left_is_given_back(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    assert taken(nobody) == 5
    quota.learn(nobody, CallRecord("POST", "org_write", None, None, "", 5, has_left=False))
    assert taken(nobody) == 1


# Redis ---------------------------------------------------------------------------------------------------


def test_a_silent_redis_lets_all_calls_through_and_is_logged_once(
    nobody: PinterestAccount, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    quota.learn(nobody, answer(WRITES))
    assert taken(nobody) == 5
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with caplog.at_level(logging.WARNING):
        assert taken(nobody, most=300) == 300
        quota.learn(nobody, answer(WRITES, remaining=0, reset=60))
        assert quota.room(nobody, "org_write") == quota.Room(100)
        assert quota.standing(nobody) is None
    assert caplog.text.count("counters.silent") == 1
    settings.REDIS_URL = "nonsense"
    assert quota.take(nobody, "org_write") is None


def test_an_emptied_redis_learns_again_from_one_response(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    taken(nobody)
    forget(nobody)
    assert quota.take(nobody, "org_write") is None
    quota.learn(nobody, answer(WRITES, remaining=0, reset=50))
    assert quota.take(nobody, "org_write")


def test_scripts_that_redis_forgot_are_sent_again(nobody: PinterestAccount) -> None:
    assert quota.take(nobody, "org_write") is None
    counters.here().redis.script_flush()
    assert quota.take(nobody, "org_write") is None
    assert quota.room(nobody, "org_write").left == 98


def test_a_clock_that_was_set_back_frees_what_it_would_hold_for_ever(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    taken(nobody)
    ahead = (time.time() + 7 * DAY) * 1000
    keep(nobody, f"{WRITES.name};60", used=5, first=ahead, ends=ahead + 60_000)
    keep(nobody, "pause:org_write", used=0, first=ahead, ends=ahead + 60_000)
    assert taken(nobody) == 5


def test_what_nobody_asks_for_is_forgotten(nobody: PinterestAccount) -> None:
    quota.learn(nobody, answer(WRITES))
    quota.take(nobody, "org_write")
    redis = counters.here().redis
    assert len(keys_of(nobody)) == 2
    assert all(0 < redis.ttl(key) <= 2 * DAY for key in keys_of(nobody))


def keys_of(account: PinterestAccount) -> list[bytes]:
    return list(counters.here().redis.scan_iter(f"pinsched:quota:*{account.api_url}*"))


def keep(account: PinterestAccount, field: str, *, used: int, first: float, ends: float) -> None:
    """Put a count where ours are kept, in milliseconds of the clock."""
    [app] = [key for key in keys_of(account) if key.endswith(account.api_url.encode())]
    counters.here().redis.hset(app.decode() + ":1000", field, f"{used} {first:.0f} {ends:.0f}")


def forget(account: PinterestAccount) -> None:
    counters.here().redis.delete(*keys_of(account))


# With Pinterest ------------------------------------------------------------------------------------------

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
