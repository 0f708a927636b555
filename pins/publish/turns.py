"""A pool of threads in which owners take turns, and no owner ever has all of them. Knows nothing of Pins.

A pool's single line would let a hundred Pins of one account, or one whose calls hang, delay everybody behind.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from threading import Lock

Work = Callable[[], object]


class Turns:
    """In front of `pool`: of one owner at most `of_one` pieces of work are under way."""

    def __init__(self, pool: Executor, *, of_one: int) -> None:
        self._pool, self._of_one = pool, of_one
        self._lines: dict[int, deque[Work]] = {}  # of each owner that waits; who was served last stands last
        self._busy: Counter[int] = Counter()
        self._unserved = 0  # pieces whose thread came when their owners had all that they may have
        self._lock = Lock()

    def submit(self, owner: int, work: Work) -> None:
        """Raises RuntimeError after `finish`."""
        with self._lock:
            self._lines.setdefault(owner, deque()).append(work)
        self._pool.submit(self._serve)

    def finish(self) -> None:
        """Let what is under way end, and begin nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _serve(self) -> None:
        taken = self._take()
        if taken is None:
            return
        owner, work = taken
        try:
            work()
        finally:
            self._end(owner)

    def _take(self) -> tuple[int, Work] | None:
        with self._lock:
            owner = self._whose_turn()
            if owner is None:
                self._unserved += 1
                return None
            line = self._lines.pop(owner)
            work = line.popleft()
            if line:
                self._lines[owner] = line  # at the end
            self._busy[owner] += 1
            return owner, work

    def _whose_turn(self) -> int | None:
        """Of those who wait: who has fewest under way, then who was served longest ago."""
        free = [owner for owner in self._lines if self._busy[owner] < self._of_one]
        return min(free, key=lambda owner: self._busy[owner], default=None)

    def _end(self, owner: int) -> None:
        with self._lock:
            self._busy[owner] -= 1
            if not self._busy[owner]:
                del self._busy[owner]
            serve = self._unserved > 0
            self._unserved -= serve
        if serve:
            with suppress(RuntimeError):  # it has finished meanwhile
                self._pool.submit(self._serve)
