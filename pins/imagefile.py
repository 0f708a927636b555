"""Read what a picture file says about itself, without decoding a pixel.

Every number that decides whether a file may be decoded (kind, size, scans, chunks) is read here, from a file
that nobody trusts. `pixels` then hands the decoder only the pieces that hold pixels: comments, previews,
EXIF and text never reach it, so neither their parsers nor their weight can be used against us.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

MAX_BYTES: Final = 20 * 1024 * 1024  # what Pinterest takes for one picture
MAX_SCANS: Final = 64  # cameras write 1, progressive encoders 10; a decoder repaints the picture for each
MAX_STEPS: Final = 4096  # headers of a JPEG before its pixels; a 12 MB preview in EXIF parts needs 190
MAX_TABLES: Final = 64 * 1024  # bytes of a JPEG's quantisation and Huffman tables; full sets need 3 KB
MAX_CHUNKS: Final = 32_768  # of a PNG or WebP; 20 MB in chunks of 1 KB need 20,000
MAX_PROFILE: Final = 4 * 1024 * 1024  # bytes of a colour profile; a press profile has 2.5 MB

_PIECE: Final = 256 * 1024
_JPEG_PIXELS: Final = 50_000_000  # a phone's 48 MP; decoded at a fraction of its size
_OTHER_PIXELS: Final = 30_000_000  # no decoding at a fraction: up to 14 bytes of memory a pixel
_SOF: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


class ImageRejected(Exception):
    """The file will not be used. `message` says what happened and what to do, in the words of the product."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Header:
    """A file that may be decoded: width and height are as stored, before the orientation turns them."""

    format: str
    content_type: str
    width: int
    height: int
    orientation: int
    icc: bytes
    pieces: tuple[tuple[int, int], ...]  # (start, length) of what the decoder needs


@dataclass(frozen=True, slots=True)
class _Kind:
    format: str
    content_type: str
    max_pixels: int
    read: Callable[[IO[bytes], int], _Facts]


@dataclass(slots=True)
class _Facts:
    width: int = 0
    height: int = 0
    exif: bytes = b""
    icc: bytes = b""
    pieces: tuple[tuple[int, int], ...] = ()


class _Damaged(Exception):
    """The file breaks the rules of its own format, or ends early."""


def read(file: IO[bytes]) -> Header:
    """Say what this file holds, or raise ImageRejected. Costs milliseconds, whatever the file."""
    size = file.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise ImageRejected(
            "too_large",
            f"This picture weighs {size / 1024 / 1024:.1f} MB and Pinterest takes up to "
            f"{MAX_BYTES // 1024 // 1024} MB. Save it with a lower quality or fewer pixels and upload that.",
        )
    kind = _recognise(_at(file, 0, 1024))
    try:
        facts = kind.read(file, size)
    except _Damaged as damage:
        raise damaged() from damage
    pixels = facts.width * facts.height
    if pixels > kind.max_pixels:
        raise ImageRejected(
            "too_many_pixels",
            f"This picture has {facts.width} x {facts.height} pixels ({pixels / 1e6:.0f} megapixels) and "
            f"{kind.format} pictures may have {kind.max_pixels / 1e6:.0f} megapixels. "
            "Make it smaller and upload that; a Pin is shown at 1000 x 1500.",
        )
    return Header(
        format=kind.format,
        content_type=kind.content_type,
        width=facts.width,
        height=facts.height,
        orientation=orientation(facts.exif),
        icc=facts.icc,
        pieces=facts.pieces,
    )


def pixels(file: IO[bytes], header: Header) -> io.BytesIO:
    """Copy the pieces of the file that the decoder needs, and no other."""
    copy = io.BytesIO()
    for start, length in header.pieces:
        file.seek(start)
        while length and (piece := file.read(min(length, _PIECE))):
            copy.write(piece)
            length -= len(piece)
    copy.seek(0)
    return copy


def damaged() -> ImageRejected:
    return ImageRejected(
        "truncated",
        "This picture is damaged or was not uploaded to its end. "
        "Open it, save it once more as JPEG or PNG and upload that.",
    )


