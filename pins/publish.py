"""Send one claimed Pin to Pinterest and write down what came of it.

    1. Get ready while it is still `claimed`: token, picture, last preflight. No is no harm: nothing was sent.
    2. Wait for the exact time.
    3. claimed → sent, committed. From here on a crash means "nobody knows".
    4. Call Pinterest, outside any transaction, with one deadline that is shorter than the lease.
    5. Settle attempt and Pin together in one short transaction.

A late or double delivery loses the compare-and-swap of step 3 and does nothing.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts import connect
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.types import ImageBase64, NewPin
from accounts.pinterest.types import Pin as LivePin
from pins import compose
from pins.models import Attempt, AttemptState, MediaStatus, Pin, RenditionKind, Status

logger = logging.getLogger(__name__)

DEADLINE: Final = 30.0  # seconds for the whole call
LEASE: Final = timedelta(seconds=45)  # after sending: longer than DEADLINE
LEAD: Final = timedelta(milliseconds=400)  # messages come this early, so that step 1 is over in time
TOO_EARLY: Final = timedelta(seconds=2)  # a message this early is wrong: its thread is not held for it

MEDIA_WAIT: Final = timedelta(seconds=5)  # between looks at a picture that is still being prepared
FIRST_DELAY: Final = 5.0  # seconds before the second try, doubled from try to try
LONGEST_DELAY: Final = 3600.0

UNKNOWN_MESSAGE: Final = (
    "The connection was lost before Pinterest answered, so this Pin may be on Pinterest or not. "
    "Look at the board; PinSched does not send it again by itself."
)


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
    pin: NewPin
    answers: list[CallRecord]  # of this client's calls, as they come


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an Attempt keeps of an answer, or of our finding. `code` is Pinterest's number, or our word."""

    code: str
    message: str
    http_status: int | None = None
    request_id: str = ""

    @classmethod
    def of(cls, error: pinterest.PinterestError, code: str = "") -> Evidence:
        number = "" if error.code is None else str(error.code)
        return cls(code or number, error.message, error.http_status, error.request_id or "")

    def columns(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message[:1000],
            "http_status": self.http_status,
            "request_id": self.request_id,
        }


def send(pk: int, *, clock: Callable[[], datetime] = timezone.now) -> AttemptState | None:
    """Publish the Pin of a claimed attempt; answers the attempt's new state, None if nothing was to do."""
    attempt = (
        Attempt.objects.filter(pk=pk, state=AttemptState.CLAIMED)
        .select_related("pin__account__workspace", "pin__board", "pin__section")
        .first()
    )
    if attempt is None or _ahead(attempt, clock()) > TOO_EARLY:
        return None
    try:
        call = _get_ready(attempt.pin, clock())
    except NotNow as wait:
        now = clock()
        defer(attempt, Evidence(wait.code, wait.message), now=now, until=now + wait.wait)
        return AttemptState.DEFERRED
    except Never as no:
        refuse(attempt, Evidence(no.code, no.message), now=clock())
        return AttemptState.REFUSED
    _wait_for(attempt, clock)
    now = clock()
    if not Attempt.objects.advance(
        attempt.pk, AttemptState.CLAIMED, AttemptState.SENT, sent_at=now, lease_until=now + LEASE
    ):
        return None
    return _settle(attempt, call, clock)


def _ahead(attempt: Attempt, now: datetime) -> timedelta:
    """How long until its time."""
    assert attempt.pin.publish_at is not None  # a constraint of the table
    return attempt.pin.publish_at - now


def _wait_for(attempt: Attempt, clock: Callable[[], datetime]) -> None:
    while (left := _ahead(attempt, clock()).total_seconds()) > 0:
        time.sleep(left)


# Step 1 --------------------------------------------------------------------------------------------------


