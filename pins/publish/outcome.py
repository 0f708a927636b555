"""Write down what became of an attempt, on it and on its Pin together: each kind of outcome is one function.

Every change is a compare-and-swap, so of a late answer, a sweeper and a person only the first one counts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.pinterest.types import Image
from accounts.pinterest.types import Pin as LivePin
from pins.models import Attempt, AttemptState, Origin, Pin, Status
from pins.models.pin import WORDS
from pins.publish.evidence import UNAVAILABLE, Evidence

logger = logging.getLogger(__name__)

# An answer counts even after the sweeper took its worker for lost: now somebody does know.
ANSWERED: Final = (AttemptState.SENT, AttemptState.UNKNOWN)
UNSENT: Final = (AttemptState.CLAIMED,)
CHECKING: Final = "checking"
PICTURE_WIDTH: Final = 600  # pixels; Pinterest crops the sizes below
LONGEST_URL: Final = 2048  # the columns'
LONGEST_TYPE: Final = 32
CHECKING_MESSAGE: Final = (
    "The connection was lost before Pinterest answered. PinSched is looking whether this Pin is on the "
    "board, and sends it again only if it isn’t."
)


def succeed(
    attempt: Attempt, live: LivePin, evidence: Evidence, *, published_at: datetime, now: datetime
) -> bool:
    """It is on Pinterest, as `live`. Raises IntegrityError when another row of the account has that one."""
    words = {name: text for name in WORDS if (text := getattr(live, name))} if attempt.pin.is_save else {}
    changes = {
        "pinterest_id": live.id,
        **picture_there(live),
        **words,  # the saved Pin's
        "published_at": published_at,
        "measure_at": published_at,
        "due_at": None,
        "reason_code": "",
        "reason_message": "",
    }
    settled = (attempt, AttemptState.SUCCEEDED, Status.PUBLISHED, evidence, changes, now, ANSWERED)
    try:
        return _close(*settled)
    except IntegrityError:
        # The library may have found it in the meantime, with clocks apart. Its numbers are read again.
        find = Pin.objects.filter(account=attempt.pin.account_id, pinterest_id=live.id, origin=Origin.FOUND)
        if not find.delete()[0]:
            raise
        return _close(*settled)


def picture_there(live: LivePin) -> dict[str, str]:
    """Columns of a Pin that tell of its picture on Pinterest."""
    image = live.image_at_least(PICTURE_WIDTH)
    found = {"live_image_url": image.url} if image and len(image.url) <= LONGEST_URL else {}
    return found | {"live_media_type": live.media_type[:LONGEST_TYPE]}


def refuse(
    attempt: Attempt,
    evidence: Evidence,
    *,
    now: datetime,
    shown: str = "",
    was: tuple[AttemptState, ...] = ANSWERED,
) -> bool:
    """Nothing was made and trying again would change nothing: the Pin failed, with its reason."""
    reason = (shown or evidence.message)[:1000]
    changes = {"reason_code": evidence.code or "refused", "reason_message": reason, "due_at": None}
    return _close(attempt, AttemptState.REFUSED, Status.FAILED, evidence, changes, now, was)


def defer(
    attempt: Attempt,
    evidence: Evidence,
    *,
    now: datetime,
    until: datetime | None,
    shown: str = "",
    was: tuple[AttemptState, ...] = ANSWERED,
) -> bool:
    """Nothing was made: the Pin queues again, with its reason and the time of its next try; None: a person
    says when. Of the times that it waited for one thing, and nothing was sent, the history keeps the last."""
    reason = (shown or evidence.message)[:1000]
    changes = {"due_at": until, "reason_code": evidence.code, "reason_message": reason}
    won = _close(attempt, AttemptState.DEFERRED, Status.SCHEDULED, evidence, changes, now, was)
    if won and was == UNSENT and evidence.code != UNAVAILABLE:  # those are counted, and ever further apart
        Attempt.objects.same_wait(attempt, evidence.code).delete()
    return won


def lose(attempt: Attempt, evidence: Evidence, *, now: datetime) -> bool:
    """The call left and no answer came: the attempt stays live as `unknown`, for reconcile to look for it."""
    # Attempt and Pin together, so that the Pin says why it isn't out.
    with transaction.atomic():
        won = Attempt.objects.advance(
            attempt.pk, AttemptState.SENT, AttemptState.UNKNOWN, look_at=now, **evidence.columns()
        )
        if won:
            explain(attempt, CHECKING_MESSAGE)
    if won:
        _log(attempt, AttemptState.UNKNOWN, evidence)
    return won


def doubt(attempt: Attempt, suspect: LivePin, shown: str, evidence: Evidence | None = None) -> bool:
    """Ask a person, with both Pins side by side, whether `suspect` is the attempt's."""
    # Together: a Pin that is in doubt has something to show.
    with transaction.atomic():
        mine = Attempt.objects.filter(pk=attempt.pk, state__in=ANSWERED)
        kept = {"state": AttemptState.UNKNOWN, "suspect": as_suspect(suspect), "look_at": None}
        won = mine.update(**kept, **(evidence.columns() if evidence else {}))
        if won:
            ask(attempt, "doubt", shown)
    if won:
        facts = {"pin": attempt.pin_id, "attempt": attempt.pk, "suspect": suspect.id}
        logger.info("attempt.doubt", extra=facts)
    return bool(won)