def orientation(exif: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense."""
    exif = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", exif, 4)
    if start + 2 > len(exif):
        return 1
    (count,) = struct.unpack_from(order + "H", exif, start)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, typ, _, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == 0x0112:
            return value if typ == 3 and 1 <= value <= 8 else 1
    return 1


# What is this file?


def _recognise(head: bytes) -> _Kind:
    for matches, kind in _KINDS:
        if matches(head):
            return kind
    for pattern, name in _FOREIGN:
        if pattern.match(head):
            raise ImageRejected(
                "unsupported_format", f"This file is {name}. Save it as JPEG, PNG or WebP and upload that."
            )
    what = "is not a picture" if head else "is empty"
    raise ImageRejected("not_an_image", f"This file {what}. Upload a JPEG, PNG or WebP picture.")


# What is refused by name, so that the message can name it.
_FOREIGN: Final = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"GIF8[79]a", "a GIF"),
        (rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", "a HEIC photo"),
        (rb"....ftypavi[fs]", "an AVIF picture"),
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


# JPEG


def _read_jpeg(file: IO[bytes], size: int) -> _Facts:
    facts = _Facts()
    kept, tables = [(0, 2)], 0
    profile: dict[int, bytes] = {}
    frame = b""  # marker and body of the last frame header: precision, height, width, components
    for marker, start, length in _segments(file):
        if marker == 0xDA:
            kept.append((start, size - start))
            _check_scans(file, start, size, frame)
            break
        if marker == 0xE1 and not facts.exif:
            facts.exif = _body(file, start, length, b"Exif\x00\x00")
        elif marker == 0xE2 and (part := _body(file, start, length, b"ICC_PROFILE\x00")):
            profile[part[0]] = part[2:]
        elif marker in _SOF:
            frame = bytes((marker,)) + _at(file, start + 4, 6)
        if marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append((start, length))  # JFIF and Adobe tell how the colours are stored
            tables += length
            _bound(tables, MAX_TABLES)
    facts.height, facts.width = struct.unpack_from(">HH", frame.ljust(7, b"\x00"), 2)
    if not facts.width or not facts.height:
        raise _Damaged
    facts.pieces, facts.icc = tuple(kept), _joined(profile)
    return facts


def _segments(file: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """The marker, start and length of each header up to the first scan, which comes last with its start."""
    position = file.seek(2)
    for _ in range(MAX_STEPS):
        file.seek(position)
        lead = file.read(4)
        if len(lead) < 4:
            raise _Damaged
        marker = lead[1]
        if lead[0] != 0xFF or marker in (0x00, 0xFF):
            position += 2 if lead[:2] == b"\xff\x00" else 1  # padding
            continue
        if marker in _BARE:
            position += 2
            continue
        length = int.from_bytes(lead[2:], "big")
        if length < 2 or marker == 0xD9:
            raise _Damaged
        yield marker, position, length + 2
        if marker == 0xDA:
            return
        position += length + 2
    raise _too_complex()


def _check_scans(file: IO[bytes], start: int, size: int, frame: bytes) -> None:
    """A decoder repaints the whole picture for each scan: 300 KB with a thousand of them cost a minute.

    Of a baseline file whose first scan has all colours, nearly every photo, it reads that scan only.
    """
    if frame[:1] in (b"\xc0", b"\xc1") and frame[6:7] == _at(file, start + 4, 1):
        _check_end(file, start, size)
        return
    file.seek(start)
    scans, ended, last = 0, False, b""
    while piece := file.read(_PIECE):
        for match in re.finditer(rb"\xff[\xd9\xda]", last + piece):
            scans += match[0] == b"\xff\xda"
            ended = ended or match[0] == b"\xff\xd9"
        _bound(scans, MAX_SCANS)
        last = piece[-1:] if piece[-1] == 0xFF else b""
    if not ended:
        raise _Damaged


def _check_end(file: IO[bytes], start: int, size: int) -> None:
    """The end marker must stand behind the start; as it mostly stands last, look from the end."""
    while size > start:
        at = max(start, size - _PIECE)
        if b"\xff\xd9" in _at(file, at, size - at):
            return
        size = at + 1 if at > start else at
    raise _Damaged


def _joined(profile: dict[int, bytes]) -> bytes:
    joined = b"".join(profile[number] for number in sorted(profile))
    return joined if len(joined) <= MAX_PROFILE else b""


# PNG


def _read_png(file: IO[bytes], size: int) -> _Facts:
    facts = _Facts()
    kept = [(0, 8)]
    for name, start, length in _chunks(file, 8, size, ">I4s"):
        if name in _PNG_KEPT:
            kept.append((start - 8, length + 12))
        if name == b"IHDR" and length == 13:
            facts.width, facts.height = struct.unpack(">II", _at(file, start, 8))
        elif name == b"iCCP" and not facts.icc:
            facts.icc = _inflated(_at(file, start, length))
        elif name == b"eXIf" and not facts.exif:
            facts.exif = _at(file, start, length)
        elif name == b"IEND":
            break
    else:
        raise _Damaged
    if not facts.width or not facts.height:
        raise _Damaged
    facts.pieces = tuple(kept)
    return facts


def _inflated(chunk: bytes) -> bytes:
    """The profile out of an iCCP chunk: name, zero, method, deflated bytes."""
    name_end = chunk.find(b"\x00", 0, 80)
    try:
        return zlib.decompressobj().decompress(chunk[name_end + 2 :], MAX_PROFILE)
    except zlib.error:
        return b""


def _chunks(file: IO[bytes], position: int, size: int, layout: str) -> Iterator[tuple[bytes, int, int]]:
    """The name, start and length of each chunk's content; a chunk that ends after the file is damage."""
    png = layout.startswith(">")
    for _ in range(MAX_CHUNKS):
        if position + 8 > size:
            return
        first, second = struct.unpack(layout, _at(file, position, 8))
        name, length = (second, first) if png else (first, second)
        end = position + 8 + length + (4 if png else length % 2)  # PNG has a checksum, RIFF pads to even
        if position + 8 + length > size:
            raise _Damaged
        yield name, position + 8, length
        position = end
    raise _too_complex()


# WebP


def _read_webp(file: IO[bytes], size: int) -> _Facts:
    (declared,) = struct.unpack("<I", _at(file, 4, 4))
    if declared + 8 > size:
        raise _Damaged
    facts = _Facts(pieces=((0, size),))
    for name, start, length in _chunks(file, 12, declared + 8, "<4sI"):
        if name in _WEBP_SIZE and not facts.width:
            facts.width, facts.height = _WEBP_SIZE[name](_at(file, start, 10).ljust(10, b"\x00"))
        elif name == b"ICCP" and length <= MAX_PROFILE:
            facts.icc = _at(file, start, length)
        elif name == b"EXIF":
            facts.exif = _at(file, start, length)
    if not facts.width or not facts.height:
        raise _Damaged
    return facts


def _vp8x(body: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _vp8(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8l(body: bytes) -> tuple[int, int]:
    bits = int.from_bytes(body[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


_WEBP_SIZE: Final = {b"VP8X": _vp8x, b"VP8 ": _vp8, b"VP8L": _vp8l}


# Small parts


def _at(file: IO[bytes], start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _body(file: IO[bytes], start: int, length: int, prefix: bytes) -> bytes:
    """What follows the prefix in a JPEG segment; nothing where the prefix is another one."""
    body = _at(file, start + 4, length - 4)
    return body.removeprefix(prefix) if body.startswith(prefix) else b""


def _bound(count: int, limit: int) -> None:
    if count > limit:
        raise _too_complex()


def _too_complex() -> ImageRejected:
    return ImageRejected(
        "too_complex",
        "This picture is built in a way that would take very long to open. "
        "Open it, save it once more as an ordinary JPEG or PNG and upload that.",
    )


_KINDS: Final[tuple[tuple[Callable[[bytes], bool], _Kind], ...]] = (
    (lambda head: head.startswith(b"\xff\xd8\xff"), _Kind("JPEG", "image/jpeg", _JPEG_PIXELS, _read_jpeg)),
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), _Kind("PNG", "image/png", _OTHER_PIXELS, _read_png)),
    (
        lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        _Kind("WEBP", "image/webp", _OTHER_PIXELS, _read_webp),
    ),
)

# All that `read` takes, for doors that say so beforehand.
CONTENT_TYPES: Final = frozenset(kind.content_type for _, kind in _KINDS)
