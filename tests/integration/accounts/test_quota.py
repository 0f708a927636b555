"""How many calls Pinterest still takes: counted in a real Redis, taught by the simulator's own headers."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest

from accounts import counters, quota
from accounts.models import PinterestAccount
from accounts.pinterest.client import CallRecord, Category
from accounts.pinterest.limits import Limits
from tests.conftest import ROOT
from tests.integration.accounts.limits import WRITES, answer, window

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


def taken(account: PinterestAccount, category: Category = "org_write", *, most: int = 2_000) -> int:
    """How many calls are granted before one is refused."""
    return next((number for number in range(most) if quota.take(account, category)), most)


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
