"""Send work of accounts to the queue, from any door."""

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


def deletion(workspaces: list[int]) -> None:
    """Without a queue the next tick takes them up."""
    try:
        for pk in workspaces:
            tasks.delete_workspace.delay_on_commit(pk)
    except OperationalError:
        logger.exception("workspace.not_queued", extra={"workspaces": workspaces})


def renewal(account: PinterestAccount, *, asked_by: int) -> None:
    """Raises OperationalError when the queue can't be reached: somebody waits for the answer."""
    tasks.renew_tokens.apply_async((account.pk, account.token_version, asked_by), retry=False)
