"""Send one claimed Pin to Pinterest and write down what came of it.

    1. Get ready while it is still `claimed`: token, picture, last preflight. No is no harm: nothing was sent.
    2. Wait for the exact time, with an open connection.
    3. claimed → sent, committed, if the account still publishes: a hold that is committed before this stops
       the Pin. From here on a crash means "nobody knows".
    4. Call Pinterest, outside any transaction, with one deadline that is shorter than the lease.
    5. Settle attempt and Pin together in one short transaction.

A late or double delivery loses the compare-and-swap of step 3 and does nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final

from django.db import IntegrityError, close_old_connections
from django.db.models import Prefetch

from accounts import calls, health, quota
from accounts.clock import now as shared_now
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.types import ImageBase64, NewPin
from accounts.pinterest.types import Pin as LivePin
from pins import compose, media, preflight, reasons, remedies, settle, store
from pins.models import Attempt, AttemptState, MediaStatus, Pin, PinMedia, Rendition, RenditionKind
from pins.settle import Evidence
from pins.turns import Turns

logger = logging.getLogger(__name__)

DEADLINE: Final = 20.0  # seconds for the whole call
LEASE: Final = timedelta(seconds=25)  # after sending: longer than DEADLINE
LEAD: Final = timedelta(milliseconds=400)  # messages come this early, so that step 1 is over in time
TOO_EARLY: Final = timedelta(seconds=2)  # a message this early is wrong: its thread is not held for it

SENDERS: Final = 32  # calls at a time of one process
OF_ONE: Final = 12  # of one account: far more than Pinterest lets through; calls that hang hold up no other
CATEGORY: Final = "org_write"
MEDIA_WAIT: Final = timedelta(seconds=5)  # between looks at a picture that is still being prepared
PICTURE_WAIT: Final = timedelta(minutes=2)  # at one that waits for the store, and calls when it is ready
STORE_WAIT: Final = timedelta(minutes=1)  # between tries to read a ready one
AUTH_EXPIRED: Final = "auth_expired"
AGAIN: Final = timedelta(minutes=10)  # a second 401 within this time isn't cured by another renewal

PREPARING: Final = "The picture is still being prepared. The Pin goes out as soon as it is ready."
NO_PICTURE: Final = (
    "PinSched can’t read this Pin’s picture from its store. It tries again every minute; tell the person who "
    "runs PinSched."
)

ALREADY_OURS: Final = (
    "Pinterest answered with a Pin that belongs to another Pin here. Compare them and say whether it’s this "
    "one; nothing is sent before you do."
)
ANEW: Final = Evidence(
    "connected_anew", "The account was connected anew just before this Pin left. It goes out by itself."
)
FROZEN: Final = Evidence("frozen", "PinSched was stopped before it sent this Pin. It goes out by itself.")


class NotNow(Exception):
    """Step 1 found something to wait for."""

    def __init__(self, code: str, message: str, wait: timedelta) -> None:
        super().__init__(message)
        self.code, self.message, self.wait = code, message, wait


class Never(Exception):
    """Step 1 found something that only a person can mend."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Call:
    client: PinterestClient
    make: Callable[[], LivePin]  # the one call that puts the Pin on Pinterest
    answers: list[CallRecord]  # of this client's calls, as they come


def send(pk: int, *, clock: Callable[[], datetime] = shared_now) -> AttemptState | None:
    """Publish the Pin of a claimed attempt; answers the attempt's new state, None if nothing was to do."""
    return next((_send(attempt, clock) for attempt in _claimed([pk])), None)


