"""Make one call that writes to Pinterest, at most once, and have written down what came of it.

    1. ready   What the call needs is got together while its row still waits. A no is no harm.
    2. quota   The call is counted before it is made, and given back when it isn't.
    3. wait    Until its exact time, where it has one.
    4. sent    The row's compare-and-swap, committed, and only while its account still publishes: a hold that
               is committed before this stops the call, and of two workers one goes on. From here on a crash
               means "nobody knows".
    5. call    Outside any transaction, with one deadline, counted from "sent". A process that was frozen in
               between doesn't call: somebody may be looking for what became of it.
    6. settle  Each kind of answer has one consequence.

What the row is, and how it is moved, is its stage's: a `Write`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Generic, TypeVar

from accounts import calls, health, quota
from accounts.clock import now as shared_now
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import CallRecord, Category, PinterestClient
from pins.publish import remedies
from pins.publish.evidence import AUTH_EXPIRED, QUOTA, RATE_LIMITED, UNAVAILABLE, Evidence
from pins.rules import reasons

CATEGORY: Final[Category] = "org_write"
DEADLINE: Final = 20.0  # seconds for the whole call
# Between "sent" and the call: whoever is slower than STALE was frozen, or slept with its machine; whoever
# isn't PROMPT looks again whether its account still publishes.
STALE: Final = timedelta(seconds=5)
PROMPT: Final = timedelta(milliseconds=250)
UNUSABLE_WAIT: Final = timedelta(minutes=1)  # on an account that a person must cure

FROZEN: Final = Evidence("frozen", "PinSched was stopped before it sent this. It goes by itself.")
ANEW: Final = Evidence(
    "connected_anew", "The account was connected anew just before this left. It goes by itself."
)

Made = TypeVar("Made")
Clock = Callable[[], datetime]


class Outcome(Enum):
    DONE = "done"
    REFUSED = "refused"
    PUT_OFF = "put off"  # nothing was made, and it goes again
    IN_DOUBT = "in doubt"  # no answer came: its stage finds out


class NotNow(Exception):
    """Getting ready found something to wait for."""

    def __init__(self, code: str, message: str, wait: timedelta) -> None:
        super().__init__(message)
        self.code, self.message, self.wait = code, message, wait


class Never(Exception):
    """Getting ready found something that only a person can mend."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Write(ABC, Generic[Made]):
    """One call, and the row that stands for it.

    What settles the row is a compare-and-swap, and answers what became of it; None if somebody else has
    settled it.
    """

    account: PinterestAccount
    spare: float = 0.0  # share of each of Pinterest's windows that is left to other calls

    def get_ready(self, now: datetime) -> None:  # most have nothing to get
        """Raises NotNow, Never."""

    def wait(self, client: PinterestClient, clock: Clock) -> bool:
        """Until its time. False if that has moved away: the row stays, and comes again."""
        return True

    @abstractmethod
    def depart(self, now: datetime) -> bool:
        """Waiting → sent, while `account` still publishes."""

    @abstractmethod
    def call(self, client: PinterestClient) -> Made: ...

    @abstractmethod
    def succeed(self, made: Made, evidence: Evidence, now: datetime) -> Outcome | None: ...

    @abstractmethod
    def refuse(self, no: Never | pinterest.PinterestError, now: datetime) -> Outcome | None:
        """Nothing was made, and trying again would change nothing. Never: it wasn't sent."""

    @abstractmethod
    def lose(self, evidence: Evidence, now: datetime) -> Outcome | None: ...

    @abstractmethod
    def put_off(
        self, evidence: Evidence, now: datetime, *, until: datetime, sent: bool, shown: str = ""
    ) -> Outcome | None:
        """`sent`: it was written down as sent. `shown`: the words for people, where evidence has others."""

    def delayed(self, error: pinterest.PinterestError) -> str:
        """Why it goes again later, for people."""
        return reasons.of_delayed_change(error)

    def tries(self) -> int:
        """How many were in vain so far: the next ones are further and further apart."""
        return 0

    def was_renewed(self, now: datetime) -> bool:
        """Whether a 401 had the token renewed a short while ago: another one isn't cured by that."""
        return False


