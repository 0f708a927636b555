"""A video's way to Pinterest: register, upload, ask until it is processed. A Pin then names its media_id.

What these calls make shows nowhere, and what was lost on the way is simply registered anew. So a lost answer
is Unavailable here, never OutcomeUnknown: that word is for what people may see twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from accounts.pinterest import errors, transport
from accounts.pinterest.sending import Sending, part
from accounts.pinterest.types import MediaUpload, Registration
from accounts.pinterest.upload_form import UploadForm

logger = logging.getLogger(__name__)

UPLOAD_DEADLINE: Final = 1_800.0  # seconds; 2 GB, the most there is, at ten megabits a second


class MediaCalls(Sending):
    """None of these operations takes an ad account, says the official description."""

    def register_video(self) -> Registration:
        """POST /media. The upload address holds for about an hour; each one takes one file."""
        try:
            return self._write("/media", {"media_type": "video"}, Registration.read)
        except errors.OutcomeUnknown as lost:
            raise _harmless(lost) from lost

    def upload_video(
        self, registration: Registration, file: BinaryIO, *, deadline: float = UPLOAD_DEADLINE
    ) -> None:
        """POST the file to its upload address: a bucket, not the API, so our token does not go along.

        `file` is open in binary and rewindable; it is read in small pieces. `deadline` is in seconds.
        Refused: the address has expired or the file is too large. Unavailable: register anew, send again.
        """
        url = registration.upload_url
        form = UploadForm(registration.parameters, file)
        began = time.monotonic()
        status: int | None = None
        try:
            answer = transport.send(
                transport.shared_session(_origin(url)),
                "POST",
                url,
                auth=transport.Anonymous(),
                form=form,
                deadline=deadline,
            )
            status = answer.status
        except errors.OutcomeUnknown as lost:
            raise _harmless(lost) from lost
        finally:
            logger.info(
                "pinterest.upload",
                extra={
                    "media": registration.media_id,
                    "bytes": len(form),
                    "status": status,
                    "ms": round((time.monotonic() - began) * 1000),
                },
            )
        if not 200 <= answer.status < 300:
            raise errors.from_upload(answer.status, answer.body)

    def media_upload(self, media_id: str) -> MediaUpload:
        """GET /media/{media_id}: how far it is. Processing takes seconds to minutes."""
        return self._read(f"/media/{part(media_id)}", MediaUpload.read)

    def media_uploads(self) -> Iterator[MediaUpload]:
        """GET /media: all uploads of the account, page by page."""
        return self._all("/media", MediaUpload.read)


def _origin(url: str) -> str:
    """Whose connections to use. An upload address has a path of its own each time; its host stays."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _harmless(lost: errors.OutcomeUnknown) -> errors.Unavailable:
    return errors.Unavailable(
        lost.message, http_status=lost.http_status, code=lost.code, request_id=lost.request_id
    )