def _send(attempt: Attempt, clock: Callable[[], datetime] = shared_now) -> AttemptState | None:
    if _ahead(attempt, clock()) > TOO_EARLY:
        return None
    account = attempt.pin.account
    assert account is not None  # a constraint of the table
    try:
        call = _get_ready(attempt, clock())
        _take_quota(account)
    except NotNow as later:
        now = clock()
        evidence = Evidence(later.code, later.message)
        won = settle.defer(attempt, evidence, now=now, until=now + later.wait, was=settle.UNSENT)
        return AttemptState.DEFERRED if won else None
    except Never as no:
        won = settle.refuse(attempt, Evidence(no.code, no.message), now=clock(), was=settle.UNSENT)
        return AttemptState.REFUSED if won else None
    if not _wait_for(attempt, call.client, clock):
        quota.give_back(account, CATEGORY)
        return None
    now, here = clock(), time.time()
    call.client.until(time.monotonic() + DEADLINE)  # counted from "sent", as others count
    if not Attempt.objects.depart(attempt, account, now=now, until=now + LEASE):
        return _stay(attempt, clock(), was=settle.UNSENT)
    if calls.is_too_late(account, sent_at=now, here=here, clock=clock):
        return _stay(attempt, clock(), was=settle.ANSWERED)
    return _settle(attempt, call, clock)


def _stay(attempt: Attempt, now: datetime, *, was: tuple[AttemptState, ...]) -> AttemptState | None:
    """It didn't leave: its account may not publish any more, or not with what was got ready. None if another
    delivery of the same message has it."""
    account = attempt.pin.account
    assert account is not None  # a constraint of the table
    quota.give_back(account, CATEGORY)
    evidence = FROZEN if was == settle.ANSWERED else ANEW
    try:
        account.refresh_from_db()
        health.check_publishing(account)
    except PinterestAccount.DoesNotExist:  # its workspace is gone, and the Pin with it
        return None
    except health.AccountUnusable as no:
        evidence = Evidence(no.code, no.message)
    won = settle.defer(attempt, evidence, now=now, until=now, was=was)
    return AttemptState.DEFERRED if won else None


def send_together(pks: Sequence[int]) -> None:
    """Hand claimed attempts to this process's senders, and return at once.

    One message and one look at the database for several Pins: these cost more than all else that a Pin costs
    here. Threads of their own, so that Celery's stay free for the next tick. What is handed over and lost
    with this process is sent on its way again when its lease is over.
    """
    with _lock:
        new = [pk for pk in pks if pk not in _handed]
        _handed.update(new)
    left = set(new)
    try:
        for attempt in _claimed(new):
            # In a context of its own: with the task's id, for the logs.
            _senders.submit(attempt.pin.account_id or 0, partial(copy_context().run, _send_apart, attempt))
            left.discard(attempt.pk)
    finally:  # of what no sender has, the database being away, say, the next message must be heard
        with _lock:
            _handed.difference_update(left)


def finish() -> None:
    """Let calls that are under way end, and begin no other: this process is about to stop."""
    _senders.finish()


_senders = Turns(ThreadPoolExecutor(SENDERS, thread_name_prefix="sender"), of_one=OF_ONE)
_handed: set[int] = set()  # waiting for a sender, or with one: a second message for these has nothing to say
_lock = Lock()


def _send_apart(attempt: Attempt) -> None:
    try:
        _send(attempt)
    except Exception:  # its lease heals it
        logger.exception("publish.broke", extra={"attempt": attempt.pk})
    finally:
        with _lock:
            _handed.discard(attempt.pk)
        close_old_connections()


def _claimed(pks: Sequence[int]) -> list[Attempt]:
    """With all that publishing reads, and no more."""
    found = (
        Attempt.objects.filter(pk__in=pks, state=AttemptState.CLAIMED)
        .select_related("pin__account", "pin__board", "pin__section")
        .defer(
            "suspect",
            "pin__account__workspace",
            "pin__account__name",
            "pin__account__website",
            "pin__account__boards_sync_message",
            "pin__created_by",
            "pin__board__description",
        )
        .prefetch_related(
            Prefetch("pin__media_links", PinMedia.objects.select_related("media")),
            Prefetch(
                "pin__media_links__media__renditions", Rendition.objects.filter(kind=RenditionKind.PREPARED)
            ),
        )
    )
    return list(found.order_by())


