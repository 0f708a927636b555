"""When a Pin goes out: schedule, move, take back, try again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models.functions import Now

from pins.compose import drafts
from pins.errors import Invalid, WrongState
from pins.media import download
from pins.models import Media, Pin, Status
from pins.models.pin import EDITABLE
from pins.rules import preflight

if TYPE_CHECKING:
    from accounts.models import User, Workspace

# How far ahead a Pin can be queued, a little over five years. Whoever means more has mistyped the year, and
# rules of clocks are not known for longer.
FARTHEST: Final = timedelta(days=5 * 366)
# A time this little in the past means "now": forms are filled in slowly. Anything older is a mistake.
FORGIVEN_PAST: Final = timedelta(minutes=5)
TOO_LATE: Final = "This Pin can’t be scheduled: it is being published or is out already."
# Fresh start of the waiting line: reasons of the last try no longer hold.
_CLEARED: Final = {"reason_code": "", "reason_message": ""}


def schedule(pin: Pin, *, at: datetime, now: datetime) -> None:
    """Put a Pin in the queue for `at` (or move it there). A time up to five minutes past means now.

    Raises Invalid when Pinterest would refuse it or the time is past or far ahead, WrongState when it can't
    be scheduled.
    """
    if pin.status not in EDITABLE:
        raise WrongState(TOO_LATE)
    found = drafts.problems(pin)
    if problem := wrong_time(at, now=now):
        found.append(problem)
    if found:
        raise Invalid(found)
    _enter_queue(pin, max(at, now))


def wrong_time(at: datetime, *, now: datetime) -> preflight.Problem | None:
    """What is wrong with a time itself, whatever is to go out then."""
    if at < now - FORGIVEN_PAST:
        return preflight.Problem("publish_at", "past", "That time is past. Pick a later one.")
    if at > now + FARTHEST:
        message = "That is more than five years ahead. Pick an earlier time."
        return preflight.Problem("publish_at", "too_far", message)
    return None


def _enter_queue(pin: Pin, at: datetime) -> None:
    changes: dict[str, Any] = {"publish_at": at, "due_at": at, **_CLEARED}
    status = Status(pin.status)
    if status == Status.SCHEDULED:
        won = Pin.objects.filter(pk=pin.pk, status=status).update(**changes, updated_at=Now()) == 1
    elif status in (Status.DRAFT, Status.IN_APPROVAL, Status.FAILED):
        assert pin.account is not None  # preflight found a board
        drafts.check_room(pin.account)
        won = Pin.objects.move(pin.pk, status, Status.SCHEDULED, **changes)
    else:
        won = False
    if not won:
        raise WrongState(TOO_LATE)
    pin.refresh_from_db()


def create(
    workspace: Workspace,
    *,
    content: drafts.Content,
    media: Sequence[Media],
    user: User | None,
    at: datetime | None,
    now: datetime,
    parent: str = "",
) -> Pin:
    """A new Pin, or with `parent` a save: a draft, or with `at` one that is queued. Raises Invalid, and then
    there is no Pin."""
    with transaction.atomic():  # a Pin that can't be queued doesn't stay behind as a draft
        pin = drafts.create(workspace, content=content, media=media, user=user, parent=parent)
        if at is not None:
            schedule(pin, at=at, now=now)
    return pin


def amend(
    pin: Pin,
    *,
    given: Mapping[str, Any],
    media: Sequence[Media] | None,
    reschedule: bool,
    at: datetime | None,
    now: datetime,
) -> None:
    """Change what is `given` (names as in drafts.Content) and leave the rest; all or nothing.

    With `reschedule`, also move the Pin to `at`, or out of the queue where that is None. Raises Invalid,
    WrongState.
    """
    # The row is locked: two callers who change different fields at once both count.
    with transaction.atomic():
        locked = Pin.objects.select_for_update().get(pk=pin.pk)
        content = replace(drafts.content_of(locked), **given)
        if found := drafts.misplaced(content):
            raise Invalid(found)
        if reschedule and at is None and locked.status == Status.SCHEDULED:
            unschedule(locked)  # first, as a draft may say less than what waits in the queue
        drafts.change(locked, content=content, media=media)
        if reschedule and at is not None:
            schedule(locked, at=at, now=now)


def publish_now(pin: Pin, *, now: datetime) -> None:
    schedule(pin, at=now, now=now)


def retry(pin: Pin, *, now: datetime) -> None:
    """Queue a failed Pin again, at once; and fetch the picture anew that could not be had so far.

    Raises WrongState when there is nothing to try again, Invalid if it would fail again.
    """
    # A picture is fetched for a Pin that can go out. The Pin is locked before its picture, as by an edit: the
    # other way round each could wait for the other.
    with transaction.atomic():
        Pin.objects.select_for_update().filter(pk=pin.pk).first()
        fetched = pin.can_fetch_picture and pin.cover is not None and download.again(pin.cover, now=now)
        if pin.status == Status.FAILED:
            schedule(pin, at=now, now=now)
        elif not fetched:
            raise WrongState("Only a failed Pin can be tried again.")


def unschedule(pin: Pin) -> None:
    """Back to a draft. Raises WrongState unless it waits in the queue."""
    if not Pin.objects.move(pin.pk, Status.SCHEDULED, Status.DRAFT, publish_at=None, due_at=None, **_CLEARED):
        raise WrongState("This Pin isn’t waiting in the queue any more.")
    pin.refresh_from_db()