def _get_ready(pin: Pin, now: datetime) -> Call:
    if found := compose.problems(pin):
        raise Never(found[0].code, found[0].message)
    image = _image(pin)
    assert pin.account is not None  # constraints of the table
    assert pin.board is not None
    answers: list[CallRecord] = []
    try:
        client = connect.fresh_client(pin.account, now=now, deadline=DEADLINE, on_response=answers.append)
    except connect.AccountUnusable as no:
        raise NotNow(no.code, no.message, timedelta(minutes=1)) from no
    except pinterest.Unavailable as no:
        raise NotNow("unavailable", "Pinterest could not be reached.", timedelta(seconds=FIRST_DELAY)) from no
    return Call(
        client,
        NewPin(
            board_id=pin.board.pinterest_id,
            section_id=pin.section.pinterest_id if pin.section else "",
            title=pin.title,
            description=pin.description,
            link=pin.link,
            alt_text=pin.alt_text,
            media=ImageBase64("image/jpeg", image),
        ),
        answers,
    )


def _image(pin: Pin) -> bytes:
    """The prepared picture. Raises NotNow while it's being prepared."""
    media = pin.cover
    assert media is not None  # compose.problems has looked
    prepared = media.rendition(RenditionKind.PREPARED)
    if media.status != MediaStatus.READY or prepared is None:
        raise NotNow("media_processing", "The image is still being prepared.", MEDIA_WAIT)
    try:
        with prepared.file.open("rb") as file:
            return bytes(file.read())
    except OSError as error:
        raise NotNow(
            "media_unreadable", "The prepared image can’t be read from the media store.", timedelta(minutes=1)
        ) from error


# Steps 4 and 5 -------------------------------------------------------------------------------------------


def _settle(attempt: Attempt, call: Call, clock: Callable[[], datetime]) -> AttemptState:
    """Call, then write down the outcome: each kind of error has one consequence."""
    pin = attempt.pin
    assert pin.account is not None
    try:
        made = call.client.create_pin(call.pin)
    except pinterest.OutcomeUnknown as error:
        lose(attempt, Evidence.of(error), now=clock())
        return AttemptState.UNKNOWN
    except pinterest.RateLimited as error:
        _put_off(attempt, Evidence.of(error, "rate_limited"), clock(), error.retry_after)
    except pinterest.Unavailable as error:
        _put_off(attempt, Evidence.of(error, "unavailable"), clock(), backoff(attempt))
    except pinterest.AuthExpired as error:
        _reauthorise(attempt, Evidence.of(error, AUTH_EXPIRED), clock())
    except (pinterest.Spam, pinterest.TrialTier) as error:
        code, message = (
            ("spam", SPAM_MESSAGE) if isinstance(error, pinterest.Spam) else ("trial", TRIAL_MESSAGE)
        )
        now = clock()
        connect.hold(pin.account, code=code, message=message, now=now)
        defer(attempt, Evidence.of(error, code), now=now, until=now, shown=message)
    except (pinterest.Refused, pinterest.RestrictedFeature) as error:
        refuse(attempt, Evidence.of(error), now=clock())
        return AttemptState.REFUSED
    else:
        request_id = call.answers[-1].request_id if call.answers else ""
        succeed(attempt, made, now=clock(), request_id=request_id)
        return AttemptState.SUCCEEDED
    return AttemptState.DEFERRED


def _put_off(attempt: Attempt, evidence: Evidence, now: datetime, seconds: float) -> None:
    defer(attempt, evidence, now=now, until=now + timedelta(seconds=seconds))


SPAM_MESSAGE: Final = (
    "Pinterest took this account’s Pins for spam and refuses new ones. Publishing is on hold: look into the "
    "account on Pinterest, wait a day, then release it."
)
TRIAL_MESSAGE: Final = (
    "Pinterest refuses Pins from an app with Trial access. Set PINTEREST_API_URL to the API Sandbox, or ask "
    "Pinterest for Standard access; then release this account."
)


AUTH_EXPIRED: Final = "auth_expired"
AGAIN: Final = timedelta(minutes=10)  # a second 401 within this time isn't cured by another renewal


def _reauthorise(attempt: Attempt, evidence: Evidence, now: datetime) -> None:
    """A 401 although the token should be good: renew it once, and queue the Pin again."""
    account = attempt.pin.account
    assert account is not None
    earlier = attempt.pin.attempts.filter(code=AUTH_EXPIRED, started_at__gte=now - AGAIN)
    if earlier.exclude(pk=attempt.pk).exists():
        connect.needs_reconnect(account, now=now)
    else:
        try:
            connect.renew(account, seen_version=account.token_version, now=now)
        except (connect.AccountUnusable, pinterest.PinterestError):
            logger.warning("publish.token_not_renewed", extra={"pin": attempt.pin_id})
    defer(attempt, evidence, now=now, until=now)


