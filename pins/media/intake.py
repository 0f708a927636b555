"""Take in uploads: cheap checks in the request, and no pixel decoded."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import IO, TYPE_CHECKING, cast

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from pins import imaging
from pins.errors import Invalid
from pins.media import allowance, store
from pins.models import Media

if TYPE_CHECKING:
    from accounts.models import User, Workspace


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
        allowance.check(workspace, size=upload.size or 0)
        return _store_upload(workspace, file, probe, name=name, size=upload.size or 0, user=user, now=now)
    except allowance.Full as full:
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
            allowance.take(workspace.pk, size)
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
