"""Mirror what stands on Pinterest: Pins made elsewhere too, what was changed there, what is gone.

Pinterest lists an account's Pins page by page. A Pin that no row of ours has becomes one, "found on
Pinterest", and its numbers are kept from then on like any other's. A published Pin says what it says on
Pinterest. One that the whole list doesn't show, and that Pinterest denies when asked for it by its id, has
vanished.

Only what is over is touched. A Pin as new as the oldest attempt that is still live may be the one whose
answer was lost: taken for a find here, it would be posted twice. And a row that has just changed knows better
than a page that was read before.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from accounts import calls, health, skew
from accounts.boards import LONGEST_PAUSE, SPARE
from accounts.clock import now as shared_now
from accounts.models import Board, BoardSection, PinterestAccount
from accounts.models.pinterest_account import PinterestAccountQuerySet
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import Pin as LivePin
from pins.models import Attempt, Library, LiveChange, Origin, Pin, Status
from pins.models.attempt import LIVE
from pins.models.pin import WORDS
from pins.publish import outcome
from pins.rules import matching

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(hours=20)  # a day, however the clock of the ticks falls
UNFINISHED_WAIT: Final = timedelta(hours=1)  # after one that did not finish, or that nobody began
QUIET_FOR: Final = timedelta(
    minutes=2
)  # since a row's last change: no call is under way that we know less of
ASKED_FOR: Final = 200  # Pins that the list didn't show, read by their ids in one run; the others in the next
EVER: Final = datetime.min.replace(tzinfo=UTC)
DOUBTED: Final = timedelta(days=1)  # that a live attempt holds back what is new on all boards


@dataclass(slots=True)
class Report:
    """What one reading found."""

    pins: int = 0
    new: int = 0
    changed: int = 0
    vanished: int = 0


def due_accounts(now: datetime) -> PinterestAccountQuerySet:
    """Accounts not read for most of a day. One that was begun is left alone for an hour."""
    stale = Q(library__read_at=None) | Q(library__read_at__lte=now - EVERY)
    rested = Q(library__tried_at=None) | Q(library__tried_at__lte=now - UNFINISHED_WAIT)
    return PinterestAccount.objects.readable().filter(stale & rested)


def begin(account: PinterestAccount, *, now: datetime) -> bool:
    """True for the caller who should read it now."""
    Library.objects.get_or_create(account=account)
    rested = Library.objects.filter(
        Q(tried_at=None) | Q(tried_at__lte=now - UNFINISHED_WAIT), account=account
    )
    return rested.update(tried_at=now) == 1


def sync(
    account: PinterestAccount,
    *,
    clock: Callable[[], datetime] = shared_now,
    tell: Callable[[Report], None] | None = None,
) -> Report:
    """Read the whole list and store it, page by page: what was read stays, should a later page fail.

    `tell` is called after each page.

    Raises AccountUnusable or PinterestError, after writing down why.
    """
    began = clock()
    library, _ = Library.objects.get_or_create(account=account)
    try:
        report = calls.ask(
            account,
            lambda client: _mirror(client, account, clock, tell or (lambda report: None)),
            now=began,
            patience=LONGEST_PAUSE,
            spare=SPARE,
        )
    except (health.AccountUnusable, pinterest.PinterestError) as no:
        message = no.message if isinstance(no, health.AccountUnusable) else no.plain
        Library.objects.filter(pk=library.pk).update(tried_at=began, message=message[:500])
        logger.warning("library.stopped", extra={"account": account.pk, "why": type(no).__name__})
        raise
    Library.objects.filter(pk=library.pk).update(
        tried_at=began, read_at=began, pin_count=report.pins, message=""
    )
    logger.info("library.read", extra={"account": account.pk, "pins": report.pins, "new": report.new})
    return report


def _mirror(
    client: PinterestClient,
    account: PinterestAccount,
    clock: Callable[[], datetime],
    tell: Callable[[Report], None],
) -> Report:
    report, listed, began = Report(), set[str](), clock()
    asked = began
    for page in client.pin_pages():
        _store(account, page.items, asked, report, now=clock())
        listed.update(live.id for live in page.items)
        report.pins = len(listed)
        tell(report)
        asked = clock()
        Library.objects.filter(account=account).update(tried_at=asked)  # it is under way
    for pin in _unlisted(account, listed, began):
        _look_for(client, pin, began, report, now=clock())
    return report


def _store(
    account: PinterestAccount, page: Sequence[LivePin], asked: datetime, report: Report, *, now: datetime
) -> None:
    """`asked`: a moment before this page was asked for."""
    known = {
        pin.pinterest_id: pin
        for pin in Pin.objects.filter(account=account).shown_as(*(live.id for live in page))
    }
    places = _Places(account, page)
    changing = set(
        LiveChange.objects.unfinished().filter(pin__in=known.values()).values_list("pin", flat=True)
    )
    for live in page:
        pin = known.get(live.id)
        if pin is not None and pin.pk not in changing:
            report.changed += _follow(pin, live, places, asked)
    strangers = [live for live in page if live.id not in known]
    if strangers:
        report.new += _find(account, strangers, places, now)


# What is new -----------------------------------------------------------------------------------------------


def _find(account: PinterestAccount, strangers: Iterable[LivePin], places: _Places, now: datetime) -> int:
    """Make rows of Pins that none of ours has; how many. One that a door has just made stays as it is."""
    # After the page was read, not before: an attempt that begins from here on can't have made any of these.
    edge = _edge(account, now)
    # In one order, so that two readings don't wait for each other crosswise.
    over = sorted((live for live in strangers if edge.leaves(live)), key=lambda live: live.id)
    Pin.objects.bulk_create([_found(account, live, places, now) for live in over], ignore_conflicts=True)
    return len(over)


@dataclass(frozen=True, slots=True)
class _Edge:
    """From when on an attempt whose answer we don't have may have made a Pin: anywhere, or on a board."""

    anywhere: datetime | None
    boards: dict[str, datetime]

    def leaves(self, live: LivePin) -> bool:
        """Nobody's attempt can have made this."""
        here = [self.boards.get(live.board_id)] if live.board_id else self.boards.values()
        bounds = [self.anywhere, *here]
        return all(bound is None or (live.created_at and live.created_at < bound) for bound in bounds)


