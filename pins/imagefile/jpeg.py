"""JPEG: segments up to the first scan, and what lies behind it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Final

from pins.imagefile.exif import orientation
from pins.imagefile.parts import MAX_PROFILE, PIECE, Damaged, Facts, Piece, at, bound, too_complex

MAX_SCANS: Final = 64  # cameras write 1, progressive encoders 10; a decoder repaints the picture for each
MAX_STEPS: Final = 4096  # headers of a JPEG before its pixels; a 12 MB preview in EXIF parts needs 190
MAX_TABLES: Final = 64 * 1024  # bytes of a JPEG's quantisation and Huffman tables; full sets need 3 KB

_SOF: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def read(file: IO[bytes], size: int) -> Facts:
    facts = Facts()
    kept: list[Piece] = [(0, 2)]
    tables, exif = 0, b""
    profile: dict[int, bytes] = {}
    frame = b""  # marker and body of the last frame header: precision, height, width, components
    for marker, start, length in _segments(file):
        if marker == 0xDA:
            kept.append((start, size - start))
            facts.light = _is_streamed(file, start, frame)
            _check_scans(file, start, size, facts.light)
            break
        if marker == 0xE1 and not exif:
            exif = _body(file, start, length, b"Exif\x00\x00")
        elif marker == 0xE2 and (part := _body(file, start, length, b"ICC_PROFILE\x00")):
            profile[part[0]] = part[2:]
        elif marker in _SOF:
            frame = bytes((marker,)) + at(file, start + 4, 6)
        if marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append((start, length))  # JFIF and Adobe tell how the colours are stored
            tables += length
            bound(tables, MAX_TABLES)
    facts.height, facts.width = struct.unpack_from(">HH", frame.ljust(7, b"\x00"), 2)
    if not facts.width or not facts.height:
        raise Damaged
    facts.pieces, facts.icc = tuple(kept), _joined(profile)
    facts.orientation = orientation(exif)
    return facts


def _segments(file: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """The marker, start and length of each header up to the first scan, which comes last with its start."""
    position = file.seek(2)
    for _ in range(MAX_STEPS):
        file.seek(position)
        lead = file.read(4)
        if len(lead) < 4:
            raise Damaged
        marker = lead[1]
        if lead[0] != 0xFF or marker in (0x00, 0xFF):
            position += 2 if lead[:2] == b"\xff\x00" else 1  # padding
            continue
        if marker in _BARE:
            position += 2
            continue
        length = int.from_bytes(lead[2:], "big")
        if length < 2 or marker == 0xD9:
            raise Damaged
        yield marker, position, length + 2
        if marker == 0xDA:
            return
        position += length + 2
    raise too_complex()


def _is_streamed(file: IO[bytes], start: int, frame: bytes) -> bool:
    """A baseline file whose first scan has all colours, nearly every photo: the decoder reads that scan only,
    and holds a few lines of it."""
    return frame[:1] in (b"\xc0", b"\xc1") and frame[6:7] == at(file, start + 4, 1)


def _check_scans(file: IO[bytes], start: int, size: int, streamed: bool) -> None:
    """A decoder repaints the whole picture for each scan: 300 KB with a thousand of them cost a minute."""
    if streamed:
        _check_end(file, start, size)
        return
    file.seek(start)
    scans, ended, last = 0, False, b""
    while piece := file.read(PIECE):
        seen = last + piece
        # Counted, not gone through: a file may hold ten million markers and nothing else.
        scans += seen.count(b"\xff\xda")
        ended = ended or b"\xff\xd9" in seen
        bound(scans, MAX_SCANS)
        last = piece[-1:] if piece[-1] == 0xFF else b""
    if not ended:
        raise Damaged


def _check_end(file: IO[bytes], start: int, size: int) -> None:
    """The end marker must stand behind the start; as it mostly stands last, look from the end."""
    while size > start:
        first = max(start, size - PIECE)
        if b"\xff\xd9" in at(file, first, size - first):
            return
        size = first + 1 if first > start else first
    raise Damaged


def _joined(profile: dict[int, bytes]) -> bytes:
    joined = b"".join(profile[number] for number in sorted(profile))
    return joined if len(joined) <= MAX_PROFILE else b""


def _body(file: IO[bytes], start: int, length: int, prefix: bytes) -> bytes:
    """What follows the prefix in a JPEG segment; nothing where the prefix is another one."""
    body = at(file, start + 4, length - 4)
    return body.removeprefix(prefix) if body.startswith(prefix) else b""
