"""Accounts take turns at the senders, and none has all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pins.publish.turns import Turns
from tests.support.waiting import wait_until

NOISY, QUIET = 1, 2


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_one_whose_work_hangs_leaves_threads_to_the_others(pool: ThreadPoolExecutor) -> None:
    turns, hangs, under_way = Turns(pool, of_one=3), threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        under_way.release()
        hangs.wait()

    try:
        for _ in range(50):
            turns.submit(NOISY, hang)
        for _ in range(3):
            under_way.acquire()
        done = threading.Event()
        turns.submit(QUIET, done.set)
        assert done.wait(20)
        assert not under_way.acquire(blocking=False)  # a fourth of the noisy one was not begun
    finally:
        hangs.set()


def test_who_has_fewest_under_way_comes_before_a_long_line() -> None:
    order: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        turns, begins = Turns(pool, of_one=1), threading.Event()
        turns.submit(NOISY, begins.wait)
        for _ in range(100):
            turns.submit(NOISY, lambda: order.append(NOISY))
        for _ in range(2):
            turns.submit(QUIET, lambda: order.append(QUIET))
        begins.set()
    assert order[:4] == [NOISY, QUIET, NOISY, QUIET] or order[:4] == [QUIET, NOISY, QUIET, NOISY]
    assert len(order) == 102


def test_nothing_is_left_lying_and_no_owner_passes_its_bound() -> None:
    most, now, done, lock = 0, 0, 0, threading.Lock()

    def work() -> None:
        nonlocal most, now, done
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1
            done += 1

    with ThreadPoolExecutor(8) as pool:
        turns = Turns(pool, of_one=2)
        for _ in range(2000):
            turns.submit(NOISY, work)
        wait_until(lambda: done == 2000, what="all work to be done")
    assert most <= 2


def test_work_that_breaks_gives_its_place_back() -> None:
    done = threading.Event()

    def broken() -> None:
        raise ValueError

    with ThreadPoolExecutor(1) as pool:
        turns = Turns(pool, of_one=1)
        turns.submit(NOISY, broken)
        turns.submit(NOISY, done.set)
        assert done.wait(20)


def test_after_the_end_nothing_is_taken_and_what_waits_is_not_begun() -> None:
    hangs, under_way, begun = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        under_way.set()
        hangs.wait()

    turns = Turns(ThreadPoolExecutor(2), of_one=1)
    turns.submit(NOISY, hang)
    turns.submit(NOISY, begun.set)
    under_way.wait()
    ends = threading.Thread(target=turns.finish)
    ends.start()
    wait_until(lambda: turns._pool._shutdown, what="the end to begin")  # type: ignore[attr-defined]
    hangs.set()
    ends.join()
    assert not begun.is_set()
    with pytest.raises(RuntimeError):
        turns.submit(QUIET, begun.set)
