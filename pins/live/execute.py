"""Change and delete Pins on Pinterest as people want it, whatever is lost on the way.

    1. `due` hands out what waits, and what was sent and is not settled. What was handed out and lost with its
       message or its worker is handed out again.
    2. `carry_out` of a waiting one: `once.send`; change and Pin are settled together.
    3. `carry_out` of a sent one, whose answer was lost: read the Pin by its id. Is it as wanted, or gone, it
       is done. If not, and the call is over for certain, nothing was changed: it waits for another turn. Does
       Pinterest refuse to show the Pin, a person looks.

Both calls may be repeated without harm, and still none is repeated before the Pin was read. Each step is a
compare-and-swap: of two workers one does nothing.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import calls, health
from accounts.clock import now as shared_now
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import Pin as LivePin
from accounts.pinterest.types import PinChanges
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.models.live_change import LiveChangeQuerySet
from pins.publish import once, remedies
from pins.publish.evidence import AUTH_EXPIRED, UNAVAILABLE, Evidence
from pins.publish.once import Clock, Never, Outcome
from pins.rules import reasons
from pins.rules.matching import Words

logger = logging.getLogger(__name__)

BATCH: Final = 100  # handed out in one round
HANDED_OUT: Final = timedelta(seconds=30)  # until a message is taken for lost and sent again
# From sending: the call is over by its deadline, and Pinterest gets the rest to show what it did.
SETTLES: Final = timedelta(seconds=once.DEADLINE + 10)
EARLY_LOOK: Final = timedelta(seconds=4)  # between readings before SETTLES: what was done shows soon
READ_AGAIN: Final = timedelta(seconds=15)  # before a Pin is read again that couldn't be
READ_AGAIN_LONGEST: Final = timedelta(minutes=5)
SPARE: Final = 0.2  # of each of Pinterest's windows is left to scheduled Pins

NOT_ON_PINTEREST: Final = "This Pin is no longer on Pinterest."
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
CONFIRMED: Final = Evidence("confirmed", "The answer was lost; reading the Pin showed that it was done.")
OUTCOMES: Final = {
    LiveState.DONE: Outcome.DONE,
    LiveState.REFUSED: Outcome.REFUSED,
    LiveState.WAITING: Outcome.PUT_OFF,
    LiveState.SENT: Outcome.IN_DOUBT,
}


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


def carry_out(pk: int, *, clock: Clock = shared_now) -> Outcome | None:
    """Send a waiting change, find out what became of a sent one. None if nothing was done."""
    found = _with_parts().filter(pk=pk).first()
    if found is None:
        return None
    match LiveState(found.state):
        case LiveState.WAITING if not _account(found).is_active:  # held since it was handed out: it waits
            return None
        case LiveState.WAITING:
            return once.send(Change(found), clock)
        case LiveState.SENT:
            return _find_out(found, clock)
        case _:
            return None


def _with_parts() -> LiveChangeQuerySet:
    """With all that carrying out reads."""
    return LiveChange.objects.select_related("pin__account", "board", "section")


# 2. Sending ----------------------------------------------------------------------------------------------


class Change(once.Write[None]):
    """A waiting change, and the one call that carries it out."""

    spare = SPARE

    def __init__(self, asked: LiveChange) -> None:
        self.asked, self.account = asked, _account(asked)
        self._renewed = asked.code == AUTH_EXPIRED  # by what it waited for

    def depart(self, now: datetime) -> bool:
        won = LiveChange.objects.depart(self.asked.pk, self.account, now=now, until=now + SETTLES)
        if won:
            self.asked = _with_parts().get(pk=self.asked.pk)  # with what was added to it until this moment
        return won

    def call(self, client: PinterestClient) -> None:
        sent = self.asked
        if sent.kind == LiveKind.DELETE:
            client.delete_pin(sent.pin.pinterest_id)
            return
        wanted = PinChanges(**sent.words)
        if sent.board is not None:
            section = sent.section.pinterest_id if sent.section else ""
            wanted = replace(wanted, board_id=sent.board.pinterest_id, section_id=section)
        client.update_pin(sent.pin.pinterest_id, wanted)

    def succeed(self, made: None, evidence: Evidence, now: datetime) -> Outcome | None:
        return _done(self.asked, evidence, now)

    def refuse(self, no: Never | pinterest.PinterestError, now: datetime) -> Outcome | None:
        match no:
            case Never():  # it needs nothing to be got ready
                raise no
            case pinterest.Refused():
                return _refused(self.asked, no, now)
            case _:
                return _refuse(self.asked, Evidence.of(no, "beta"), now, shown=BETA)

    def lose(self, evidence: Evidence, now: datetime) -> Outcome | None:
        return _look_again(self.asked, now + EARLY_LOOK, replace(evidence, code=CHECKING.code))

    def put_off(
        self, evidence: Evidence, now: datetime, *, until: datetime, sent: bool, shown: str = ""
    ) -> Outcome | None:
        was = LiveState.SENT if sent else LiveState.WAITING
        tries = {"tries": F("tries") + 1} if evidence.code == UNAVAILABLE else {}
        return _put_off(self.asked, evidence, until=until, was=was, shown=shown, **tries)

    def tries(self) -> int:
        return self.asked.tries

    def was_renewed(self, now: datetime) -> bool:
        return self._renewed


# 3. Finding out ------------------------------------------------------------------------------------------


def _find_out(sent: LiveChange, clock: Clock) -> Outcome | None:
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


def _unreadable(sent: LiveChange, no: Exception, now: datetime) -> Outcome | None:
    """Wait, longer and longer."""
    assert sent.sent_at is not None
    wait = min(max(READ_AGAIN, (now - sent.sent_at) / 4), READ_AGAIN_LONGEST)
    if isinstance(no, pinterest.RateLimited):
        wait = max(wait, timedelta(seconds=no.retry_after))
    logger.warning("live_change.unreadable", extra={"change": sent.pk, "why": type(no).__name__})
    return _look_again(sent, now + wait, CHECKING)


# Writing down what became of it ---------------------------------------------------------------------------


def _done(change: LiveChange, evidence: Evidence, now: datetime) -> Outcome | None:
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


def _refused(change: LiveChange, error: pinterest.Refused, now: datetime) -> Outcome | None:
    """Of a Pin that isn't there any more nothing can be changed, and nothing is left to delete."""
    if error.http_status != 404 or error.field in ("board", "section"):
        return _refuse(change, Evidence.of(error), now)
    if change.kind == LiveKind.DELETE:
        return _done(change, Evidence.of(error), now)
    return _refuse(change, Evidence.of(error, "gone"), now, shown=NOT_ON_PINTEREST)


def _refuse(change: LiveChange, evidence: Evidence, now: datetime, shown: str = "") -> Outcome | None:
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
) -> Outcome | None:
    """Nothing was changed: it waits, with its reason and the time of its next try."""
    columns = evidence.columns() | ({"message": shown} if shown else {}) | also
    won = LiveChange.objects.advance(change.pk, was, LiveState.WAITING, due_at=until, **columns)
    return _told(change, LiveState.WAITING, evidence) if won else None


def _look_again(sent: LiveChange, at: datetime, evidence: Evidence) -> Outcome | None:
    """Nobody knows yet: it stays `sent`, and the Pin is read then."""
    columns = evidence.columns() | {"message": CHECKING.message, "due_at": at}
    won = LiveChange.objects.advance(sent.pk, LiveState.SENT, LiveState.SENT, **columns)
    return _told(sent, LiveState.SENT, evidence) if won else None


def _told(change: LiveChange, state: LiveState, evidence: Evidence) -> Outcome:
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
    return OUTCOMES[state]


def _account(change: LiveChange) -> PinterestAccount:
    assert change.pin.account is not None  # a published Pin is some account's
    return change.pin.account