def _take_quota(account: PinterestAccount) -> None:
    """Count this call before it is made. Raises NotNow when Pinterest's window is full."""
    if full := quota.take_within(account, CATEGORY, patience=calls.PATIENCE):
        raise NotNow("quota", full.message, full.wait)


def _ahead(attempt: Attempt, now: datetime) -> timedelta:
    """How long until its time."""
    assert attempt.pin.publish_at is not None  # a constraint of the table
    return attempt.pin.publish_at - now


def _wait_for(attempt: Attempt, client: PinterestClient, clock: Callable[[], datetime]) -> bool:
    """False when its time has moved away, because the clock was put back: its lease brings it again."""
    if _ahead(attempt, clock()) <= timedelta():
        return True
    hand_over = client.connect_ahead()
    try:
        while (left := _ahead(attempt, clock())) > timedelta():
            if left > TOO_EARLY:
                return False
            time.sleep(left.total_seconds())
        return True
    finally:
        hand_over()


# Step 1 --------------------------------------------------------------------------------------------------


def _get_ready(attempt: Attempt, now: datetime) -> Call:
    pin = attempt.pin
    if found := compose.problems(pin):
        raise Never(found[0].code, _said(found[0], pin))
    image = b"" if pin.is_save else _image(pin, now)
    assert pin.account is not None  # a constraint of the table
    answers: list[CallRecord] = []
    try:
        health.check_publishing(pin.account)  # it may have been held since the Pin was claimed
        client = calls.fresh_client(
            pin.account, now=now, deadline=DEADLINE, on_response=answers.append, taken=CATEGORY
        )
    except health.OnHold as no:
        raise NotNow(no.code, no.message, timedelta()) from no
    except health.AccountUnusable as no:
        raise NotNow(no.code, no.message, timedelta(minutes=1)) from no
    except pinterest.Unavailable as no:
        raise NotNow(settle.UNAVAILABLE, reasons.UNREACHABLE, timedelta(seconds=_backoff(attempt))) from no
    return Call(client, _way_to_make(pin, image, client), answers)


def _way_to_make(pin: Pin, image: bytes, client: PinterestClient) -> Callable[[], LivePin]:
    assert pin.board is not None  # a constraint of the table
    board, section = pin.board.pinterest_id, pin.section.pinterest_id if pin.section else ""
    if pin.is_save:
        return partial(client.save_pin, pin.parent_pinterest_id, board, section_id=section)
    new = NewPin(
        board_id=board,
        section_id=section,
        title=pin.title,
        description=pin.description,
        link=pin.link,
        alt_text=pin.alt_text,
        media=ImageBase64("image/jpeg", image),
    )
    return partial(client.create_pin, new)


def _said(problem: preflight.Problem, pin: Pin) -> str:
    """Of a picture that failed, its own words say more."""
    if problem.code == "media_failed" and pin.cover and pin.cover.reason_message:
        return pin.cover.reason_message
    return problem.message


def _image(pin: Pin, now: datetime) -> bytes:
    """The prepared picture. Raises NotNow while it's being made, or made again, or the store is away."""
    cover = pin.cover
    assert cover is not None  # compose.problems has looked
    prepared = cover.rendition(RenditionKind.PREPARED)
    if cover.status != MediaStatus.READY or prepared is None:
        code, message = cover.trouble or (cover.AWAITED, PREPARING)
        raise NotNow(code, message, MEDIA_WAIT if code == cover.AWAITED else PICTURE_WAIT)
    try:
        image = store.read(prepared.file)
    except FileNotFoundError:
        image = b""
    except OSError as away:
        store.doubt(away, workspace=pin.workspace_id, pin=pin.pk, code="media_unreadable")
        raise NotNow("media_unreadable", NO_PICTURE, STORE_WAIT) from away
    if len(image) != prepared.size_bytes:
        media.prepare_again(prepared, now=now)
        raise NotNow("media_processing", media.GONE, MEDIA_WAIT)
    return image


# Steps 4 and 5 -------------------------------------------------------------------------------------------