def _edge(account: PinterestAccount, now: datetime) -> _Edge:
    """By the live attempts of any connection of this account: workspaces may share one. One that waits for a
    person for days holds back its own board only, where it is looked for."""
    live = Attempt.objects.filter(
        state__in=LIVE, pin__account__pinterest_id=account.pinterest_id, pin__account__api_url=account.api_url
    )
    # After a restore: what went out since the backup is looked for once the hold is ended.
    same = PinterestAccount.objects.filter(pinterest_id=account.pinterest_id, api_url=account.api_url)
    restored = [at for at in same.values_list("known_until", flat=True) if at]
    boards = dict[str, datetime]()
    rows = list(live.values_list("pin__board__pinterest_id", Coalesce("sent_at", "started_at")))
    if not rows and not restored:
        return _Edge(None, {})
    oldest = min([*restored, *(sent for _, sent in rows)])
    before = matching.BEFORE_SENT + skew.reach(account.api_url, since=oldest, now=now)
    if skew.doubt(account.api_url, now=now):  # of no Pin it can be said that it is older than a call
        return _Edge(EVER, {})
    anywhere = [at - before for at in restored]
    for board, sent in rows:
        at = sent - before
        boards[board] = min(at, boards.get(board, at))
        if sent > now - DOUBTED:
            anywhere.append(at)
    return _Edge(min(anywhere, default=None), boards)


def _found(account: PinterestAccount, live: LivePin, places: _Places, now: datetime) -> Pin:
    at = min(live.created_at or now, now)
    return Pin(
        workspace_id=account.workspace_id,
        account=account,
        origin=Origin.FOUND,
        status=Status.PUBLISHED,
        pinterest_id=live.id,
        publish_at=at,
        published_at=at,
        measure_at=now,
        parent_pinterest_id=live.parent_pin_id,
        **_columns(live, places),
    )


# What is known ---------------------------------------------------------------------------------------------


def _follow(pin: Pin, live: LivePin, places: _Places, asked: datetime) -> bool:
    """Let a published Pin of ours say what it says on Pinterest; whether that was something else."""
    columns = _columns(live, places)
    unlike = {name: value for name, value in columns.items() if getattr(pin, name) != value}
    if not unlike or pin.status != Status.PUBLISHED:
        return False
    settled = Pin.objects.filter(pk=pin.pk, status=Status.PUBLISHED, updated_at__lt=asked - QUIET_FOR)
    return settled.update(**unlike, updated_at=Now()) == 1


def _columns(live: LivePin, places: _Places) -> dict[str, Any]:
    """What our row takes from Pinterest. Lists may leave out alt texts and boards: then ours stay."""
    words = {name: getattr(live, name) for name in WORDS}
    if not words["alt_text"]:
        del words["alt_text"]
    board, section = places.of(live)
    place: dict[str, Any] = {"board_id": board, "section_id": section} if board else {}
    return words | place | outcome.picture_there(live) | {"vanished_at": None}


class _Places:
    """Our boards and sections of a page, by Pinterest's ids."""

    def __init__(self, account: PinterestAccount, page: Iterable[LivePin]) -> None:
        boards = Board.objects.filter(account=account, pinterest_id__in={live.board_id for live in page})
        self._boards = dict(boards.values_list("pinterest_id", "pk"))
        sections = BoardSection.objects.filter(
            board__account=account, pinterest_id__in={live.section_id for live in page if live.section_id}
        )
        self._sections = {
            (board, id_): pk for board, id_, pk in sections.values_list("board", "pinterest_id", "pk")
        }

    def of(self, live: LivePin) -> tuple[int | None, int | None]:
        board = self._boards.get(live.board_id)
        return board, self._sections.get((board, live.section_id)) if board else None


# What is gone ----------------------------------------------------------------------------------------------


def _unlisted(account: PinterestAccount, listed: set[str], began: datetime) -> list[Pin]:
    """Pins of ours that should have been in the list, and weren't.

    Who may not see secret boards can't tell what is gone from what was hidden. Some of many, by chance: of
    those that are there after all none keeps the others from being asked for.
    """
    if not account.grants("pins:read_secret"):
        return []
    pins = Pin.objects.on_pinterest().filter(account=account, updated_at__lt=began - QUIET_FOR)
    rows = pins.values_list("pk", "pinterest_id")
    missing = [pk for pk, id_ in rows.iterator() if id_ not in listed]
    return list(pins.filter(pk__in=random.sample(missing, min(len(missing), ASKED_FOR))))


def _look_for(client: PinterestClient, pin: Pin, began: datetime, report: Report, *, now: datetime) -> None:
    try:
        client.pin(pin.pinterest_id)
    except pinterest.MissingScope:
        raise
    except pinterest.Refused as no:
        if no.http_status != 404:
            return
        # What is being changed or deleted there is no loss.
        changing = Exists(LiveChange.objects.unfinished().filter(pin=OuterRef("pk")))
        still = Pin.objects.on_pinterest().filter(~changing, pk=pin.pk, updated_at__lt=began - QUIET_FOR)
        report.vanished += still.update(vanished_at=now, updated_at=Now())
