"""Change and delete Pins on Pinterest as people want it, whatever is lost on the way.

    1. `due` hands out what waits, and what was sent and is not settled. What was handed out and lost with its
       message or its worker is handed out again.
    2. `carry_out` of a waiting one: get a client (a no is no harm), waiting → sent, committed; call Pinterest
       once, outside any transaction; settle change and Pin together.
    3. `carry_out` of a sent one, whose answer was lost: read the Pin by its id. Is it as wanted, or gone, it
       is done. If not, and the call is over for certain, nothing was changed: it waits for another turn. Does
       Pinterest refuse to show the Pin, a person looks.

Both calls may be repeated without harm, and still none is repeated before the Pin was read. Each step is a
compare-and-swap: of two workers one does nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import calls, health, quota
from accounts.clock import now as shared_now
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.types import Pin as LivePin
from accounts.pinterest.types import PinChanges
from pins import reasons, remedies
from pins.likeness import Words
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.models.live_change import LiveChangeQuerySet
from pins.settle import Evidence

logger = logging.getLogger(__name__)

BATCH: Final = 100  # handed out in one round
HANDED_OUT: Final = timedelta(seconds=30)  # until a message is taken for lost and sent again
DEADLINE: Final = 20.0  # seconds for a whole call
# From sending: the call is over by its deadline, and Pinterest gets the rest to show what it did.
SETTLES: Final = timedelta(seconds=DEADLINE + 10)
EARLY_LOOK: Final = timedelta(seconds=4)  # between readings before SETTLES: what was done shows soon
READ_AGAIN: Final = timedelta(seconds=15)  # before a Pin is read again that couldn't be
READ_AGAIN_LONGEST: Final = timedelta(minutes=5)
CATEGORY: Final = "org_write"
SPARE: Final = 0.2  # of each of Pinterest's windows is left to scheduled Pins

AUTH_EXPIRED: Final = "auth_expired"

GONE: Final = "This Pin is no longer on Pinterest."
BETA: Final = (
    "Pinterest has not opened changing Pins for your app: it is a beta that each app must be granted. Change "
    "this Pin on pinterest.com, or ask Pinterest for access to the beta, then try again."
)
CHECKING: Final = Evidence(
    "checking",
    "Pinterest’s answer was lost. PinSched reads the Pin to see what became of this, and sends it again only "
    "if nothing did.",
)
NOTHING_CAME: Final = Evidence(
    "nothing_changed", "The answer was lost, and nothing was changed. It goes again."
)
FROZEN: Final = Evidence("frozen", "PinSched was stopped before it sent this. It goes by itself.")
CONFIRMED: Final = Evidence("confirmed", "The answer was lost; reading the Pin showed that it was done.")


# 1. Whose turn it is -------------------------------------------------------------------------------------


def due(now: datetime) -> list[int]:
    """What to carry out, oldest first. Each is handed out once per HANDED_OUT."""
    due = LiveChange.objects.due(now)
    # Locked, so that of two sweepers one hands it out; but nobody is waited for who is just settling one.
    with transaction.atomic():
        free = due.select_for_update(skip_locked=True, of=("self",))
        pks = list(free.values_list("pk", flat=True)[:BATCH])
        LiveChange.objects.filter(pk__in=pks).update(due_at=now + HANDED_OUT)
    return pks


def carry_out(pk: int, *, clock: Callable[[], datetime] = shared_now) -> LiveState | None:
    """Send a waiting change, find out what became of a sent one. Its new state; None if nothing was done."""
    found = _with_parts().filter(pk=pk).first()
    if found is None:
        return None
    match LiveState(found.state):
        case LiveState.WAITING if not _account(found).is_active:  # held since it was handed out: it waits
            return None
        case LiveState.WAITING:
            return _send(found, clock)
        case LiveState.SENT:
            return _find_out(found, clock)
        case _:
            return None


def _with_parts() -> LiveChangeQuerySet:
    """With all that carrying out reads."""
    return LiveChange.objects.select_related("pin__account", "board", "section")


# 2. Sending ----------------------------------------------------------------------------------------------


def _send(asked: LiveChange, clock: Callable[[], datetime]) -> LiveState | None:
    heard: list[CallRecord] = []
    try:
        client = calls.fresh_client(
            _account(asked), now=clock(), deadline=DEADLINE, on_response=heard.append, taken=CATEGORY
        )
        # Before it is "sent": from then on nothing is waited for.
        calls.take(_account(asked), CATEGORY, spare=SPARE)
    except (health.AccountUnusable, pinterest.Unavailable, pinterest.RateLimited) as no:
        return _unsent(asked, no, clock(), was=LiveState.WAITING)
    now, here = clock(), time.time()
    client.until(time.monotonic() + DEADLINE)  # counted from "sent", as others count
    if not LiveChange.objects.depart(asked.pk, _account(asked), now=now, until=now + SETTLES):
        # Somebody else has it, or its account was held, disconnected or connected anew: it goes on waiting.
        quota.give_back(_account(asked), CATEGORY)
        return None
    sent = _with_parts().get(pk=asked.pk)  # with what was added to it until this moment
    if calls.is_too_late(_account(asked), sent_at=now, here=here, clock=clock):
        quota.give_back(_account(asked), CATEGORY)
        return _put_off(sent, FROZEN, until=clock(), was=LiveState.SENT)
    try:
        _call(client, sent)
    except pinterest.PinterestError as error:
        return _answered_no(sent, error, clock(), renewed=asked.code == AUTH_EXPIRED)
    last = heard[-1]
    return _done(sent, Evidence("", "", last.status, last.request_id), clock())


def _call(client: PinterestClient, sent: LiveChange) -> None:
    if sent.kind == LiveKind.DELETE:
        client.delete_pin(sent.pin.pinterest_id)
        return
    wanted = PinChanges(**sent.words)
    if sent.board is not None:
        section = sent.section.pinterest_id if sent.section else ""
        wanted = replace(wanted, board_id=sent.board.pinterest_id, section_id=section)
    client.update_pin(sent.pin.pinterest_id, wanted)


def _answered_no(
    sent: LiveChange, error: pinterest.PinterestError, now: datetime, *, renewed: bool
) -> LiveState | None:
    """Each kind of error has one consequence. `renewed`: the last call's 401 had the token renewed."""
    match error:
        case pinterest.OutcomeUnknown():
            return _look_again(sent, now + EARLY_LOOK, Evidence.of(error, CHECKING.code))
        case pinterest.AuthExpired():
            try:
                remedies.reauthorise(_account(sent), again=renewed, now=now)
            except pinterest.Unavailable as no:
                return _unsent(sent, no, now, was=LiveState.SENT)
            shown = reasons.of_delayed_change(error)
            evidence = Evidence.of(error, AUTH_EXPIRED)
            return _put_off(sent, evidence, until=now, was=LiveState.SENT, shown=shown)
        case stop if isinstance(stop, remedies.STOPS):
            code, message = remedies.hold(_account(sent), stop, now=now)
            return _put_off(sent, Evidence.of(error, code), until=now, was=LiveState.SENT, shown=message)
        case pinterest.RestrictedFeature():
            return _refuse(sent, Evidence.of(error, "beta"), now, shown=BETA)
        case pinterest.Refused():
            return _refused(sent, error, now)
        case _:
            return _unsent(sent, error, now, was=LiveState.SENT)


