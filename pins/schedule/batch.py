"""Several Pins composed together: the same words, one picture each.

The form is the truth: which pictures it lists is which Pins there shall be. A batch that lists none is one
Pin without a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction

from pins.compose import drafts
from pins.models import Media, Pin, Status
from pins.schedule import queue

if TYPE_CHECKING:
    from accounts.models import User, Workspace

MOST: Final = 50  # Pins in one batch


def write(
    workspace: Workspace,
    pins: Sequence[Pin],
    *,
    pictures: Sequence[Media],
    content: drafts.Content,
    user: User,
    as_drafts: bool = False,
) -> list[Pin]:
    """Make the batch what the form says; answers its Pins, in the pictures' order.

    A Pin keeps its picture; pictures without a Pin take one that has none, or a new one; a Pin whose picture
    was taken off the form is deleted. `as_drafts` takes those that wait in the queue out of it first, as a
    draft may say less than they. All or nothing. Raises Invalid, WrongState.
    """
    with transaction.atomic():
        if as_drafts:
            _take_out(pins)
        of_picture = {pin.cover.pk: pin for pin in pins if pin.cover is not None}
        spare = [pin for pin in pins if pin.cover is None or pin.cover.pk not in {m.pk for m in pictures}]
        found = []
        for picture in pictures:
            pin = of_picture.get(picture.pk) or (spare.pop(0) if spare else None)
            found.append(_write_one(workspace, pin, [picture], content, user))
        if not pictures:
            found.append(_write_one(workspace, spare.pop(0) if spare else None, [], content, user))
        for pin in spare:
            drafts.discard(pin)
    return again(found)


def _write_one(
    workspace: Workspace, pin: Pin | None, media: list[Media], content: drafts.Content, user: User
) -> Pin:
    if pin is None:
        return drafts.create(workspace, content=content, media=media, user=user)
    drafts.change(pin, content=content, media=media)
    return pin


def _take_out(pins: Sequence[Pin]) -> None:
    for pin in pins:
        if pin.status == Status.SCHEDULED:
            queue.unschedule(pin)


def schedule(pins: Sequence[Pin], *, at: datetime, now: datetime) -> None:
    """All at the same time, or none. Raises Invalid, WrongState."""
    with transaction.atomic():
        for pin in pins:
            queue.schedule(pin, at=at, now=now)


def again(pins: Sequence[Pin]) -> list[Pin]:
    """Fresh from the database, in the same order."""
    found = {pin.pk: pin for pin in Pin.objects.with_parts().filter(pk__in=[pin.pk for pin in pins])}
    return [found[pin.pk] for pin in pins]


def summary(pins: Sequence[Pin], choice: str) -> str:
    """What just happened, for the toast."""
    what = "Draft" if choice == "draft" else "Pin"
    many = what if len(pins) == 1 else f"{len(pins)} {what}s"
    done = {"draft": "saved.", "now": "on the way.", "at": "scheduled."}[choice]
    return f"{many} {done}"
