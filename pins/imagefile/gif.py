"""GIF: the first picture only; how many more there are is never counted."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Final

from pins.imagefile.parts import Damaged, Facts, Piece, at, too_complex

MAX_BLOCKS: Final = 4096  # of up to 255 bytes, before the first picture; a large XMP packet has 300

_HEADER: Final = 13


def read(file: IO[bytes], size: int) -> Facts:
    head = at(file, 0, _HEADER)
    if len(head) < _HEADER:
        raise Damaged
    width, height, flags = struct.unpack_from("<HHB", head, 6)
    position = _HEADER + _palette(flags)
    kept: list[Piece] = [(0, position)]
    steps = iter(range(MAX_BLOCKS))
    while True:
        lead = at(file, position, 10)
        if lead[:1] == b"," and len(lead) == 10:
            left, top, wide, high = struct.unpack_from("<4H", lead, 1)
            if not wide or not high:
                raise Damaged
            # A picture may reach over the canvas that the file declares: the decoder then takes the larger.
            size_seen = max(width, left + wide), max(height, top + high)
            return Facts(*size_seen, pieces=(*kept, (position, size - position)))
        if lead[:1] != b"!":
            raise Damaged
        if lead[:2] == b"!\xf9":  # which colour is transparent
            kept.append((position, 8))
        position = _behind(file, position + 2, steps)


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind(file: IO[bytes], position: int, steps: Iterator[int]) -> int:
    """Where the blocks of an extension end."""
    for _ in steps:
        length = at(file, position, 1)
        if not length:
            raise Damaged
        position += 1 + length[0]
        if not length[0]:
            return position
    raise too_complex()