def _unsent(
    change: LiveChange,
    error: health.AccountUnusable | pinterest.PinterestError,
    now: datetime,
    *,
    was: LiveState,
) -> LiveState | None:
    """Nothing was changed, and it may be tried again."""
    if isinstance(error, health.AccountUnusable):
        until = now + timedelta(minutes=1)
        return _put_off(change, Evidence(error.code, error.message), until=until, was=was)
    shown = reasons.of_delayed_change(error)
    if isinstance(error, pinterest.RateLimited):
        until = now + timedelta(seconds=error.retry_after)
        return _put_off(change, Evidence.of(error, "rate_limited"), until=until, was=was, shown=shown)
    until, tries = now + timedelta(seconds=remedies.backoff(change.tries)), F("tries") + 1
    return _put_off(change, Evidence.of(error, "unavailable"), until=until, was=was, shown=shown, tries=tries)


# 3. Finding out ------------------------------------------------------------------------------------------


def _find_out(sent: LiveChange, clock: Callable[[], datetime]) -> LiveState | None:
    """Read the Pin: a call that was lost has done its work, or is over without having done any."""
    began = clock()
    assert sent.sent_at is not None
    try:
        live = calls.ask(_account(sent), lambda client: client.pin(sent.pin.pinterest_id), now=began)
    except pinterest.MissingScope as no:
        return _unreadable(sent, no, clock())
    except pinterest.Refused as no:
        if no.http_status == 404:
            return _refused(sent, no, clock())
        if began < sent.sent_at + SETTLES:
            return _unreadable(sent, no, clock())
        shown = reasons.of_unreadable_change(no)
        return _refuse(sent, Evidence.of(no, "unreadable"), clock(), shown=shown)
    except (health.AccountUnusable, pinterest.PinterestError) as no:
        return _unreadable(sent, no, clock())
    if sent.kind == LiveKind.UPDATE and _is_as_wanted(live, sent):
        return _done(sent, CONFIRMED, clock())
    if began < sent.sent_at + SETTLES:
        return _look_again(sent, min(clock() + EARLY_LOOK, sent.sent_at + SETTLES), CHECKING)
    until = clock() + timedelta(seconds=remedies.backoff(sent.tries))
    return _put_off(sent, NOTHING_CAME, until=until, was=LiveState.SENT, tries=F("tries") + 1)


