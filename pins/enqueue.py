"""What every door does after a verb: hand work to the workers. A silent broker is not the person's problem:
the sweepers find in the database what a lost message would have started."""

from __future__ import annotations

import logging
from functools import partial

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

from accounts import clock
from pins import tasks
from pins.media import preparing

logger = logging.getLogger(__name__)


def nudge_dispatcher() -> None:
    """Something may be due within seconds: don't wait for the next tick."""
    transaction.on_commit(partial(_send, tasks.dispatch))


def prepare(pk: int) -> None:
    transaction.on_commit(partial(_prepare, pk))


def fetch() -> None:
    """A picture was given by address, or is to be fetched again."""
    transaction.on_commit(partial(_send, tasks.hand_out_fetches))


def carry_out(change: int) -> None:
    transaction.on_commit(partial(_send, tasks.change_live, change))


def _prepare(pk: int) -> None:
    if not _send(tasks.prepare_media, pk):
        preparing.unsent(pk, now=clock.now())


def _send(task: Task[..., None], *args: int) -> bool:
    try:
        task.apply_async(args, retry=False)  # a person waits for the page
    except OperationalError:
        logger.warning("broker.silent")
        return False
    return True
