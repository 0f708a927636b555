"""Pictures in: uploaded at once, prepared in the background."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from ninja import Router
from pydantic import BaseModel, ValidationError

from accounts import clock
from accounts.rest import idempotency
from accounts.rest.bearer import ApiRequest, editor, viewer
from accounts.rest.body import read_json
from accounts.rest.errors import ERRORS, ApiError, ErrorOut, of_validation
from accounts.rest.fields import Reason, Strict, Text, reason_or_none, written
from pins import enqueue
from pins.api import rows
from pins.media import download, intake
from pins.models import Media, MediaKind, MediaStatus

router = Router(tags=["media"])


class MediaOut(BaseModel):
    id: str
    kind: MediaKind
    width: int | None  # null until a picture given by address was fetched
    height: int | None
    status: MediaStatus
    reason: Reason | None

    @classmethod
    def of(cls, found: Media) -> MediaOut:
        return cls(
            id=written("med", found.pk),
            kind=MediaKind(found.kind),
            width=found.width or None,
            height=found.height or None,
            status=MediaStatus(found.status),
            reason=reason_or_none(found.reason_code, found.reason_message),
        )


class MediaByUrl(Strict):
    url: Text


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["url"],
                    "properties": {"url": {"type": "string", "format": "uri"}},
                }
            },
        },
    }
}


@router.post("", response={201: MediaOut, ERRORS: ErrorOut}, auth=editor, openapi_extra=_BODY)
def add_media(request: ApiRequest) -> HttpResponse:
    """Add a picture, as a file or by its address; up to 20 MB. It is fetched and prepared in the background:
    `status` tells, and `reason` why it can't be used, or not yet."""
    if request.content_type == "multipart/form-data":
        return _upload(request, _file(request))
    return _by_address(request, _address(request))


def _upload(request: ApiRequest, file: UploadedFile[bytes]) -> HttpResponse:
    def store() -> MediaOut:
        stored = intake.accept(
            request.auth.workspace,
            upload=file,
            name=file.name or "",
            user=request.auth.user,
            now=clock.now(),
        )
        enqueue.prepare(stored.pk)
        return MediaOut.of(stored)

    return idempotency.once(request, store, status=201, writes_files=True)


def _by_address(request: ApiRequest, url: str) -> HttpResponse:
    def note() -> MediaOut:
        noted = download.accept(request.auth.workspace, url=url, user=request.auth.user, now=clock.now())
        enqueue.fetch()
        return MediaOut.of(noted)

    return idempotency.once(request, note, status=201)


def _file(request: ApiRequest) -> UploadedFile[bytes]:
    files = request.FILES.getlist("file")
    strange = {*request.FILES, *request.POST} - {"file"}
    if strange:
        wrong = {name: ["There is no such field."] for name in strange}
        raise ApiError(422, "invalid", "Send one field: file.", fields=wrong)
    if len(files) != 1 or "file" in request.POST:
        raise ApiError.at("file", "Send one file, as a file part of multipart/form-data.")
    found: UploadedFile[bytes] = files[0]
    if (found.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        megabytes = settings.UPLOAD_LIMIT_BYTES // 1024 // 1024
        message = f"This file is larger than {megabytes} MB."
        raise ApiError(413, "too_large", message, fields={"file": [message]})
    return found


def _address(request: ApiRequest) -> str:
    try:
        return MediaByUrl.model_validate(read_json(request)).url
    except ValidationError as no:
        raise of_validation(dict(one) for one in no.errors(include_url=False)) from None


@router.get("/{media_id}", response={200: MediaOut, ERRORS: ErrorOut}, auth=viewer)
def get_media(request: ApiRequest, media_id: str) -> MediaOut:
    found = Media.objects.of(request.auth.workspace)
    return MediaOut.of(rows.at(found, "med", media_id))