def _is_as_wanted(live: LivePin, sent: LiveChange) -> bool:
    if not all(_says(live, sent, name) for name in sent.words):
        return False
    if sent.board is None:
        return True
    section = sent.section.pinterest_id if sent.section else ""
    return (live.board_id, live.section_id) == (sent.board.pinterest_id, section)


def _says(live: LivePin, sent: LiveChange, name: str) -> bool:
    """As wanted, links and spaces written in Pinterest's own way; to the letter where only those change."""
    there, wanted, before = (
        Words(**{name: text}).plain
        for text in (getattr(live, name), sent.words[name], getattr(sent.pin, name))
    )
    return there == wanted and (before != wanted or getattr(live, name) == sent.words[name])


def _unreadable(sent: LiveChange, no: Exception, now: datetime) -> LiveState | None:
    """Wait, longer and longer."""
    assert sent.sent_at is not None
    wait = min(max(READ_AGAIN, (now - sent.sent_at) / 4), READ_AGAIN_LONGEST)
    if isinstance(no, pinterest.RateLimited):
        wait = max(wait, timedelta(seconds=no.retry_after))
    logger.warning("live_change.unreadable", extra={"change": sent.pk, "why": type(no).__name__})
    return _look_again(sent, now + wait, CHECKING)


# Writing down what became of it ---------------------------------------------------------------------------


def _done(change: LiveChange, evidence: Evidence, now: datetime) -> LiveState | None:
    # Change and Pin together: the Pin says here what it says there. The Pin's row is locked first, as by
    # whoever asks for a change, so that no two wait for each other.
    with transaction.atomic():
        Pin.objects.select_for_update().filter(pk=change.pin_id).first()
        won = LiveChange.objects.advance(
            change.pk, LiveState.SENT, LiveState.DONE, settled_at=now, **evidence.columns()
        )
        if won and change.kind == LiveKind.DELETE:
            Pin.objects.move(change.pin_id, Status.PUBLISHED, Status.DELETED)
        elif won:
            Pin.objects.filter(pk=change.pin_id).update(**change.wanted, updated_at=Now())
    return _told(change, LiveState.DONE, evidence) if won else None


def _refused(change: LiveChange, error: pinterest.Refused, now: datetime) -> LiveState | None:
    """Of a Pin that isn't there any more nothing can be changed, and nothing is left to delete."""
    if error.http_status != 404 or error.field in ("board", "section"):
        return _refuse(change, Evidence.of(error), now)
    if change.kind == LiveKind.DELETE:
        return _done(change, Evidence.of(error), now)
    return _refuse(change, Evidence.of(error, "gone"), now, shown=GONE)


def _refuse(change: LiveChange, evidence: Evidence, now: datetime, shown: str = "") -> LiveState | None:
    columns = evidence.columns() | {"code": evidence.code or "refused"}
    columns |= {"message": shown} if shown else {}
    won = LiveChange.objects.advance(change.pk, LiveState.SENT, LiveState.REFUSED, settled_at=now, **columns)
    return _told(change, LiveState.REFUSED, evidence) if won else None


def _put_off(
    change: LiveChange,
    evidence: Evidence,
    *,
    until: datetime,
    was: LiveState,
    shown: str = "",
    **also: object,
) -> LiveState | None:
    """Nothing was changed: it waits, with its reason and the time of its next try."""
    columns = evidence.columns() | ({"message": shown} if shown else {}) | also
    won = LiveChange.objects.advance(change.pk, was, LiveState.WAITING, due_at=until, **columns)
    return _told(change, LiveState.WAITING, evidence) if won else None


def _look_again(sent: LiveChange, at: datetime, evidence: Evidence) -> LiveState | None:
    """Nobody knows yet: it stays `sent`, and the Pin is read then."""
    columns = evidence.columns() | {"message": CHECKING.message, "due_at": at}
    won = LiveChange.objects.advance(sent.pk, LiveState.SENT, LiveState.SENT, **columns)
    return _told(sent, LiveState.SENT, evidence) if won else None


def _told(change: LiveChange, state: LiveState, evidence: Evidence) -> LiveState:
    logger.info(
        "live_change.moved",
        extra={
            "pin": change.pin_id,
            "change": change.pk,
            "kind": change.kind,
            "state": str(state),
            "code": evidence.code,
            "status": evidence.http_status,
            "rid": evidence.request_id,
        },
    )
    return state


def _account(change: LiveChange) -> PinterestAccount:
    assert change.pin.account is not None  # a published Pin is some account's
    return change.pin.account
