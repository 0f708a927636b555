"""Uploads that no Pin uses go after a week, with their files: an upload that nothing came of, a picture that
was taken off its draft.

    1. begin   marks a batch, each row locked and asked again; a marked one can't be put into a Pin any more
    2. end     deletes its files, outside any transaction
               deletes its row, and gives its bytes back to the workspace

Whoever puts a picture into a Pin locks its row too (compose.py), so either the Pin is first and the picture
stays, or the mark is and the person is told. Stopped halfway, a marked one is taken up again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.core.files.storage import default_storage
from django.db import transaction

from pins.media import store
from pins.models import Media, Storage

logger = logging.getLogger(__name__)

KEPT_FOR: Final = timedelta(days=7)  # since it was uploaded, or since the last Pin let go of it
BATCH: Final = 200  # rows of one run: in a bucket each file is a call
AGAIN_AFTER: Final = timedelta(minutes=10)  # longer than a batch takes


def begin_anew(now: datetime) -> None:
    """After a restore a week counts from now. Nobody saw these rows since the backup was made, and a later
    backup, should that be the right one, may have a picture in a Pin: in a bucket its files are the same."""
    Media.objects.filter(removing_since=None).update(released_at=now)


def begin(now: datetime) -> list[int]:
    """Uploads to be ended, each given out once in AGAIN_AFTER. None while the media store is away: what can't
    be deleted there would stay for ever."""
    try:
        store.check()
    except OSError as away:
        store.doubt(away)
        return []
    return _left_over(now) or _mark(now)


def _left_over(now: datetime) -> list[int]:
    left = Media.objects.left_over(now - AGAIN_AFTER)
    pks = left.values_list("pk", flat=True)[:BATCH]
    return [pk for pk in pks if left.filter(pk=pk).update(removing_since=now)]


def _mark(now: datetime) -> list[int]:
    found = Media.objects.unused(now - KEPT_FOR)
    with transaction.atomic():
        some = found.select_for_update(skip_locked=True).order_by("pk")[:BATCH]
        locked = list(some.values_list("pk", flat=True))
        # What was found before it was locked may be in a Pin by now; from here on it can't be.
        pks = list(found.filter(pk__in=locked).values_list("pk", flat=True))
        Media.objects.filter(pk__in=pks).update(removing_since=now)
    return pks


def end(pk: int) -> bool:
    """Files, then the row, of one that was marked. False when there was nothing to do, or a file stays."""
    media = Media.objects.exclude(removing_since=None).prefetch_related("renditions").filter(pk=pk).first()
    if media is None:
        return False
    for name in _files_of(media):
        try:
            default_storage.delete(name)
        except OSError as away:
            store.doubt(away, workspace=media.workspace_id, media=media.pk)
            return False
    # Row and total together: the total is always that of the rows.
    with transaction.atomic():
        row = Media.objects.select_for_update().exclude(removing_since=None).filter(pk=pk).first()
        if row is None:
            return False
        size = row.stored_bytes
        row.delete()
        Storage.objects.change(media.workspace_id, -size)
    logger.info("media.removed", extra={"workspace": media.workspace_id, "media": pk, "bytes": size})
    return True


def _files_of(media: Media) -> Iterator[str]:
    if media.original:
        yield str(media.original.name)
    for rendition in media.renditions.all():
        yield str(rendition.file.name)
