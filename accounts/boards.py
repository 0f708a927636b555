"""Boards and sections: mirrored from Pinterest, made on Pinterest. And what is newest there, read live."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.db.models import Q

from accounts import calls, health, profile
from accounts.models import Board, BoardSection, PinterestAccount
from accounts.models.pinterest_account import SYNC_LONGEST, PinterestAccountQuerySet
from accounts.pinterest import errors, types
from accounts.pinterest.client import PinterestClient

logger = logging.getLogger(__name__)

LIVE_FOR: Final = 60  # seconds that the newest Pins are shown before they are read again
# A sync makes one call a board. It leaves a tenth of each window to whatever is more urgent, and waits for
# the next one: begun anew it would come no further.
SPARE: Final = 0.1
LONGEST_PAUSE: Final = 65.0  # seconds between two calls; more than the longest window of a Standard app
BATCH: Final = 500  # rows a statement
LONGEST_NAME: Final = 200  # the columns'; Pinterest allows 50 for boards and 180 for sections


def due_for_sync(now: datetime) -> PinterestAccountQuerySet:
    return PinterestAccount.objects.due_for_sync(now)


def ask_for_sync(account: PinterestAccount, *, now: datetime) -> bool:
    """True for the caller who should enqueue `accounts.sync_boards`; False while one is under way."""
    under_way = Q(boards_sync_asked_at__gt=now - SYNC_LONGEST, boards_sync_message="")
    rows = PinterestAccount.objects.filter(pk=account.pk).exclude(under_way)
    won = rows.update(boards_sync_asked_at=now, boards_sync_message="") == 1
    account.refresh_from_db()
    return won


def sync_not_queued(account: PinterestAccount) -> None:
    """Take back what was asked for: the daily clock will find this account due."""
    PinterestAccount.objects.filter(pk=account.pk).update(
        boards_sync_asked_at=None, boards_sync_message="The task queue could not be reached."
    )
    account.refresh_from_db()


def sync(account: PinterestAccount, *, now: datetime) -> int:
    """Make our boards, sections and words of the account those of Pinterest; how many boards there are.

    Boards are stored as soon as their list is complete, sections board by board: what was read stays, should
    a later page fail. Only a complete list makes a row vanish, and only a row that was there before the list
    was read: a board made meanwhile is not missing.

    Raises AccountUnusable or PinterestError, after writing down why.
    """
    try:
        count = calls.ask(
            account,
            lambda client: _mirror(client, account, now),
            now=now,
            patience=LONGEST_PAUSE,
            spare=SPARE,
        )
    except (health.AccountUnusable, errors.PinterestError) as no:
        message = no.message if isinstance(no, health.AccountUnusable) else no.plain
        PinterestAccount.objects.filter(pk=account.pk).update(boards_sync_message=message[:500])
        logger.warning("boards.sync_failed", extra={"account": account.pk, "why": type(no).__name__})
        raise
    PinterestAccount.objects.filter(pk=account.pk).update(
        boards_synced_at=now, boards_sync_asked_at=None, boards_sync_message=""
    )
    account.refresh_from_db()
    logger.info("boards.synced", extra={"account": account.pk, "boards": count})
    return count


def create_board(
    account: PinterestAccount, *, name: str, description: str = "", privacy: str = "PUBLIC", now: datetime
) -> Board:
    """Make a board on Pinterest and here. Raises AccountUnusable or PinterestError."""
    made = calls.ask(
        account,
        lambda client: client.create_board(name, description=description, privacy=privacy),
        now=now,
    )
    _store_boards(account, [made])
    return Board.objects.get(account=account, pinterest_id=made.id)


def create_section(board: Board, *, name: str, now: datetime) -> BoardSection:
    """Make a section on Pinterest and here. Raises AccountUnusable or PinterestError."""
    made = calls.ask(board.account, lambda client: client.create_section(board.pinterest_id, name), now=now)
    _store_sections(board, [made])
    return BoardSection.objects.get(board=board, pinterest_id=made.id)


def newest_pins(account: PinterestAccount, *, now: datetime, limit: int = 25) -> tuple[types.Pin, ...]:
    """What Pinterest shows as this account's newest Pins, at most a minute old. Same errors as above."""
    key = f"live-pins:{account.pk}:{account.token_version}:{account.ad_account_id}:{limit}"
    held: tuple[types.Pin, ...] | None = cache.get(key)
    if held is None:
        held = calls.ask(account, lambda client: client.pins_page(page_size=limit).items, now=now)
        cache.set(key, held, LIVE_FOR)
    return held


def _mirror(client: PinterestClient, account: PinterestAccount, now: datetime) -> int:
    profile.follow(client, account)
    known = dict(Board.objects.filter(account=account, vanished_at=None).values_list("pinterest_id", "pk"))
    found = {board.id: board for board in client.boards()}
    _store_boards(account, list(found.values()))
    gone = [pk for id_, pk in known.items() if id_ not in found]
    Board.objects.filter(pk__in=gone).update(vanished_at=now)
    for board in Board.objects.filter(account=account, vanished_at=None):
        _sync_sections(client, board, now)
    return len(found)


def _sync_sections(client: PinterestClient, board: Board, now: datetime) -> None:
    known = dict(BoardSection.objects.filter(board=board, vanished_at=None).values_list("pinterest_id", "pk"))
    try:
        found = {section.id: section for section in client.sections(board.pinterest_id)}
    except errors.MissingScope:
        raise
    except errors.Refused as no:
        if no.http_status != 404:  # of this board only: it keeps what is known, and the others are read
            logger.warning("boards.sections_refused", extra={"board": board.pk, "why": str(no)})
            return
        found = {}  # the board went while its account was being read; the next sync says so
    _store_sections(board, list(found.values()))
    gone = [pk for id_, pk in known.items() if id_ not in found]
    BoardSection.objects.filter(pk__in=gone).update(vanished_at=now)


def _store_boards(account: PinterestAccount, found: list[types.Board]) -> None:
    Board.objects.bulk_create(
        [
            Board(
                account=account,
                pinterest_id=board.id,
                name=board.name[:LONGEST_NAME],
                description=board.description,
                privacy=board.privacy[:16],
                pin_count=board.pin_count,
                cover_url=board.cover_url if len(board.cover_url) <= 2048 else "",
            )
            for board in found
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["account", "pinterest_id"],
        update_fields=["name", "description", "privacy", "pin_count", "cover_url", "vanished_at"],
    )


def _store_sections(board: Board, found: list[types.Section]) -> None:
    BoardSection.objects.bulk_create(
        [
            BoardSection(board=board, pinterest_id=section.id, name=section.name[:LONGEST_NAME])
            for section in found
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["board", "pinterest_id"],
        update_fields=["name", "vanished_at"],
    )
