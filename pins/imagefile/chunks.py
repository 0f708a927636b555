"""PNG and WebP: files of chunks, each with a name and a length."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO, Final

from pins.imagefile.exif import MAX_EXIF, orientation
from pins.imagefile.parts import MAX_PROFILE, Damaged, Facts, Piece, at, too_complex

MAX_CHUNKS: Final = 32_768  # 20 MB in chunks of 1 KB need 20,000

_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def read_png(file: IO[bytes], size: int) -> Facts:
    facts = Facts()
    kept: list[Piece] = [(0, 8)]
    exif = b""
    for name, start, length in _chunks(file, 8, size, ">I4s"):
        if name in _PNG_KEPT:
            kept.append((start - 8, length + 12))
        if name == b"IHDR" and length == 13:
            facts.width, facts.height = struct.unpack(">II", at(file, start, 8))
        elif name == b"iCCP" and not facts.icc:
            facts.icc = _inflated(at(file, start, min(length, MAX_PROFILE)))
        elif name == b"eXIf" and not exif:
            exif = at(file, start, min(length, MAX_EXIF))
        elif name == b"IEND":
            break
    else:
        raise Damaged
    if not facts.width or not facts.height:
        raise Damaged
    facts.pieces = tuple(kept)
    facts.orientation = orientation(exif)
    return facts


def _inflated(chunk: bytes) -> bytes:
    """The profile out of an iCCP chunk: name, zero, method, deflated bytes."""
    name_end = chunk.find(b"\x00", 0, 80)
    try:
        return zlib.decompressobj().decompress(chunk[name_end + 2 :], MAX_PROFILE)
    except zlib.error:
        return b""


def read_webp(file: IO[bytes], size: int) -> Facts:
    (declared,) = struct.unpack("<I", at(file, 4, 4))
    if declared + 8 > size:
        raise Damaged
    facts, exif = Facts(pieces=((0, size),)), b""
    for name, start, length in _chunks(file, 12, declared + 8, "<4sI"):
        if name in _WEBP_SIZE and not facts.width:
            facts.width, facts.height = _WEBP_SIZE[name](at(file, start, 10).ljust(10, b"\x00"))
        elif name == b"ICCP" and length <= MAX_PROFILE and not facts.icc:
            facts.icc = at(file, start, length)
        elif name == b"EXIF" and not exif:
            exif = at(file, start, min(length, MAX_EXIF))
    if not facts.width or not facts.height:
        raise Damaged
    facts.orientation = orientation(exif)
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


def _chunks(file: IO[bytes], position: int, size: int, layout: str) -> Iterator[tuple[bytes, int, int]]:
    """The name, start and length of each chunk's content; a chunk that ends after the file is damage."""
    png = layout.startswith(">")
    for _ in range(MAX_CHUNKS):
        if position + 8 > size:
            return
        first, second = struct.unpack(layout, at(file, position, 8))
        name, length = (second, first) if png else (first, second)
        end = position + 8 + length + (4 if png else length % 2)  # PNG has a checksum, RIFF pads to even
        if position + 8 + length > size:
            raise Damaged
        yield name, position + 8, length
        position = end
    raise too_complex()
