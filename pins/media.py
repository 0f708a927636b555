"""Take in pictures and prepare them: cheap checks in the request, pixels on the media worker."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Final, cast

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from pins import imaging
from pins.errors import Invalid, WrongState
from pins.models import Fit, Media, MediaStatus, Pin, PinMedia, Rendition, RenditionKind, Status
from pins.models.pin import EDITABLE

if TYPE_CHECKING:
    from accounts.models import User, Workspace

logger = logging.getLogger(__name__)

# A preparation takes well under a second; after this long its message is taken for lost and sent again.
FORGOTTEN_AFTER: Final = timedelta(seconds=90)

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
        return _store_upload(workspace, file, probe, name=name, size=upload.size or 0, user=user, now=now)
    except OSError as away:
        logger.exception("media.store_unavailable")
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
    return Media.objects.create(
        workspace=workspace,
        original=File(file, name="upload"),
        name=name.replace("\x00", "")[-255:],  # the end holds the file type; shown to people, nothing else
        content_type=probe.content_type,
        size_bytes=size,
        width=probe.width,
        height=probe.height,
        sha256=sha256_of(file),
        asked_at=now,
        created_by=user,
    )


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
        media.status, media.asked_at = MediaStatus.PROCESSING, now
        media.save(
            update_fields=["fit", "pad_color", "focal_x", "focal_y", "focal_chosen", "status", "asked_at"]
        )
    return True


def prepare(pk: int) -> MediaStatus | None:
    """Make the 1000×1500 JPEG, the thumbnail and the overview of one upload.

    Safe to run twice. If it was framed anew meanwhile (`asked_at` changed), this result is thrown away:
    a later message makes the right one. None when there was nothing to do.
    """
    media = Media.objects.filter(pk=pk, status=MediaStatus.PROCESSING).exclude(original="").first()
    if media is None:
        return None
    asked = media.asked_at
    try:
        with media.original.open("rb") as file:
            framing = framing_of(media)
            fit = cast("imaging.Fit", framing.fit.value)
            made = imaging.prepare(file, fit=fit, focal=framing.focal, pad=framing.pad_color)
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
    _store(media, made, asked)
    return MediaStatus.READY


def fail(media: Media, asked: datetime, *, code: str, message: str) -> None:
    """Unless it was asked for anew since `asked`."""
    Media.objects.filter(pk=media.pk, asked_at=asked).update(
        status=MediaStatus.FAILED, reason_code=code, reason_message=message
    )
    logger.info("media.failed", extra={"workspace": media.workspace_id, "media": media.pk, "code": code})


def _store(media: Media, made: imaging.Prepared, asked: datetime) -> None:
    # Files first, outside the transaction: a row never points at a file that isn't there yet.
    parts = {
        RenditionKind.PREPARED: (made.jpeg, made.width, made.height),
        RenditionKind.THUMBNAIL: (made.thumbnail, made.thumbnail_width, made.thumbnail_height),
        RenditionKind.OVERVIEW: (made.overview.jpeg, made.overview.width, made.overview.height),
    }
    # The whole picture stays as it was: pages that wait for another framing go on showing it.
    if Rendition.objects.filter(media=media, kind=RenditionKind.OVERVIEW).exists():
        del parts[RenditionKind.OVERVIEW]
    fresh = []
    for kind, (jpeg, width, height) in parts.items():
        row = Rendition(media=media, kind=kind, width=width, height=height, size_bytes=len(jpeg))
        row.file.save("", ContentFile(jpeg), save=False)
        fresh.append(row)
    # Rows and status change together, so that "ready" always has its files.
    with transaction.atomic():
        won = Media.objects.filter(pk=media.pk, asked_at=asked).update(
            status=MediaStatus.READY,
            reason_code="",
            reason_message="",
            focal_x=made.focal[0],
            focal_y=made.focal[1],
            dhash=made.dhash,
            dominant_color=made.dominant_color,
        )
        old = Rendition.objects.filter(media=media, kind__in=parts)
        stale = list(old) if won else fresh
        if won:
            old.delete()
            Rendition.objects.bulk_create(fresh)
    for row in stale:
        row.file.delete(save=False)
    logger.info("media.ready", extra={"workspace": media.workspace_id, "media": media.pk, "won": bool(won)})


def forgotten(now: datetime) -> list[int]:
    """Uploads whose message seems lost; asking is noted, so that each is sent again once per wait."""
    pks = list(Media.objects.forgotten(now - FORGOTTEN_AFTER).values_list("pk", flat=True)[:200])
    Media.objects.filter(pk__in=pks, status=MediaStatus.PROCESSING).update(asked_at=now)
    return pks
