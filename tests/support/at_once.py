"""Several threads at the very same instant, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from tests.support.waiting import PATIENCE

Answer = TypeVar("Answer")


def at_once(works: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each answers, in their order; all begin together. Raises what one of them raised."""
    start = threading.Barrier(len(works))

    def apart(work: Callable[[], Answer]) -> Answer:
        start.wait(PATIENCE)
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(apart, works))
