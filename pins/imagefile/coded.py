"""What HEVC and AV1 say of themselves inside a HEIC or AVIF: one picture, no larger than its box claims.

A few bytes of either can hold a picture of any size, or a film of thousands: a decoder takes its word, so it
is read here first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from pins.imagefile.parts import Damaged, at, bound, too_complex

MAX_UNITS: Final = 8192  # pieces of code in all tiles together; encoders write 1 to 70 for each
MAX_LAYERS: Final = 4  # AV1 can show one picture in up to 4 qualities
MAX_CONFIG: Final = 4096  # bytes
_ROOM: Final = 64  # pixels that a coded picture may have more than is shown: it is a multiple of its blocks

_HEVC_SPS: Final = 33
_AV1_SEQUENCE, _AV1_FRAME_HEADER, _AV1_FRAME = 1, 3, 6

Parts = list[tuple[int, int]]
Size = tuple[int, int]


class Budget:
    """How many pieces of code were looked at, in one file."""

    def __init__(self) -> None:
        self.units = 0

    def spend(self) -> None:
        self.units += 1
        bound(self.units, MAX_UNITS)


@dataclass(frozen=True, slots=True)
class Coding:
    item: bytes  # the kind of an item coded so
    config: bytes  # the kind of its property
    check: Callable[[IO[bytes], bytes, Parts, Size, Budget], None]  # raises Damaged or ImageRejected
    is_deep: Callable[[bytes], bool]  # by the property: more than 8 bits a colour


class _Bits:
    def __init__(self, content: bytes) -> None:
        self.value = int.from_bytes(content, "big")
        self.left = 8 * len(content)

    def take(self, count: int) -> int:
        self.left -= count
        if self.left < 0:
            raise Damaged
        return self.value >> self.left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            bound(zeros, 32)
        return (1 << zeros) - 1 + self.take(zeros)


def _fits(found: Size, shown: Size) -> None:
    if found[0] > shown[0] + _ROOM or found[1] > shown[1] + _ROOM:
        raise too_complex()


class _Data:
    """The data of one item, which may lie in several places of the file."""

    def __init__(self, file: IO[bytes], parts: Parts) -> None:
        self.file, self.parts = file, parts
        self.length = sum(length for _, length in parts)

    def at(self, position: int, length: int) -> bytes:
        found = b""
        for start, size in self.parts:
            if position >= size:
                position -= size
                continue
            found += at(self.file, start + position, min(size - position, length - len(found)))
            position = 0
            if len(found) == length:
                break
        return found


# HEVC: units, each with its length before it


def _check_hevc(file: IO[bytes], config: bytes, parts: Parts, shown: Size, budget: Budget) -> None:
    bound(len(config), MAX_CONFIG)
    for unit in _of_config(config, budget):
        _look_at(unit, shown)
    pictures = 0
    for unit in _hevc_units(_Data(file, parts), (config[21] & 3) + 1, budget):
        _look_at(unit, shown)
        kind = unit[0] >> 1 & 0x3F
        if kind < 32 and unit[2] & 0x80:  # the first slice of a picture
            bound(pictures := pictures + 1, 1)


def _of_config(config: bytes, budget: Budget) -> Iterator[bytes]:
    position = 23
    for _ in range(config[22]):
        count = int.from_bytes(config[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            budget.spend()
            length = int.from_bytes(config[position : position + 2], "big")
            yield config[position + 2 : position + 2 + length]
            position += 2 + length


def _hevc_units(data: _Data, width: int, budget: Budget) -> Iterator[bytes]:
    """The beginning of each: enough to see what it is, and of one that sets the size, all that is needed."""
    position = 0
    while position < data.length:
        budget.spend()
        length = int.from_bytes(data.at(position, width), "big")
        if length < 3 or position + width + length > data.length:
            raise Damaged
        start = data.at(position + width, 3)
        long = start[0] >> 1 & 0x3F == _HEVC_SPS
        yield data.at(position + width, min(length, 256)) if long else start
        position += width + length


def _look_at(unit: bytes, shown: Size) -> None:
    if unit[0] >> 1 & 0x3F == _HEVC_SPS:
        _fits(_hevc_size(unit), shown)


def _hevc_size(unit: bytes) -> Size:
    bits = _Bits(unit[2:256].replace(b"\x00\x00\x03", b"\x00\x00"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1)
    bits.take(88 + 8)  # general profile, tier and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.golomb()  # its number
    if bits.golomb() == 3:  # chroma in full size
        bits.take(1)
    return bits.golomb(), bits.golomb()


# AV1: units that say their length themselves


def _check_av1(file: IO[bytes], config: bytes, parts: Parts, shown: Size, budget: Budget) -> None:
    data = _Data(file, parts)
    position, pictures = 0, 0
    while position < data.length:
        budget.spend()
        head = data.at(position, 10)
        kind, has_extension, has_length = head[0] >> 3 & 15, head[0] >> 2 & 1, head[0] >> 1 & 1
        start = position + 1 + has_extension
        length = data.length - start
        if has_length:
            length, used = _leb128(head[1 + has_extension :])
            start += used
        if start + length > data.length:
            raise Damaged
        if kind == _AV1_SEQUENCE:
            _fits(_av1_size(data.at(start, min(length, 256))), shown)
        if kind in (_AV1_FRAME_HEADER, _AV1_FRAME):
            bound(pictures := pictures + 1, MAX_LAYERS)
        position = start + length


def _leb128(content: bytes) -> tuple[int, int]:
    """The number, and how many bytes it takes."""
    value = 0
    for index, byte in enumerate(content[:8]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, index + 1
    raise Damaged


def _av1_size(content: bytes) -> Size:
    bits = _Bits(content)
    bits.take(3 + 1)  # profile, still picture
    if bits.take(1):  # the short form, for still pictures
        bits.take(5)
    else:
        if bits.take(1):  # timing, which is for films
            raise too_complex()
        delays = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            if bits.take(5) > 7:
                bits.take(1)
            if delays and bits.take(1):
                bits.take(4)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(wide) + 1, bits.take(high) + 1


def _is_deep_hevc(config: bytes) -> bool:
    return bool((config[17] | config[18]) & 7)


def _is_deep_av1(config: bytes) -> bool:
    return bool(config[2] & 0x40)


HEVC: Final = Coding(b"hvc1", b"hvcC", _check_hevc, _is_deep_hevc)
AV1: Final = Coding(b"av01", b"av1C", _check_av1, _is_deep_av1)
