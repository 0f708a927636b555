"""Pictures that keep queued Pins from going out, told before the Pins’ time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.db.models import Q

from pins.models import (
    Media,
    MediaStatus,
    Notification,
    NotificationKind,
    PinMedia,
    Status,
)
from pins.models.notification import INSTANT
from pins.notifications.problems.notices import Digest, last_told, name_of

# A picture that can't be fetched may be there in a moment; a Pin that goes out soon doesn't wait for that.
FETCHED_WITHIN: Final = timedelta(minutes=5)
SLOT_SOON: Final = timedelta(minutes=20)
PICTURES_AGAIN: Final = timedelta(minutes=10)  # between two digests of a workspace: less than SLOT_SOON


def of_pictures(now: datetime) -> Iterator[Digest]:
    """Those that keep queued Pins from going out, told in time to do something: one digest a workspace.

    One that can't be used is told at once; one that can't be fetched, when that has lasted for some minutes,
    or when its Pin goes out soon.
    """
    ripe = Q(media__status=MediaStatus.FAILED) | Q(media__failing_since__lte=now - FETCHED_WITHIN)
    ripe |= Q(pin__publish_at__lte=now + SLOT_SOON)
    troubled = Media.objects.in_trouble().values("pk")
    links = (
        PinMedia.objects.filter(ripe, media__in=troubled, pin__status=Status.SCHEDULED)
        .select_related("pin__workspace", "media")
        .order_by("pin__workspace", "pin__publish_at", "pk")
    )
    last = last_told(NotificationKind.PICTURE)
    for workspace, found in groupby(links, key=lambda link: link.pin.workspace_id):
        after, told_at = last.get(workspace, (0, None))
        if told_at is None or told_at <= now - PICTURES_AGAIN:
            yield _of_pictures(workspace, list(found), after=after, now=now)


def _of_pictures(workspace: int, links: list[PinMedia], *, after: int, now: datetime) -> Digest:
    first = links[0].pin
    (why, times), *_ = Counter(link.media.reason_message for link in links).most_common(1)
    if len(links) == 1:
        title, message = f"The picture of {name_of(first)} is missing", f"{why} The Pin’s time is {INSTANT}."
    else:
        title = f"The pictures of {len(links):,} scheduled Pins are missing"
        each = "Each time" if times == len(links) else f"{times:,} times"
        message = f"{each}: {why} The time of the first of these Pins is {INSTANT}."
    made = Notification(
        workspace_id=workspace,
        pin=first if len(links) == 1 else None,
        kind=NotificationKind.PICTURE,
        key=f"{NotificationKind.PICTURE}:{workspace}:after:{after}",
        title=title[:200],
        message=f"{message} Fetch it again, or choose another picture before then."[:2000],
        about_at=first.publish_at,
        created_at=now,
    )
    return Digest(made, pictures=sorted({link.media_id for link in links}))
