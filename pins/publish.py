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
from accounts.pinterest.client import PinterestClient
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
        defer(attempt, now=now, until=now + wait.wait, code=wait.code, message=wait.message)
        return AttemptState.DEFERRED
    except Never as no:
        refuse(attempt, now=clock(), code=no.code, message=no.message)
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
    try:
        client = connect.fresh_client(pin.account, now=now, deadline=DEADLINE)
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
        lose(attempt, now=clock(), **_evidence(error))
        return AttemptState.UNKNOWN
    except pinterest.RateLimited as error:
        now = clock()
        wait = error.retry_after or backoff(attempt)
        defer(
            attempt,
            now=now,
            until=now + timedelta(seconds=wait),
            **_evidence(error) | {"code": "rate_limited"},
        )
    except pinterest.Unavailable as error:
        now = clock()
        until = now + timedelta(seconds=backoff(attempt))
        defer(attempt, now=now, until=until, **_evidence(error) | {"code": "unavailable"})
    except pinterest.AuthExpired as error:
        _reauthorise(attempt, error, clock())
    except (pinterest.Spam, pinterest.TrialTier) as error:
        code = "spam" if isinstance(error, pinterest.Spam) else "trial"
        message = SPAM_MESSAGE if code == "spam" else TRIAL_MESSAGE
        connect.hold(pin.account, code=code, message=message, now=clock())
        now = clock()
        defer(attempt, now=now, until=now, **_evidence(error) | {"code": code}, shown=message)
    except (pinterest.Refused, pinterest.RestrictedFeature) as error:
        refuse(attempt, now=clock(), **_evidence(error))
        return AttemptState.REFUSED
    else:
        succeed(attempt, made, now=clock())
        return AttemptState.SUCCEEDED
    return AttemptState.DEFERRED


SPAM_MESSAGE: Final = (
    "Pinterest took this account’s Pins for spam and refuses new ones. Publishing is on hold: look into the "
    "account on Pinterest, wait a day, then release it."
)
TRIAL_MESSAGE: Final = (
    "Pinterest refuses Pins from an app with Trial access. Set PINTEREST_API_URL to the API Sandbox, or ask "
    "Pinterest for Standard access; then release this account."
)


def _reauthorise(attempt: Attempt, error: pinterest.AuthExpired, now: datetime) -> None:
    """A 401 although the token should be good: renew it once, and queue the Pin again."""
    account = attempt.pin.account
    assert account is not None
    evidence = _evidence(error) | {"code": "auth_expired"}
    if attempt.pin.attempts.filter(code="auth_expired").exclude(pk=attempt.pk).exists():
        connect.needs_reconnect(account, now=now)
    else:
        try:
            connect.renew(account, seen_version=account.token_version, now=now)
        except (connect.AccountUnusable, pinterest.PinterestError):
            logger.warning("publish.token_not_renewed", extra={"pin": attempt.pin_id})
    defer(attempt, now=now, until=now, **evidence)


def _evidence(error: pinterest.PinterestError) -> dict[str, Any]:
    """What an Attempt keeps of an error; `code` is Pinterest's number where it gave one."""
    return {
        "http_status": error.http_status,
        "code": "" if error.code is None else str(error.code),
        "message": error.message,
        "request_id": error.request_id or "",
    }


def backoff(attempt: Attempt) -> float:
    """Seconds before the next try: doubled from try to try, with jitter so that a crowd spreads out."""
    earlier = Attempt.objects.filter(pin_id=attempt.pin_id, state=AttemptState.DEFERRED).count()
    delay = min(FIRST_DELAY * 2.0**earlier, LONGEST_DELAY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311  # spreading, not secrecy


def succeed(attempt: Attempt, made: LivePin, *, now: datetime) -> None:
    """Also when the lease ran out meanwhile and the sweeper wrote `unknown`: now somebody does know."""
    with transaction.atomic():  # attempt and Pin together
        Attempt.objects.filter(pk=attempt.pk, state__in=(AttemptState.SENT, AttemptState.UNKNOWN)).update(
            state=AttemptState.SUCCEEDED, settled_at=now, http_status=201, code="", message=""
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


def refuse(
    attempt: Attempt,
    *,
    now: datetime,
    code: str,
    message: str,
    http_status: int | None = None,
    request_id: str = "",
) -> bool:
    """Nothing was made and trying again would change nothing: the Pin failed, with its reason."""
    return _close(
        attempt,
        AttemptState.REFUSED,
        Status.FAILED,
        pin_changes={"reason_code": code or "refused", "reason_message": message[:1000], "due_at": None},
        settled_at=now,
        code=code,
        message=message[:1000],
        http_status=http_status,
        request_id=request_id,
    )


def defer(
    attempt: Attempt,
    *,
    now: datetime,
    until: datetime,
    code: str,
    message: str,
    http_status: int | None = None,
    request_id: str = "",
    shown: str = "",
) -> bool:
    """Nothing was made: the Pin queues again, with its reason and the time of its next try."""
    reason = shown or message
    return _close(
        attempt,
        AttemptState.DEFERRED,
        Status.SCHEDULED,
        pin_changes={"due_at": until, "reason_code": code, "reason_message": reason[:1000]},
        settled_at=now,
        code=code,
        message=message[:1000],
        http_status=http_status,
        request_id=request_id,
    )


def lose(
    attempt: Attempt,
    *,
    now: datetime,
    message: str,
    code: str = "no_answer",
    http_status: int | None = None,
    request_id: str = "",
) -> bool:
    """The call left and no answer came: the attempt stays live as `unknown`, the Pin needs review."""
    return _close(
        attempt,
        AttemptState.UNKNOWN,
        Status.NEEDS_REVIEW,
        pin_changes={"reason_code": "unknown_outcome", "reason_message": UNKNOWN_MESSAGE, "due_at": None},
        code=code or "no_answer",
        message=message[:1000],
        http_status=http_status,
        request_id=request_id,
    )


def _close(
    attempt: Attempt, state: AttemptState, status: Status, *, pin_changes: dict[str, Any], **changes: Any
) -> bool:
    # Attempt and Pin together: a Pin in `publishing` has a claimed or sent attempt, and no other has one.
    with transaction.atomic():
        won = Attempt.objects.filter(
            pk=attempt.pk, state__in=(AttemptState.CLAIMED, AttemptState.SENT)
        ).update(state=state, **changes)
        if won:
            Pin.objects.move(attempt.pin_id, Status.PUBLISHING, status, **pin_changes)
    if won:
        logger.info(
            "attempt.settled",
            extra={
                "pin": attempt.pin_id,
                "attempt": attempt.pk,
                "state": str(state),
                "code": changes["code"],
                "status": changes["http_status"],
                "rid": changes["request_id"],
            },
        )
    return bool(won)
