"""Video: registering an upload, taking the file, and telling how its processing goes.

The file itself is not kept, only its size and whether it looked like a video.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from werkzeug.wrappers import Request

from pinsched.simulator import paging, shapes
from pinsched.simulator.replies import Reply, json_reply, media_missing
from pinsched.simulator.shapes import Text
from pinsched.simulator.store import Row, Store, new_id
from pinsched.simulator.world import SECOND_US, Call, World

MOST_BYTES: Final = 2 * 1024**3
BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # how mp4, mov and m4v files begin
REGISTER: Final = {"media_type": Text(choices=("video",), nullable=False)}


@dataclass(frozen=True, slots=True)
class Upload:
    seq: int
    id: str
    person_id: str
    key: str
    uploaded_us: int | None
    size: int | None
    sound: int | None


def _upload(row: Row) -> Upload:
    return Upload(*(row[name] for name in Upload.__slots__))


def of_person(store: Store, person_id: str, media_id: str) -> Upload | None:
    row = store.one("SELECT * FROM uploads WHERE id = ? AND person_id = ?", (media_id, person_id))
    return _upload(row) if row else None


def status(world: World, upload: Upload) -> str:
    if upload.uploaded_us is None:
        return "registered"
    if world.now_us() - upload.uploaded_us < world.settings.media_seconds * SECOND_US:
        return "processing"
    return "succeeded" if upload.sound else "failed"


def _as_json(world: World, upload: Upload) -> dict[str, object]:
    return {"media_id": upload.id, "media_type": "video", "status": status(world, upload)}


def register(call: Call) -> Reply:
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, REGISTER, required=["media_type"])
    world, media_id = call.world, new_id()
    key = f"uploads/{secrets.token_hex(3)}/3:video:{call.person.id}:{media_id}"
    row = (media_id, call.person.id, key)
    world.store.run("INSERT INTO uploads (id, person_id, key) VALUES (?,?,?)", row)
    payload = {
        "media_id": media_id,
        "media_type": "video",
        "upload_url": f"{world.public_url}/upload/",
        "upload_parameters": _parameters(world, key),
    }
    return json_reply(payload, 201)


def _parameters(world: World, key: str) -> dict[str, str]:
    now = world.now()
    expiry = {"expiration": (now + timedelta(hours=1)).isoformat(), "conditions": [{"key": key}]}
    return {
        "key": key,
        "Content-Type": "multipart/form-data",
        "policy": base64.b64encode(json.dumps(expiry).encode()).decode(),
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"SIMULATOR/{now:%Y%m%d}/us-east-1/s3/aws4_request",
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "x-amz-security-token": secrets.token_urlsafe(24),
        "x-amz-signature": secrets.token_hex(32),
    }


def get(call: Call, media_id: str) -> Reply:
    shapes.id_in_path(media_id, "media_id")
    upload = of_person(call.world.store, call.person.id, media_id)
    if upload is None:
        raise media_missing()
    return json_reply(_as_json(call.world, upload))


def list_uploads(call: Call) -> Reply:
    size = shapes.page_size(call.request.args)
    after = paging.place(call.request.args.get("bookmark")) or (0, 0)
    rows = call.world.store.all(
        "SELECT * FROM uploads WHERE person_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (call.person.id, after[1], size + 1),
    )
    uploads = [_upload(row) for row in rows]
    return paging.page(
        uploads, size, where=lambda one: (0, one.seq), show=lambda one: _as_json(call.world, one)
    )


def take_file(world: World, request: Request) -> Reply:
    """The upload address itself: a form POST as to a bucket, every parameter before the file."""
    if request.method != "POST":
        return _refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    if "Authorization" in request.headers:
        return _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
    row = world.store.one("SELECT * FROM uploads WHERE key = ?", (request.form.get("key", ""),))
    if row is None:
        return _refusal(403, "AccessDenied", "Invalid according to Policy: no such key")
    if missing := [name for name in _parameters(world, row["key"]) if name not in request.form]:
        return _refusal(403, "AccessDenied", f"Invalid according to Policy: {missing[0]} is missing")
    file = request.files.get("file")
    if file is None:
        return _refusal(400, "InvalidArgument", "POST requires exactly one file upload per request.")
    head = file.stream.read(12)
    size = file.stream.seek(0, 2)
    if size > MOST_BYTES:
        return _refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    world.store.run(
        "UPDATE uploads SET uploaded_us = ?, size = ?, sound = ? WHERE id = ?",
        (world.now_us(), size, int(head[4:8] in BOXES), row["id"]),
    )
    return Reply(204)


def _refusal(status: int, code: str, message: str) -> Reply:
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
    return Reply(status, body.encode(), (("Content-Type", "application/xml"),))
