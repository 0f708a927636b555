"""The media store as a whole: is it ours, does it take files and give them back?

Whoever meets a refusal says so with `doubt`. A look, made by the media node, then decides: a small file
written, read and deleted. Looks are rare while all is well, so that a bucket isn't billed for them.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from pins.models import Heartbeat, Media

logger = logging.getLogger(__name__)

WELL: Final = "store"  # when a look last went well; forgotten as soon as somebody doubts it
AWAY: Final = "store away"  # when a look last went wrong; gone when one goes well
LOOK_EVERY: Final = timedelta(minutes=10)  # while nobody doubts it; otherwise at each sweep
SAMPLE: Final = "prepared/sample-"
SAMPLE_SIZE: Final = 64 * 1024  # bytes, random: some disks store zeros for nothing

WITNESSES: Final = 10  # of the oldest, and of the newest uploads: one that is there speaks for the store
ACCEPTED: Final = "accepted"  # an operator's word that a store with none of our files is the right one


def check() -> None:
    """Raises OSError unless our files are here: asked before one is written, or taken for lost.

    A disk that isn't mounted leaves its mount point behind, which takes files that are hidden afterwards.
    """
    files = Media.objects.stored().values_list("original", flat=True)
    newest, oldest = files.order_by("-pk")[:WITNESSES], files.order_by("pk")[:WITNESSES]
    if not newest:
        return
    refusal = OSError(errno.ENODEV, "The media store has none of our files. Is it mounted?")
    for name in chain(newest, oldest, [ACCEPTED]):  # the second query only where the first found nothing
        try:
            if default_storage.exists(name):
                return
        except PermissionError as no:  # which some buckets answer for a file that isn't there
            refusal = no
    raise refusal


def find(name: str) -> File[bytes]:
    """Opened. Raises FileNotFoundError when this file is gone, another OSError when the store is away."""
    try:
        return default_storage.open(name)
    except FileNotFoundError:
        check()
        raise


def read(file: FieldFile) -> bytes:
    """All of it. Raises what `find` raises."""
    with find(file.name or "") as opened:
        return bytes(opened.read())


def doubt(error: OSError, **facts: object) -> None:
    """One line in the log, and a look soon. `facts` tell whose file it was."""
    Heartbeat.objects.filter(pk=WELL).delete()
    _log(error, facts)


def look_when_needed(now: datetime) -> None:
    if not Heartbeat.objects.filter(pk=WELL, seen_at__gt=now - LOOK_EVERY).exists():
        look(now)


def look(now: datetime) -> bool:
    """Whether it takes a file and gives it back; kept for `trouble`."""
    sample = os.urandom(SAMPLE_SIZE)
    try:
        check()
        # A name for each process, so that there is one to be overwritten where nothing can be deleted.
        name = default_storage.save(f"{SAMPLE}{socket.gethostname()}-{os.getpid()}", ContentFile(sample))
        try:
            with default_storage.open(name) as file:
                whole = file.read() == sample
        finally:
            default_storage.delete(name)
        if not whole:
            raise OSError(errno.EIO, "A file came back changed.")
    except OSError as error:
        Heartbeat.objects.beat(AWAY, now)
        _log(error, {})
        return False
    Heartbeat.objects.filter(pk=AWAY).delete()
    Heartbeat.objects.beat(WELL, now)
    return True


def trouble() -> str:
    """For operators, in words; empty when all is well."""
    waiting = Media.objects.waiting_for_store().filter(reason_code=Media.UNWRITABLE).count()
    pictures = f"{waiting:,} picture{' waits' if waiting == 1 else 's wait'} for it"
    if Heartbeat.objects.filter(pk=AWAY).exists():
        return f"takes no files or gives none back; {pictures}"
    return f"refuses some files; {pictures}" if waiting else ""


def drop(file: FieldFile) -> None:
    """Delete a file that no row names any more. One that stays behind costs room, nothing else."""
    name = file.name
    try:
        file.delete(save=False)
    except OSError as error:
        logger.warning("file.left_behind", extra={"file": name, "error": named(error)})


def named(error: OSError) -> str:
    """The error as operators know it: ENOSPC, or the words of a bucket."""
    return errno.errorcode.get(error.errno or 0) or str(error) or type(error).__name__


def _log(error: OSError, facts: dict[str, object]) -> None:
    logger.warning("media.store_away", extra=facts | {"error": named(error)})