def _settle(attempt: Attempt, call: Call, clock: Callable[[], datetime]) -> AttemptState | None:
    """Call, then write down the outcome: each kind of error has one consequence. None if somebody has
    settled it meanwhile: reconcile, or a person."""
    pin = attempt.pin
    assert pin.account is not None
    try:
        made = call.make()
    except pinterest.OutcomeUnknown as error:
        won = settle.lose(attempt, Evidence.of(error), now=clock())
        return AttemptState.UNKNOWN if won else None
    except pinterest.RateLimited as error:
        won = _put_off(attempt, error, "rate_limited", clock(), error.retry_after)
    except pinterest.Unavailable as error:
        won = _put_off(attempt, error, settle.UNAVAILABLE, clock(), _backoff(attempt))
    except pinterest.AuthExpired as error:
        won = _reauthorise(attempt, error, clock())
    except remedies.STOPS as error:
        now = clock()
        code, message = remedies.hold(pin.account, error, now=now)
        won = settle.defer(attempt, Evidence.of(error, code), now=now, until=now, shown=message)
    except (pinterest.Refused, pinterest.RestrictedFeature) as error:
        shown = reasons.of_refusal(error, _place(pin))
        won = settle.refuse(attempt, Evidence.of(error), now=clock(), shown=shown)
        return AttemptState.REFUSED if won else None
    else:
        request_id = call.answers[-1].request_id if call.answers else ""
        return _succeed(attempt, made, request_id, clock())
    return AttemptState.DEFERRED if won else None


def _succeed(attempt: Attempt, made: LivePin, request_id: str, now: datetime) -> AttemptState | None:
    facts = {"workspace": attempt.pin.workspace_id, "pin": attempt.pin_id, "attempt": attempt.pk}
    try:
        won = settle.succeed(attempt, made, Evidence("", "", 201, request_id), published_at=now, now=now)
    except IntegrityError:  # whatever this is, nothing may be sent again before a person has looked
        evidence = Evidence("taken", ALREADY_OURS, 201, request_id)
        won = settle.doubt(attempt, made, ALREADY_OURS, evidence)
        return AttemptState.UNKNOWN if won else None
    if not won:  # adopted already; or, should Pinterest have been too slow for all proofs, sent again
        logger.warning("publish.answered_late", extra=facts | {"pinterest": made.id})
        return None
    late = -_ahead(attempt, now).total_seconds()
    logger.info("pin.published", extra=facts | {"late_s": late})
    return AttemptState.SUCCEEDED


def _put_off(
    attempt: Attempt, error: pinterest.PinterestError, code: str, now: datetime, seconds: float
) -> bool:
    until, shown = now + timedelta(seconds=seconds), reasons.of_delay(error)
    return settle.defer(attempt, Evidence.of(error, code), now=now, until=until, shown=shown)


def _place(pin: Pin) -> reasons.Place:
    assert pin.board is not None  # a constraint of the table
    section = pin.section.name if pin.section else ""
    return reasons.Place(str(pin.account), pin.board.name, section, pin.is_save)


def _reauthorise(attempt: Attempt, error: pinterest.AuthExpired, now: datetime) -> bool:
    """A 401 although the token should be good: renew it once, and queue the Pin again."""
    account = attempt.pin.account
    assert account is not None
    earlier = attempt.pin.attempts.filter(code=AUTH_EXPIRED, started_at__gte=now - AGAIN)
    try:
        remedies.reauthorise(account, again=earlier.exclude(pk=attempt.pk).exists(), now=now)
    except pinterest.Unavailable as no:
        return _put_off(attempt, no, settle.UNAVAILABLE, now, _backoff(attempt))
    return _put_off(attempt, error, AUTH_EXPIRED, now, 0)


def _backoff(attempt: Attempt) -> float:
    """Seconds before the next try, after so many in vain. What waited for something else doesn't count."""
    earlier = Attempt.objects.filter(
        pin_id=attempt.pin_id, state=AttemptState.DEFERRED, code=settle.UNAVAILABLE
    ).count()
    return remedies.backoff(earlier)
