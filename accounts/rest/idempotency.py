"""The same request twice, done once: `Idempotency-Key` on POST, per token, for 24 hours.

1. Insert the key with a lease: whoever finds it there is answered from it, or told that it is running.
2. Do the work and store its answer, in one transaction: a process killed anywhere leaves both or none.
3. A refusal did nothing and frees the key. A lease that ran out belonged to a dead process: the next
   caller takes it over by compare-and-swap, and the dead one's late commit finds the key lost.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError, transaction
from django.http import HttpResponse
from pydantic import BaseModel

from accounts import clock
from accounts.models import ApiToken, IdempotencyKey
from accounts.models.idempotency import LEASE
from accounts.rest.bearer import ApiRequest
from accounts.rest.errors import ApiError

logger = logging.getLogger(__name__)

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 255
IN_OPENAPI: Final[dict[str, Any]] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "The same key with the same body, within 24 hours, gets the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
}
_RUNNING: Final = "The first request with this key is still running. Ask again in a moment."


def once(
    request: ApiRequest,
    act: Callable[[], BaseModel],
    *,
    status: int = 200,
    writes_files: bool = False,
) -> HttpResponse:
    """Answer with what `act` made; with the first answer, if this request was made before.

    An act that `writes_files` runs outside the transaction: killed at the wrong instant it may run twice,
    which for an upload costs a file that no Pin uses.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _answer(act().model_dump_json(), status)
    mine = _claim(request.auth, _checked(key), _fingerprint(request), clock.now())
    if mine.status is not None:
        return _answer(mine.body, mine.status, replayed=True)
    try:
        with _together(writes_files):
            body = act().model_dump_json()
            if not IdempotencyKey.objects.finish(mine, status=status, body=body) and not writes_files:
                raise ApiError(409, "in_progress", _RUNNING)
    except BaseException:
        _let_go(mine)
        raise
    return _answer(body, status)


def _together(writes_files: bool) -> AbstractContextManager[object]:
    return nullcontext() if writes_files else transaction.atomic()


def _answer(body: str, status: int, *, replayed: bool = False) -> HttpResponse:
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return HttpResponse(body, status=status, headers=headers, content_type="application/json; charset=utf-8")


def _checked(key: str) -> str:
    if not 0 < len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
        raise ApiError.at(HEADER, f"Use 1 to {LONGEST} printable ASCII characters.")
    return key


def _claim(token: ApiToken, key: str, fingerprint: str, now: datetime) -> IdempotencyKey:
    """The key's row: ours to work under, or with its stored answer. Raises 409."""
    IdempotencyKey.objects.outlived(now).filter(token=token).delete()
    row, created = IdempotencyKey.objects.get_or_create(
        token=token,
        key=key,
        defaults={"fingerprint": fingerprint, "lease_until": now + LEASE, "created_at": now},
    )
    if created:
        return row
    if row.fingerprint != fingerprint:
        raise ApiError(409, "idempotency_mismatch", "This key came with another request before.")
    if row.status is None:
        if not IdempotencyKey.objects.take_over(row, now):
            raise ApiError(409, "in_progress", _RUNNING, headers={"Retry-After": "1"})
        row.lease_until = now + LEASE
    return row


def _let_go(mine: IdempotencyKey) -> None:
    try:
        IdempotencyKey.objects.release(mine)
    except DatabaseError:
        logger.warning("api.key_not_released", extra={"key": mine.pk})  # its lease frees it in a minute


def _fingerprint(request: ApiRequest) -> str:
    """Of method, path and content; how JSON is spaced, or in which order fields stand, is no difference."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        for name in sorted(request.FILES):
            digest.update(f"{name}\n".encode("utf-8", "replace"))
            for upload in request.FILES.getlist(name):
                for piece in upload.chunks():
                    digest.update(piece)
                upload.seek(0)
    else:
        digest.update(_canonical(request.body))
    return digest.hexdigest()


def _canonical(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body  # of an operation that reads none
