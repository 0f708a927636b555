"""Take in pictures and prepare them: cheap checks in the request, pixels on the media worker."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Final, cast

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts import clock
from pins import imaging, storage, store
from pins.errors import Invalid, WrongState
from pins.models import Fit, Media, MediaStatus, Pin, PinMedia, Rendition, RenditionKind, Status, Storage
from pins.models.pin import EDITABLE

if TYPE_CHECKING:
    from accounts.models import User, Workspace

logger = logging.getLogger(__name__)

# A preparation takes well under a second; after this long its message is taken for lost and sent again.
FORGOTTEN_AFTER: Final = timedelta(seconds=90)
# While the media store is away, each picture waits twice as long from try to try, and of all that wait only
# some are tried at a time: preparing is work. The first that succeeds calls the others.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(minutes=2)
SCOUTS: Final = 3  # of one sweep
MOST_TRIES: Final = 10  # that are counted: the wait grows no more

AGAIN: Final = "PinSched tries again by itself; if this lasts, tell the person who runs it."
AWAY: Final = {
    Media.UNWRITABLE: f"The media store is full or can’t be written to. {AGAIN}",
    Media.UNREADABLE: f"The media store can’t be read just now. {AGAIN}",
}
# Columns of one whose file is here.
FETCHED: Final = {"fetch_at": None, "fetch_until": None, "fetch_tries": 0, "failing_since": None}
GONE: Final = "The prepared image was gone from the media store. PinSched makes it again from the upload."

SETTLED: Final = "A Pin with this image is being published or is out, so the image stays as it is."


def accept(
    workspace: Workspace, *, upload: UploadedFile[bytes], name: str, user: User | None, now: datetime
) -> Media:
    """Store one upload, to be prepared by the media worker.

    Decodes no pixel. Raises Invalid (field "file") for what isn't a picture that we can take.
    """
    file = cast("IO[bytes]", upload.file)  # in memory or on disk, but never nothing
    try:
        probe = imaging.probe(file)
    except imaging.ImageRejected as no:
        raise Invalid.at("file", no.code, no.message) from no
    try:
        storage.check(workspace, size=upload.size or 0)
        return _store_upload(workspace, file, probe, name=name, size=upload.size or 0, user=user, now=now)
    except storage.Full as full:
        raise full.at("file") from full
    except OSError as away:
        store.doubt(away, workspace=workspace.pk)
        message = "The media store can’t be written to just now. Nothing was kept; try again in a minute."
        raise Invalid.at("file", "store_unavailable", message) from away


def _store_upload(
    workspace: Workspace,
    file: IO[bytes],
    probe: imaging.Probe,
    *,
    name: str,
    size: int,
    user: User | None,
    now: datetime,
) -> Media:
    store.check()
    row = Media(
        workspace=workspace,
        name=name.replace("\x00", "")[-255:],  # the end holds the file type; shown to people, nothing else
        content_type=probe.content_type,
        size_bytes=size,
        width=probe.width,
        height=probe.height,
        sha256=sha256_of(file),
        asked_at=now,
        created_by=user,
    )
    row.original.save("upload", File(file), save=False)
    try:
        # The row and its bytes: of two uploads that would fill the workspace the second is refused.
        with transaction.atomic():
            storage.take(workspace.pk, size)
            row.save(force_insert=True)
    except BaseException:
        store.drop(row.original)  # no row names it
        raise
    return row


def sha256_of(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.file_digest(cast("io.BytesIO", file), "sha256").hexdigest()
    file.seek(0)
    return digest


@dataclass(frozen=True, slots=True)
class Framing:
    """How a picture becomes 2:3. Without a focal point (0..1 of the picture as shown) one is found."""

    fit: Fit = Fit.CROP
    pad_color: str = "#ffffff"
    focal: tuple[float, float] | None = None


def framing_of(media: Media) -> Framing:
    focal = (media.focal_x, media.focal_y) if media.focal_chosen else None
    return Framing(Fit(media.fit), media.pad_color, focal)


def settled(pictures: Iterable[Media]) -> set[int]:
    """Those that a Pin shows which is on its way or out: their framing stays as it is."""
    shown = PinMedia.objects.filter(media__in=[media.pk for media in pictures])
    return set(shown.exclude(pin__status__in=(*EDITABLE, Status.DELETED)).values_list("media_id", flat=True))


def reframe(media: Media, framing: Framing, *, now: datetime) -> bool:
    """Frame it anew; True when it is to be prepared again, which the caller enqueues.

    A Pin that waits in the queue gets the new picture, however soon it is due. Raises WrongState when one
    with this picture is on its way or out.
    """
    if framing == framing_of(media):
        return False
    # The Pins are locked, so that none can be claimed between the look at them and the new framing.
    with transaction.atomic():
        list(Pin.objects.select_for_update().filter(pk__in=media.pins.values("pk")).order_by("pk"))
        if settled([media]):
            raise WrongState(SETTLED)
        media.fit, media.pad_color = framing.fit, framing.pad_color
        media.focal_chosen = framing.focal is not None
        media.focal_x, media.focal_y = framing.focal or (0.5, 0.5)
        again = anew(now)
        if not media.original and not media.fetch_at:
            again["fetch_at"] = now  # it could not be had so far
        for name, value in again.items():
            setattr(media, name, value)
        media.save(update_fields=["fit", "pad_color", "focal_x", "focal_y", "focal_chosen", *again])
    return True


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
    told = {"reason_code": "prepared_gone", "reason_message": GONE}
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
    framing = framing_of(media)
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