def ask(attempt: Attempt, code: str, message: str) -> None:
    """Move the Pin of an unknown attempt to a person's desk, or say there what is known now."""
    why = {"reason_code": code, "reason_message": message[:1000]}
    if not Pin.objects.move(attempt.pin_id, Status.PUBLISHING, Status.NEEDS_REVIEW, due_at=None, **why):
        Pin.objects.filter(pk=attempt.pin_id, status=Status.NEEDS_REVIEW).update(**why, updated_at=Now())


def as_suspect(pin: LivePin) -> dict[str, str]:
    """What an Attempt keeps of it, for a person to compare with."""
    image = pin.image_at_least(PICTURE_WIDTH)
    return {
        "id": pin.id,
        "title": pin.title,
        "description": pin.description,
        "link": pin.link,
        "alt_text": pin.alt_text,
        "parent": pin.parent_pin_id,
        "image_url": image.url if image else "",
        "created_at": pin.created_at.isoformat() if pin.created_at else "",
    }


def of_suspect(kept: Mapping[str, str]) -> LivePin:
    """The other way round."""
    created, url = kept["created_at"], kept["image_url"]
    return LivePin(
        kept["id"],
        datetime.fromisoformat(created) if created else None,
        kept["title"],
        kept["description"],
        kept["link"],
        kept["alt_text"],
        images=(Image(url, PICTURE_WIDTH, 0),) if url else (),
    )


def explain(attempt: Attempt, message: str) -> None:
    """Say on the Pin of an unknown attempt how the looking stands."""
    Pin.objects.filter(pk=attempt.pin_id, status=Status.PUBLISHING).update(
        reason_code=CHECKING, reason_message=message[:1000], updated_at=Now()
    )


def _close(
    attempt: Attempt,
    state: AttemptState,
    status: Status,
    evidence: Evidence,
    pin_changes: dict[str, Any],
    now: datetime,
    was: tuple[AttemptState, ...],
) -> bool:
    # Attempt and Pin together: a Pin in `publishing` has a live attempt, and no other has one but in review.
    with transaction.atomic():
        won = Attempt.objects.filter(pk=attempt.pk, state__in=was).update(
            state=state, settled_at=now, look_at=None, **evidence.columns()
        )
        if won and not Pin.objects.move(attempt.pin_id, Status.PUBLISHING, status, **pin_changes):
            Pin.objects.move(attempt.pin_id, Status.NEEDS_REVIEW, status, **pin_changes)
    if won:
        _log(attempt, state, evidence)
    return bool(won)


def _log(attempt: Attempt, state: AttemptState, evidence: Evidence) -> None:
    logger.info(
        "attempt.settled",
        extra={
            "pin": attempt.pin_id,
            "attempt": attempt.pk,
            "state": str(state),
            "code": evidence.code,
            "status": evidence.http_status,
            "rid": evidence.request_id,
        },
    )
