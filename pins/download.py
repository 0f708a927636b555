"""Pictures given by address: noted in the request, fetched by a worker, then prepared like any upload."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.base import File

from accounts import clock
from accounts.fetch import FetchRefused, check, fetch
from pins import imagefile, imaging, media, store
from pins.errors import Invalid
from pins.models import Media, MediaStatus

if TYPE_CHECKING:
    from accounts.models import User, Workspace

logger = logging.getLogger(__name__)

DEADLINE: Final = 30.0  # seconds, over all redirects


def accept(workspace: Workspace, *, url: str, user: User | None, now: datetime) -> Media:
    """Note an address, to be fetched by a worker. Raises Invalid (field "url") for what can't be fetched."""
    try:
        source = check(url, allow=settings.FETCH_ALLOW)
    except FetchRefused as no:
        raise Invalid.at("url", no.code, no.message) from no
    name = unquote(PurePosixPath(urlsplit(source).path).name).replace("\x00", "")
    return Media.objects.create(
        workspace=workspace, source_url=source, name=name[-255:], asked_at=now, created_by=user
    )


def is_awaited(pk: int) -> bool:
    """Has this picture an address only, as yet?"""
    return Media.objects.filter(pk=pk, status=MediaStatus.PROCESSING, original="").exists()


def bring(pk: int) -> bool:
    """Fetch the file of one picture; True when it is there now and can be prepared.

    Safe to run twice: the first file that arrives stays. A refusal is the picture's reason; so is a media
    store that is away, and then it waits.
    """
    row = Media.objects.filter(pk=pk, status=MediaStatus.PROCESSING, original="").first()
    if row is None:
        return False
    try:
        with fetch(
            row.source_url,
            allow=settings.FETCH_ALLOW,
            max_bytes=settings.UPLOAD_LIMIT_BYTES,
            deadline=DEADLINE,
            accept=imagefile.CONTENT_TYPES,
        ) as fetched:
            probe = imaging.probe(fetched.file)
            return _keep(row, fetched.file, probe, fetched.size)
    except (FetchRefused, imaging.ImageRejected) as no:
        media.fail(row, row.asked_at, code=no.code, message=no.message)
    except OSError as away:
        media.wait(row, row.asked_at, Media.UNWRITABLE, away)
    return False


def _keep(row: Media, file: IO[bytes], probe: imaging.Probe, size: int) -> bool:
    """The file first, then the row: it never names a file that isn't there."""
    sha256 = media.sha256_of(file)
    store.check()
    row.original.save("", File(file), save=False)
    won = Media.objects.filter(pk=row.pk, status=MediaStatus.PROCESSING, original="").update(
        original=row.original.name,
        content_type=probe.content_type,
        size_bytes=size,
        width=probe.width,
        height=probe.height,
        sha256=sha256,
        asked_at=clock.now(),
        tries=0,
        reason_code="",
        reason_message="",
    )
    if not won:
        store.drop(row.original)
    logger.info("media.fetched", extra={"workspace": row.workspace_id, "media": row.pk, "won": bool(won)})
    return bool(won)
