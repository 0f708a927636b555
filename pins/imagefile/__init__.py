"""Read what a picture file says about itself, without decoding a pixel.

Every number that decides whether a file may be decoded (kind, size, scans, chunks) is read here, from a file
that nobody trusts. `pixels` then hands the decoder only the pieces that hold pixels: comments, previews,
EXIF and text never reach it, so neither their parsers nor their weight can be used against us.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Final

from pins.imagefile import boxes, chunks, gif, jpeg
from pins.imagefile.parts import Cut, Damaged, Facts, ImageRejected, Piece, at

__all__ = ["ACCEPTED", "CONTENT_TYPES", "MAX_BYTES", "Header", "ImageRejected", "damaged", "pixels", "read"]

MAX_BYTES: Final = 20 * 1024 * 1024  # what Pinterest takes for one picture

# What phones and cameras make, as far as 400 MB of memory reach (`make bench` shows it).
_STREAMED_JPEG_PIXELS: Final = 210_000_000  # a phone's 200 MP; decoded at a fraction, line by line
_JPEG_PIXELS: Final = 50_000_000  # progressive: all of it is held before the first line
_LIGHT_HEIC_PIXELS: Final = 50_000_000  # a phone's 48 MP, 8 bits a colour: shrunk in bands
_OTHER_PIXELS: Final = 30_000_000  # no decoding at a fraction: up to 14 bytes of memory a pixel


@dataclass(frozen=True, slots=True)
class Header:
    """A file that may be decoded: width and height are as stored, before the orientation turns them."""

    format: str
    content_type: str
    width: int
    height: int
    orientation: int
    icc: bytes
    decoded: tuple[int, int]  # what the decoder will find
    cut: Cut | None  # the part of that which is to be seen, where it isn't all of it
    pieces: tuple[Piece, ...]  # what the decoder needs


@dataclass(frozen=True, slots=True)
class _Kind:
    format: str
    name: str  # as people write it
    content_type: str
    max_pixels: int
    matches: Callable[[bytes], bool]
    read: Callable[[IO[bytes], int], Facts]
    max_light: int = 0  # of a file that is light, where that may be larger


def read(file: IO[bytes]) -> Header:
    """Say what this file holds, or raise ImageRejected. Costs milliseconds, whatever the file."""
    size = file.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise ImageRejected(
            "too_large",
            f"This picture weighs {size / 1024 / 1024:.1f} MB and Pinterest takes up to "
            f"{MAX_BYTES // 1024 // 1024} MB. Save it with a lower quality or fewer pixels and upload that.",
        )
    kind = _recognise(at(file, 0, 1024))
    try:
        facts = kind.read(file, size)
    except Damaged as damage:
        raise damaged() from damage
    pixels = facts.width * facts.height
    most = max(kind.max_pixels, kind.max_light if facts.light else 0)
    if pixels > most:
        raise ImageRejected(
            "too_many_pixels",
            f"This picture has {facts.width} x {facts.height} pixels ({pixels / 1e6:.0f} megapixels) and "
            f"{kind.name} pictures like this may have {most / 1e6:.0f} megapixels. "
            "Make it smaller and upload that; a Pin is shown at 1000 x 1500.",
        )
    left, top, right, bottom = facts.cut or (0, 0, facts.width, facts.height)
    return Header(
        format=kind.format,
        content_type=kind.content_type,
        width=right - left,
        height=bottom - top,
        orientation=facts.orientation,
        icc=facts.icc,
        decoded=(facts.width, facts.height),
        cut=facts.cut,
        pieces=facts.pieces,
    )


def pixels(file: IO[bytes], header: Header) -> io.BytesIO:
    """Copy the pieces of the file that the decoder needs, and no other."""
    parts = [piece if isinstance(piece, bytes) else at(file, *piece) for piece in _joined(header.pieces)]
    return io.BytesIO(b"".join(parts))  # of one part, neither copies


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours as one: a PNG has its pixels in hundreds of chunks."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else b""
        if isinstance(piece, tuple) and isinstance(last, tuple) and sum(last) == piece[0]:
            joined[-1] = (last[0], last[1] + piece[1])
        else:
            joined.append(piece)
    return joined


def damaged() -> ImageRejected:
    return ImageRejected(
        "truncated",
        "This picture is damaged or was not uploaded to its end. "
        "Open it, save it once more as JPEG or PNG and upload that.",
    )


# What is this file?


def _recognise(head: bytes) -> _Kind:
    for kind in _KINDS:
        if kind.matches(head):
            return kind
    for pattern, name in _FOREIGN:
        if pattern.match(head):
            raise ImageRejected(
                "unsupported_format", f"This file is {name}. Save it as JPEG, PNG or WebP and upload that."
            )
    what = "is not a picture" if head else "is empty"
    raise ImageRejected("not_an_image", f"This file {what}. Upload a picture: {ACCEPTED}.")


# What is refused by name, so that the message can name it.
_FOREIGN: Final = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"....ftyp", "a video"),
        (rb"\x1aE\xdf\xa3|RIFF....AVI ", "a video"),
        (rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.*?|<!--.*?|<!DOCTYPE svg.*?)?<svg[\s>]", "an SVG drawing"),
        (rb"%!PS|\xc5\xd0\xd3\xc6", "an EPS drawing"),
        (rb"%PDF-", "a PDF"),
        (rb"8BPS", "a Photoshop file"),
        (rb"II[*+]\x00|MM\x00[*+]", "a TIFF picture"),
        (rb"BM....\x00\x00\x00\x00", "a BMP picture"),
        (rb"\x00\x00\x00\x0cjP  |\xffO\xffQ", "a JPEG 2000 picture"),
        (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    )
)

_KINDS: Final = (
    _Kind(
        "JPEG",
        "JPEG",
        "image/jpeg",
        _JPEG_PIXELS,
        lambda head: head[:3] == b"\xff\xd8\xff",
        jpeg.read,
        max_light=_STREAMED_JPEG_PIXELS,
    ),
    _Kind(
        "PNG",
        "PNG",
        "image/png",
        _OTHER_PIXELS,
        lambda head: head[:8] == b"\x89PNG\r\n\x1a\n",
        chunks.read_png,
    ),
    _Kind(
        "WEBP",
        "WebP",
        "image/webp",
        _OTHER_PIXELS,
        lambda head: head[:4] + head[8:12] == b"RIFFWEBP",
        chunks.read_webp,
    ),
    _Kind(
        "GIF", "GIF", "image/gif", _OTHER_PIXELS, lambda head: head[:6] in (b"GIF87a", b"GIF89a"), gif.read
    ),
    _Kind("AVIF", "AVIF", "image/avif", _OTHER_PIXELS, boxes.is_avif, boxes.read_avif),
    _Kind(
        "HEIC",
        "HEIC",
        "image/heic",
        _OTHER_PIXELS,
        boxes.is_heic,
        boxes.read_heic,
        max_light=_LIGHT_HEIC_PIXELS,
    ),
)

# All that `read` takes, for doors that say so beforehand.
CONTENT_TYPES: Final = tuple(kind.content_type for kind in _KINDS)
ACCEPTED: Final = f"{', '.join(kind.name for kind in _KINDS[:-1])} or {_KINDS[-1].name}"
