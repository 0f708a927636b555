"""Make what Pins and pages show of an upload: pixels, on the media worker."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final, cast

from django.core.files.base import ContentFile
from django.db import transaction

from accounts import clock
from pins import imaging
from pins.media import store
from pins.models import Media, MediaStatus, Rendition, RenditionKind, Storage

logger = logging.getLogger(__name__)

# A preparation takes well under a second; after this long its message is taken for lost and sent again.
FORGOTTEN_AFTER: Final = timedelta(seconds=90)
# While the media store is away, each picture waits twice as long from try to try, and of all that wait only
# some are tried at a time: preparing is work. The first that succeeds calls the others.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(minutes=2)
SCOUTS: Final = 3  # of one sweep
MOST_TRIES: Final = 10  # that are counted: the wait grows no more

TRIES_AGAIN: Final = "PinSched tries again by itself; if this lasts, tell the person who runs it."
AWAY: Final = {
    Media.UNWRITABLE: f"The media store is full or can’t be written to. {TRIES_AGAIN}",
    Media.UNREADABLE: f"The media store can’t be read just now. {TRIES_AGAIN}",
}
# Columns of one whose file is here.
FETCHED: Final = {"fetch_at": None, "fetch_until": None, "fetch_tries": 0, "failing_since": None}
PREPARED_GONE: Final = (
    "The prepared image was gone from the media store. PinSched makes it again from the upload."
)


def anew(at: datetime) -> dict[str, Any]:
    """To be prepared; whatever stopped it before no longer holds."""
    return {
        "status": MediaStatus.PROCESSING,
        "asked_at": at,
        "tries": 0,
        "told_at": None,
        "reason_code": "",
        "reason_message": "",
    }


def prepare_again(prepared: Rendition, *, now: datetime) -> None:
    """Its file is gone, or isn't whole: the next sweep makes all from the upload."""
    found = Media.objects.filter(pk=prepared.media_id, status=MediaStatus.READY, renditions=prepared.pk)
    told = {"reason_code": "prepared_gone", "reason_message": PREPARED_GONE}
    if found.update(**anew(now - FORGOTTEN_AFTER) | told):
        logger.warning("media.prepared_gone", extra={"media": prepared.media_id, "file": prepared.file.name})


def prepare(pk: int) -> MediaStatus | None:
    """Make the 1000×1500 JPEG, the thumbnail and the overview of one upload.

    Safe to run twice. If it was framed anew meanwhile (`asked_at` changed), this result is thrown away:
    a later message makes the right one. It stays `processing` while the media store is away. None when there
    was nothing to do.
    """
    media = Media.objects.filter(pk=pk, status=MediaStatus.PROCESSING).exclude(original="").first()
    if media is None:
        return None
    asked = media.asked_at
    framing = media.framing
    fit = cast("imaging.Fit", framing.fit.value)
    try:
        # Read to its end before it is decoded: a store that fails halfway is no damaged picture.
        upload = store.read(media.original)
        made = imaging.prepare(upload, fit=fit, focal=framing.focal, pad=framing.pad_color)
    except imaging.ImageRejected as no:
        fail(media, asked, code=no.code, message=no.message)
        return MediaStatus.FAILED
    except FileNotFoundError:
        fail(
            media,
            asked,
            code="lost",
            message="The uploaded file is gone from the media store. Upload it again.",
        )
        return MediaStatus.FAILED
    except OSError as away:
        wait(media, asked, Media.UNREADABLE, away)
        return MediaStatus.PROCESSING
    try:
        _store(media, made, asked)
    except OSError as away:
        wait(media, asked, Media.UNWRITABLE, away)
        return MediaStatus.PROCESSING
    return MediaStatus.READY


def fail(media: Media, asked: datetime, *, code: str, message: str) -> None:
    """Unless it was asked for anew since `asked`."""
    Media.objects.filter(pk=media.pk, asked_at=asked).update(
        status=MediaStatus.FAILED,
        reason_code=code,
        reason_message=message[:500],
        fetch_at=None,
        fetch_until=None,
    )
    logger.info("media.failed", extra={"workspace": media.workspace_id, "media": media.pk, "code": code})


