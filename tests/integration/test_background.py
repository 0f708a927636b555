"""Slow tasks never take all threads of a worker, nor keep the looking for lost Pins waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings
from redis import Redis

from accounts.background import Background, Lookup, _Roomed
from accounts.models import PinterestAccount
from pins import tasks

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


def test_one_that_finds_no_room_comes_again_later() -> None:
    with full(Background), messages("publish") as came:
        tasks.change_live(0)
    assert came == [1]
    with messages("publish") as came:
        tasks.change_live(0)
    assert came == [0]


def test_lost_pins_are_looked_for_while_everything_slow_is_under_way() -> None:
    with full(Background), messages("dispatch") as came, pytest.raises(PinterestAccount.DoesNotExist):
        tasks.look(0, 0, None)  # it ran
    assert came == [0]
    with full(Lookup), messages("dispatch") as came:
        tasks.look(0, 0, None)
    assert came == [1]
