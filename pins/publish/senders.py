"""This process's threads that call Pinterest: several accounts at once, none of them in another's way.

Threads of their own, so that Celery's stay free for the next tick. What is handed over and lost with this
process is sent on its way again when its lease is over.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Final

from django.db import close_old_connections

from pins.models import Attempt
from pins.publish import publication
from pins.publish.turns import Turns

logger = logging.getLogger(__name__)

LEAD: Final = timedelta(milliseconds=400)  # messages come this early, so that a Pin is ready at its time
THREADS: Final = 32  # calls at a time of one process
OF_ONE: Final = 12  # of one account: far more than Pinterest lets through; calls that hang hold up no other


def hand_over(pks: Sequence[int]) -> None:
    """Have these claimed attempts sent, and return at once.

    One message and one look at the database for several Pins: these cost more than all else that a Pin costs
    here.
    """
    with _lock:
        new = [pk for pk in pks if pk not in _handed]
        _handed.update(new)
    left = set(new)
    try:
        for attempt in publication.claimed(new):
            # In a context of its own: with the task's id, for the logs.
            _turns.submit(attempt.pin.account_id or 0, partial(copy_context().run, _publish, attempt))
            left.discard(attempt.pk)
    finally:  # of what no thread has, the database being away, say, the next message must be heard
        with _lock:
            _handed.difference_update(left)


def is_idle() -> bool:
    with _lock:
        return not _handed


def finish() -> None:
    """Let calls that are under way end, and begin no other: this process is about to stop."""
    _turns.finish()


_turns = Turns(ThreadPoolExecutor(THREADS, thread_name_prefix="sender"), of_one=OF_ONE)
_handed: set[int] = set()  # waiting for a thread, or with one: a second message for these has nothing to say
_lock = Lock()


def _publish(attempt: Attempt) -> None:
    try:
        publication.publish(attempt)
    except Exception:  # its lease heals it
        logger.exception("publish.broke", extra={"attempt": attempt.pk})
    finally:
        with _lock:
            _handed.discard(attempt.pk)
        close_old_connections()
