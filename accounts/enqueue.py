"""Asking the queue for a sync, from any door."""

from __future__ import annotations

import logging
from datetime import datetime

from kombu.exceptions import OperationalError

from accounts import boards, tasks
from accounts.models import PinterestAccount

logger = logging.getLogger(__name__)


def start_sync(account: PinterestAccount, *, now: datetime) -> bool:
    """Enqueue a sync unless one is under way. False when the queue can't be reached; the account says so."""
    if not boards.ask_for_sync(account, now=now):
        return True
    try:
        tasks.sync_boards.delay_on_commit(account.pk)
    except OperationalError:
        logger.exception("boards.sync_not_queued", extra={"account": account.pk})
        boards.sync_not_queued(account)
        return False
    return True