def wait(media: Media, asked: datetime, code: str, away: OSError) -> None:
    """The media store has stopped it: say so, and try again after a while, unless it was asked for anew."""
    pause = min(FIRST_WAIT * 2**media.tries, LONGEST_WAIT)
    until = clock.now() + pause
    fetched_again = {} if media.original else {"fetch_at": until, "fetch_until": None}
    Media.objects.filter(pk=media.pk, asked_at=asked, status=MediaStatus.PROCESSING).update(
        tries=min(media.tries + 1, MOST_TRIES),
        asked_at=until - FORGOTTEN_AFTER,  # so that it is forgotten when the pause is over
        **fetched_again,
        reason_code=code,
        reason_message=AWAY[code],
    )
    store.doubt(away, workspace=media.workspace_id, media=media.pk, code=code, wait_s=pause.total_seconds())


def _store(media: Media, made: imaging.Prepared, asked: datetime) -> None:
    store.check()
    # Files first, outside the transaction: a row never points at a file that isn't there yet.
    parts = {
        RenditionKind.PREPARED: (made.jpeg, made.width, made.height),
        RenditionKind.THUMBNAIL: (made.thumbnail, made.thumbnail_width, made.thumbnail_height),
        RenditionKind.OVERVIEW: (made.overview.jpeg, made.overview.width, made.overview.height),
    }
    # The whole picture stays as it was: pages that wait for another framing go on showing it.
    overview = Rendition.objects.filter(media=media, kind=RenditionKind.OVERVIEW).first()
    if overview and _is_whole(overview):
        del parts[RenditionKind.OVERVIEW]
    fresh: list[Rendition] = []
    try:
        for kind, (jpeg, width, height) in parts.items():
            row = Rendition(media=media, kind=kind, width=width, height=height, size_bytes=len(jpeg))
            row.file.save("", ContentFile(jpeg), save=False)
            fresh.append(row)
        stale = _swap(media, made, asked, fresh)
    except BaseException:
        _drop(fresh)  # no row names them
        raise
    _drop(stale)
    won = stale is not fresh
    if won:
        _go_on(media, now=clock.now())
    logger.info("media.ready", extra={"workspace": media.workspace_id, "media": media.pk, "won": won})


def _swap(media: Media, made: imaging.Prepared, asked: datetime, fresh: list[Rendition]) -> list[Rendition]:
    """The new renditions for the old; answers those that are not needed: `fresh` itself, if it was asked for
    anew meanwhile."""
    # Rows and status change together, so that "ready" always has its files.
    with transaction.atomic():
        won = Media.objects.filter(pk=media.pk, asked_at=asked).update(
            status=MediaStatus.READY,
            reason_code="",
            reason_message="",
            tries=0,
            told_at=None,
            focal_x=made.focal[0],
            focal_y=made.focal[1],
            dhash=made.dhash,
            dominant_color=made.dominant_color,
        )
        if not won:
            return fresh
        old = Rendition.objects.filter(media=media, kind__in=[row.kind for row in fresh])
        stale = list(old)
        old.delete()
        Rendition.objects.bulk_create(fresh)
        more = sum(row.size_bytes for row in fresh) - sum(row.size_bytes for row in stale)
        Storage.objects.change(media.workspace_id, more)
    return stale


def _drop(renditions: list[Rendition]) -> None:
    for row in renditions:
        store.drop(row.file)


def _is_whole(rendition: Rendition) -> bool:
    try:
        return rendition.file.size == rendition.size_bytes
    except FileNotFoundError:
        return False


def _go_on(media: Media, *, now: datetime) -> None:
    """What waited for this picture goes on; and if it waited for the store, so does all else that does."""
    media.pins.waiting_with(*Media.WAITS, now=now).update(due_at=now)
    if media.tries:
        waiting = Media.objects.waiting_for_store()
        waiting.filter(original="").update(fetch_at=now)
        waiting.update(**anew(now - FORGOTTEN_AFTER))


def unsent(pk: int, *, now: datetime) -> None:
    """Its message found no broker: the next sweep sends it."""
    asked = Media.objects.filter(pk=pk, status=MediaStatus.PROCESSING)
    asked.update(asked_at=now - FORGOTTEN_AFTER)


def forgotten(now: datetime) -> list[int]:
    """Uploads whose message seems lost, and some of those whose wait for the store is over; asking is noted,
    so that each is sent again once per wait."""
    due = Media.objects.forgotten(now - FORGOTTEN_AFTER).order_by("asked_at").values_list("pk", flat=True)
    pks = [*due.filter(tries=0)[:200], *due.filter(tries__gt=0)[:SCOUTS]]
    Media.objects.filter(pk__in=pks, status=MediaStatus.PROCESSING).update(asked_at=now)
    return pks