def send(write: Write[Made], clock: Clock = shared_now) -> Outcome | None:
    """All six steps. None if the row stands as it stood, or somebody else has settled it."""
    heard: list[CallRecord] = []
    try:
        write.get_ready(clock())
        client = _client(write.account, heard.append, clock())
        _take_quota(write)
    except NotNow as later:
        now = clock()
        evidence = Evidence(later.code, later.message)
        return write.put_off(evidence, now, until=now + later.wait, sent=False)
    except Never as no:
        return write.refuse(no, clock())
    except pinterest.Unavailable as error:
        return _try_later(write, error, clock(), sent=False)
    if not write.wait(client, clock):
        quota.give_back(write.account, CATEGORY)
        return None
    sent_at, here = clock(), time.time()
    client.until(time.monotonic() + DEADLINE)
    sent = write.depart(sent_at)
    if not sent or _is_too_late(write.account, sent_at=sent_at, here=here, clock=clock):
        quota.give_back(write.account, CATEGORY)
        return _stay(write, clock(), sent=sent)
    try:
        made = write.call(client)
    except pinterest.PinterestError as error:
        return _answered_no(write, error, clock())
    return write.succeed(made, Evidence.of_answer(heard[-1]), clock())


def _client(
    account: PinterestAccount, on_response: Callable[[CallRecord], None], now: datetime
) -> PinterestClient:
    try:
        health.check_publishing(account)  # it may have been held since the row was handed out
        return calls.fresh_client(
            account, now=now, deadline=DEADLINE, on_response=on_response, taken=CATEGORY
        )
    except health.OnHold as no:  # nobody hands out rows of such an account
        raise NotNow(no.code, no.message, timedelta()) from no
    except health.AccountUnusable as no:
        raise NotNow(no.code, no.message, UNUSABLE_WAIT) from no


def _take_quota(write: Write[Made]) -> None:
    """Raises NotNow when Pinterest's window is full."""
    if full := quota.take_within(write.account, CATEGORY, patience=calls.PATIENCE, spare=write.spare):
        raise NotNow(QUOTA, full.message, full.wait)


def _is_too_late(account: PinterestAccount, *, sent_at: datetime, here: float, clock: Clock) -> bool:
    """`here`: what `time.time` said at `sent_at`; by the machine's clock too, as ours may have slept with
    it."""
    passed = max(clock() - sent_at, timedelta(seconds=time.time() - here))
    return passed > STALE or (passed > PROMPT and not PinterestAccount.objects.still(account).exists())


def _stay(write: Write[Made], now: datetime, *, sent: bool) -> Outcome | None:
    """It didn't leave: its account may not publish any more, or not with what was got ready, or this process
    was frozen. None if another delivery of the same message has it."""
    evidence = FROZEN if sent else ANEW
    try:
        write.account.refresh_from_db()
        health.check_publishing(write.account)
    except PinterestAccount.DoesNotExist:  # its workspace is gone, and the row with it
        return None
    except health.AccountUnusable as no:
        evidence = Evidence(no.code, no.message)
    return write.put_off(evidence, now, until=now, sent=sent)


def _answered_no(write: Write[Made], error: pinterest.PinterestError, now: datetime) -> Outcome | None:
    match error:
        case pinterest.OutcomeUnknown():
            return write.lose(Evidence.of(error), now)
        case pinterest.RateLimited():
            until = now + timedelta(seconds=error.retry_after)
            evidence, shown = Evidence.of(error, RATE_LIMITED), write.delayed(error)
            return write.put_off(evidence, now, until=until, sent=True, shown=shown)
        case pinterest.AuthExpired():
            return _reauthorise(write, error, now)
        case stop if isinstance(stop, remedies.STOPS):
            code, message = remedies.hold(write.account, stop, now=now)
            return write.put_off(Evidence.of(error, code), now, until=now, sent=True, shown=message)
        case pinterest.Refused() | pinterest.RestrictedFeature():
            return write.refuse(error, now)
        case _:
            return _try_later(write, error, now, sent=True)


def _reauthorise(write: Write[Made], error: pinterest.AuthExpired, now: datetime) -> Outcome | None:
    """A 401 although the token should be good: renew it once, and go again."""
    try:
        remedies.reauthorise(write.account, again=write.was_renewed(now), now=now)
    except pinterest.Unavailable as no:
        return _try_later(write, no, now, sent=True)
    evidence, shown = Evidence.of(error, AUTH_EXPIRED), write.delayed(error)
    return write.put_off(evidence, now, until=now, sent=True, shown=shown)


def _try_later(
    write: Write[Made], error: pinterest.PinterestError, now: datetime, *, sent: bool
) -> Outcome | None:
    until = now + timedelta(seconds=remedies.backoff(write.tries()))
    return write.put_off(
        Evidence.of(error, UNAVAILABLE), now, until=until, sent=sent, shown=write.delayed(error)
    )
