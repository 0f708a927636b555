"""The `media_source` of a new Pin: which kinds there are and what each must bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pinsched.simulator import links, pictures, shapes, uploads
from pinsched.simulator.pictures import CONTENT_TYPES, Picture, Sent
from pinsched.simulator.replies import beta_only, invalid
from pinsched.simulator.shapes import DIGITS, Body, Field, Number, Text
from pinsched.simulator.world import Call

WHERE: Final = "body.media_source"
KINDS: Final = (
    "image_base64",
    "image_url",
    "video_id",
    "multiple_image_base64",
    "multiple_image_urls",
    "pin_url",
)
BASE64: Final = {
    "content_type": Text(choices=CONTENT_TYPES, nullable=False),
    "data": Text(least=1, nullable=False),
}
ADDRESS: Final = {"url": Text(least=1, nullable=False, pattern=r"^https?://\S+$")}
ITEM_WORDS: Final = {"title": Text(), "description": Text(), "link": Text()}
VIDEO: Final[Mapping[str, Field]] = {
    "media_id": Text(pattern=DIGITS, nullable=False),
    "cover_image_url": Text(pattern=r"^https?://\S+$"),
    "cover_image_content_type": Text(choices=CONTENT_TYPES),
    "cover_image_data": Text(),
    "cover_image_key_frame_time": Number(),
}
CAROUSEL_LEAST, CAROUSEL_MOST = 2, 5


@dataclass(frozen=True, slots=True)
class Piece:
    """One picture: sent along, and still to be kept, or known only by its address."""

    picture: Picture
    sent: Sent | None


@dataclass(frozen=True, slots=True)
class Source:
    kind: str
    creative_type: str
    pieces: tuple[Piece, ...]
    color: str
    media_id: str | None = None


def read(call: Call, value: object) -> Source:
    if not isinstance(value, dict):
        raise shapes.violation(WHERE, f"{shapes.shown(value)} is not of type 'object'")
    shapes.check(value, {"source_type": Text(choices=KINDS, nullable=False)}, ["source_type"], WHERE)
    kind = shapes.text(value, "source_type") or ""
    match kind:
        case "image_base64" | "image_url":
            piece = _piece(call, value, WHERE, encoded=kind == "image_base64")
            return Source(kind, "REGULAR", (piece,), _color(piece))
        case "multiple_image_base64" | "multiple_image_urls":
            return _carousel(call, value, kind)
        case "video_id":
            return _video(call, value)
        case _:
            raise beta_only()  # pin_url: product Pins, for chosen apps


def _piece(call: Call, body: Body, where: str, *, encoded: bool) -> Piece:
    if encoded:
        shapes.check(body, BASE64, ["content_type", "data"], where)
        sent = pictures.read(shapes.text(body, "data") or "", full=call.world.settings.decode == "full")
        return Piece(sent.picture, sent)
    shapes.check(body, ADDRESS, ["url"], where)
    return Piece(pictures.from_address(shapes.text(body, "url") or ""), None)


def _color(piece: Piece) -> str:
    return piece.sent.color if piece.sent else pictures.UNKNOWN_COLOR


def _carousel(call: Call, body: Body, kind: str) -> Source:
    items = shapes.sub_objects(body, "items", least=CAROUSEL_LEAST, most=CAROUSEL_MOST, where=WHERE)
    shapes.check(body, {"index": Number(nullable=False)}, where=WHERE)
    pieces = []
    for number, item in enumerate(items):
        where = f"{WHERE}.items.{number}"
        piece = _piece(call, item, where, encoded=kind == "multiple_image_base64")
        picture = with_words(piece.picture, item, where)
        pieces.append(Piece(picture, piece.sent and replace(piece.sent, picture=picture)))
    if len({(piece.picture.width, piece.picture.height) for piece in pieces}) > 1:
        raise invalid("Invalid request: the images of a carousel must have the same dimensions")
    cover = shapes.number(body, "index") or 0
    if cover >= len(pieces):
        raise shapes.violation(f"{WHERE}.index", f"{cover} is beyond the {len(pieces)} items")
    return Source(kind, "CAROUSEL", tuple(pieces), _color(pieces[cover]))


def with_words(picture: Picture, body: Body, where: str) -> Picture:
    """The picture with the words that one slot of a carousel brings; what it doesn't name stays."""
    shapes.check(body, ITEM_WORDS, where=where)
    links.checked(shapes.text(body, "link"), f"{where}.link")

    def said(name: str, old: str | None) -> str | None:
        return shapes.text(body, name) if name in body else old

    return replace(
        picture,
        title=said("title", picture.title),
        description=said("description", picture.description),
        link=said("link", picture.link),
    )


def _video(call: Call, body: Body) -> Source:
    shapes.check(body, VIDEO, ["media_id"], WHERE)
    media_id = shapes.text(body, "media_id") or ""
    upload = uploads.of_person(call.world.store, call.person.id, media_id)
    if upload is None:
        raise invalid(f"Invalid request: there is no media upload {media_id}")
    if (status := uploads.status(call.world, upload)) != "succeeded":
        raise invalid(f"Invalid request: media upload {media_id} is {status}, not succeeded")
    cover, sent = _cover(call, body, media_id)
    color = sent.color if sent else pictures.UNKNOWN_COLOR
    return Source("video_id", "VIDEO", (Piece(cover, sent),), color, media_id)


def _cover(call: Call, body: Body, media_id: str) -> tuple[Picture, Sent | None]:
    if url := shapes.text(body, "cover_image_url"):
        return pictures.from_address(url), None
    if data := shapes.text(body, "cover_image_data"):
        shapes.check(body, {}, ["cover_image_content_type"], WHERE)
        sent = pictures.read(data, full=call.world.settings.decode == "full")
        return sent.picture, sent
    if shapes.number(body, "cover_image_key_frame_time") is not None:
        return pictures.unpictured(media_id), None
    raise invalid("Invalid request: a video Pin needs a cover image")
