"""Slow tasks never take all threads of a worker, nor keep the looking for lost Pins waiting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from accounts import counters
from accounts.background import NO_ROOM_WAIT, Background, Changing, Fetching, Lookup, Telling, _Roomed
from accounts.models import PinterestAccount
from accounts.pinterest.errors import RateLimited
from accounts.tasks import sync_boards
from pins import tasks
from pins.publish import reconcile
from pinsched import worker
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


@contextmanager
def full(kind: type[_Roomed]) -> Iterator[None]:
    """As many of these as may run at once are running."""
    with ExitStack() as stack:
        while kind.room.acquire(blocking=False):
            stack.callback(kind.room.release)
        yield


@contextmanager
def messages(queue: str) -> Iterator[list[int]]:
    """How many came into a queue meanwhile; they are taken out again."""
    key, came = f"pinsched:{queue}", [0]
    with Redis.from_url(settings.REDIS_URL) as redis:
        before = redis.llen(key)
        try:
            yield came
        finally:
            came[0] = redis.llen(key) - before
            redis.ltrim(key, came[0], -1)


def headers(queue: str) -> list[dict[str, Any]]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        return [json.loads(raw)["headers"] for raw in redis.lrange(f"pinsched:{queue}", 0, -1)]


@contextmanager
def request(**facts: object) -> Iterator[None]:
    """What a worker would know of the message that brought a look."""
    tasks.look.push_request(**facts)
    try:
        yield
    finally:
        tasks.look.pop_request()


def test_one_that_finds_no_room_comes_again_later() -> None:
    with full(Changing), messages("publish") as came:
        tasks.change_live(0)
    assert came == [1]
    with messages("publish") as came:
        tasks.change_live(0)
    assert came == [0]


def test_one_that_comes_again_counts_its_tries_on() -> None:
    """Of Celery's own kind, for which `max_retries` is an end."""
    with full(Lookup), messages("dispatch"), request(retries=2):
        tasks.look(0, 0, None)
        (said,) = headers("dispatch")
    assert said["retries"] == 2
    assert said["rounds"] == 1


def test_one_that_finds_no_room_until_its_work_is_handed_out_again_ends() -> None:
    """Else there would be one message more with each round."""
    last = int(reconcile.LOOK_LEASE.total_seconds() / NO_ROOM_WAIT)
    for rounds, sent_again in ((last - 2, 1), (last - 1, 0)):
        with full(Lookup), messages("dispatch") as came, request(headers={"rounds": rounds}):
            tasks.look(0, 0, None)
        assert came == [sent_again]


def test_no_kind_of_slow_work_takes_another_kinds_room() -> None:
    with ExitStack() as all_but_one:
        for kind in (Background, Lookup, Fetching):
            all_but_one.enter_context(full(kind))
        with messages("publish") as came, messages("analytics") as told:
            tasks.change_live(0)
            tasks.notify()
    assert (came, told) == ([0], [0])
    with full(Telling), messages("analytics") as told:
        tasks.notify()
    assert told == [1]


def test_the_rooms_together_leave_threads_to_the_ticks() -> None:
    rooms = sum(kind.room._initial_value for kind in _Roomed.__subclasses__())  # type: ignore[attr-defined]
    assert rooms <= worker.THREADS - 6


def test_lost_pins_are_looked_for_while_everything_slow_is_under_way() -> None:
    with full(Background), messages("dispatch") as came, pytest.raises(PinterestAccount.DoesNotExist):
        tasks.look(0, 0, None)  # it ran
    assert came == [0]
    with full(Lookup), messages("dispatch") as came:
        tasks.look(0, 0, None)
    assert came == [1]


def test_boards_that_pinterest_shows_again_in_hours_are_left_to_a_later_tick(
    account: PinterestAccount, simulator: Simulator
) -> None:
    """A message can't be held back for longer than the broker waits: it would come twice, and twice again."""
    read = {"method": "GET", "path": "/v5/boards$", "times": 1}
    simulator.fault("status", **read, status=429, headers={"Retry-After": "20"})
    with pytest.raises(RateLimited):  # for Celery, which sends it again
        sync_boards(account.pk)
    counters.here().redis.flushdb()  # its pause
    simulator.fault("status", **read, status=429, headers={"Retry-After": "4000"})
    sync_boards(account.pk)