def backoff(attempt: Attempt) -> float:
    """Seconds before the next try: doubled from try to try, with jitter so that a crowd spreads out."""
    earlier = Attempt.objects.filter(pin_id=attempt.pin_id, state=AttemptState.DEFERRED).count()
    delay = min(FIRST_DELAY * 2.0**earlier, LONGEST_DELAY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311  # spreading, not secrecy


def succeed(attempt: Attempt, made: LivePin, *, now: datetime, request_id: str = "") -> None:
    """Also when the lease ran out meanwhile and the sweeper wrote `unknown`: now somebody does know."""
    with transaction.atomic():  # attempt and Pin together
        Attempt.objects.filter(pk=attempt.pk, state__in=(AttemptState.SENT, AttemptState.UNKNOWN)).update(
            state=AttemptState.SUCCEEDED,
            settled_at=now,
            http_status=201,
            code="",
            message="",
            request_id=request_id,
        )
        for status in (Status.PUBLISHING, Status.NEEDS_REVIEW):
            Pin.objects.move(
                attempt.pin_id,
                status,
                Status.PUBLISHED,
                pinterest_id=made.id,
                published_at=now,
                measure_at=now,
                due_at=None,
                reason_code="",
                reason_message="",
            )
    late = -_ahead(attempt, now).total_seconds()
    logger.info(
        "pin.published",
        extra={
            "workspace": attempt.pin.workspace_id,
            "pin": attempt.pin_id,
            "attempt": attempt.pk,
            "late_s": late,
        },
    )


def refuse(attempt: Attempt, evidence: Evidence, *, now: datetime) -> bool:
    """Nothing was made and trying again would change nothing: the Pin failed, with its reason."""
    code = evidence.code or "refused"
    changes = {"reason_code": code, "reason_message": evidence.message[:1000], "due_at": None}
    return _close(attempt, AttemptState.REFUSED, Status.FAILED, evidence, changes, settled_at=now)


def defer(attempt: Attempt, evidence: Evidence, *, now: datetime, until: datetime, shown: str = "") -> bool:
    """Nothing was made: the Pin queues again, with its reason and the time of its next try."""
    reason = (shown or evidence.message)[:1000]
    changes = {"due_at": until, "reason_code": evidence.code, "reason_message": reason}
    return _close(attempt, AttemptState.DEFERRED, Status.SCHEDULED, evidence, changes, settled_at=now)


def lose(attempt: Attempt, evidence: Evidence, *, now: datetime) -> bool:
    """The call left and no answer came: the attempt stays live as `unknown`, the Pin needs review."""
    changes = {"reason_code": "unknown_outcome", "reason_message": UNKNOWN_MESSAGE, "due_at": None}
    return _close(attempt, AttemptState.UNKNOWN, Status.NEEDS_REVIEW, evidence, changes, settled_at=None)


def _close(
    attempt: Attempt,
    state: AttemptState,
    status: Status,
    evidence: Evidence,
    pin_changes: dict[str, Any],
    *,
    settled_at: datetime | None,
) -> bool:
    # Attempt and Pin together: a Pin in `publishing` has a claimed or sent attempt, and no other has one.
    with transaction.atomic():
        open_states = (AttemptState.CLAIMED, AttemptState.SENT)
        won = Attempt.objects.filter(pk=attempt.pk, state__in=open_states).update(
            state=state, settled_at=settled_at, **evidence.columns()
        )
        if won:
            Pin.objects.move(attempt.pin_id, Status.PUBLISHING, status, **pin_changes)
    if won:
        facts = {"pin": attempt.pin_id, "attempt": attempt.pk, "state": str(state), "code": evidence.code}
        logger.info(
            "attempt.settled", extra=facts | {"status": evidence.http_status, "rid": evidence.request_id}
        )
    return bool(won)
