"""HEIC and AVIF: boxes, of which one (`meta`) says where the picture is, in how many tiles and how coded.

The decoder never sees that box. It gets a small file written anew, with nothing in it but the picture, its
tiles and its alpha: no previews, EXIF, further pictures, films, or items that point at the same bytes a
thousand times. Turning and cutting are left out as well and done later, as for all formats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from pins.imagefile import coded
from pins.imagefile.parts import MAX_PROFILE, Cut, Damaged, Facts, Piece, at, bound, too_complex

MAX_META: Final = 512 * 1024  # bytes; a colour profile has less than 100 KB, a phone's 200 tiles 12 KB
MAX_BOXES: Final = 2048  # in one box
MAX_TILES: Final = 1024  # 50 megapixels in tiles of 512 x 512 need 200
MAX_PARTS: Final = 8192  # properties, places and tiles that all items name together
MAX_EXTENTS: Final = 16  # places that the data of one item lie in; writers use one

_AVIF: Final = frozenset({b"avif", b"avis"})
_HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_KEPT: Final = frozenset({b"ispe", b"pixi", b"colr", b"hvcC", b"av1C", b"auxC"})
_ALPHA: Final = (b"urn:mpeg:hevc:2015:auxid:1\x00", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00")


def is_avif(head: bytes) -> bool:
    return bool(_brands(head) & _AVIF)


def is_heic(head: bytes) -> bool:
    return bool(_brands(head) & _HEIC)


def _brands(head: bytes) -> set[bytes]:
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))}


def read_avif(file: IO[bytes], size: int) -> Facts:
    return _read(file, size, b"avif", coded.AV1)


def read_heic(file: IO[bytes], size: int) -> Facts:
    return _read(file, size, b"heic", coded.HEVC)


def _read(file: IO[bytes], size: int, brand: bytes, coding: coded.Coding) -> Facts:
    try:
        meta = _Meta(file, size)
        picture = meta.items[meta.primary]
        width, height = meta.size_of(picture)
        alpha = meta.alpha_of(picture, coding)
        wanted = [picture, *meta.tiles_of(picture, coding)]
        if alpha:
            wanted += [alpha, *meta.tiles_of(alpha, coding)]
        wanted = list(dict.fromkeys(wanted))
        budget, deep = coded.Budget(), False
        for item in wanted:
            if item.kind == coding.item:
                config = meta.property_of(item, coding.config)
                deep = deep or coding.is_deep(config)
                coding.check(file, config, meta.parts_of(item), meta.size_of(item), budget)
        return Facts(
            width,
            height,
            orientation=meta.orientation_of(picture),
            icc=meta.profile_of(picture),
            cut=meta.cut_of(picture),
            pieces=tuple(_written(meta, wanted, alpha, brand)),
            light=not (alpha or deep),
        )
    except (struct.error, IndexError, KeyError) as strange:
        raise Damaged from strange


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each box between start and end, and where its content begins and ends."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        length, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, start + 8)
            head = 16
        elif length == 0:
            length = end - start
        if length < head or start + length > end:
            raise Damaged
        yield kind, start + head, start + length
        start += length
    raise too_complex()


def _find_meta(file: IO[bytes], size: int) -> tuple[int, int]:
    """Where the content of the `meta` box begins and ends, without its version."""
    position = 0
    for _ in range(MAX_BOXES):
        length, kind = struct.unpack(">I4s", at(file, position, 8))
        head = 8
        if length == 1:
            (length,) = struct.unpack(">Q", at(file, position + 8, 8))
            head = 16
        elif length == 0:
            length = size - position
        if length < head or position + length > size:
            raise Damaged
        if kind == b"meta":
            bound(length, MAX_META)
            return position + head + 4, position + length
        position += length
    raise too_complex()


@dataclass(slots=True, eq=False)
class _Item:
    kind: bytes = b""
    inside: bool = False  # its data lie in the box `idat`, not in the file
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[tuple[int, bool]] = field(default_factory=list)  # number from 1; essential or not
    tiles: tuple[int, ...] = ()
    number: int = 0  # in the file that is written anew


class _Meta:
    """What the box says, item by item. Boxes may stand in any order."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file, self.size = file, size
        self.start, end = _find_meta(file, size)
        self.content = content = at(file, self.start, end - self.start)
        self.primary = 0
        self.items: dict[int, _Item] = {}
        self.properties: list[tuple[bytes, int, int]] = []
        self.auxiliary: list[tuple[int, int]] = []  # item, of which item
        self.idat = (0, 0)
        self.parts = 0
        read = {
            b"pitm": self._pitm,
            b"iinf": self._iinf,
            b"iloc": self._iloc,
            b"iref": self._iref,
            b"iprp": self._iprp,
            b"idat": self._idat,
        }
        for kind, start, end in _boxes(content, 0, len(content)):
            if reader := read.pop(kind, None):
                reader(start, end)

    def _at(self, layout: str, start: int) -> tuple[int, ...]:
        return struct.unpack_from(f">{layout}", self.content, start)

    def _spend(self, parts: int) -> None:
        self.parts += parts
        bound(self.parts, MAX_PARTS)

    def _item(self, number: int) -> _Item:
        return self.items.setdefault(number, _Item())

    def _pitm(self, start: int, end: int) -> None:
        (self.primary,) = self._at("I" if self.content[start] else "H", start + 4)

    def _idat(self, start: int, end: int) -> None:
        self.idat = (start, end)

    def _iinf(self, start: int, end: int) -> None:
        first = start + (8 if self.content[start] else 6)
        for kind, at_, _ in _boxes(self.content, first, end):
            version = self.content[at_]
            if kind == b"infe" and version in (2, 3):
                number, _, name = struct.unpack_from(
                    ">IH4s" if version == 3 else ">HH4s", self.content, at_ + 4
                )
                self._item(number).kind = name

    def _iref(self, start: int, end: int) -> None:
        wide = "I" if self.content[start] else "H"
        step = struct.calcsize(f">{wide}")
        for kind, at_, behind in _boxes(self.content, start + 4, end):
            number, count = self._at(f"{wide}H", at_)
            if kind not in (b"dimg", b"auxl") or at_ + step + 2 + count * step > behind:
                continue
            self._spend(count)
            others = self._at(f"{count}{wide}", at_ + step + 2)
            if kind == b"dimg":
                self._item(number).tiles = others
            else:
                self.auxiliary += [(number, other) for other in others[:1]]

    def _iprp(self, start: int, end: int) -> None:
        for kind, at_, behind in _boxes(self.content, start, end):
            if kind == b"ipco":
                self.properties = list(_boxes(self.content, at_, behind))
            elif kind == b"ipma":
                self._ipma(at_)

    def _ipma(self, start: int) -> None:
        wide_item, wide_property = self.content[start] > 0, self.content[start + 3] & 1
        (count,) = self._at("I", start + 4)
        bound(count, MAX_BOXES)
        position = start + 8
        for _ in range(count):
            number, uses = self._at("IB" if wide_item else "HB", position)
            position += 5 if wide_item else 3
            self._spend(uses)
            found = self._at(f"{uses}{'H' if wide_property else 'B'}", position)
            position += uses * (2 if wide_property else 1)
            essential = 0x8000 if wide_property else 0x80
            self._item(number).properties = [(one & (essential - 1), bool(one & essential)) for one in found]

    def _iloc(self, start: int, end: int) -> None:
        version, sizes = self.content[start], self._at("H", start + 4)[0]
        offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        position = start + 6

        def number(size: int) -> int:
            nonlocal position
            position += size
            if position > end:
                raise Damaged
            return int.from_bytes(self.content[position - size : position], "big")

        count = number(4 if version == 2 else 2)
        bound(count, MAX_BOXES)
        for _ in range(count):
            item = self._item(number(4 if version == 2 else 2))
            way = number(2) & 15 if version else 0
            if way > 1 or number(2):  # made of other items, or in another file
                raise too_complex()
            item.inside = way == 1
            base = number(base_size)
            parts = number(2)
            bound(parts, MAX_EXTENTS)
            self._spend(parts)
            item.extents = []
            for _ in range(parts):
                number(index_size if version else 0)
                item.extents.append((base + number(offset_size), number(length_size)))

    # What the items are

    def property_of(self, item: _Item, kind: bytes) -> bytes:
        """The content of an item's first property of this kind; KeyError where it has none."""
        for number, _ in item.properties:
            name, start, end = self.properties[number - 1]
            if number and name == kind:
                # Thousands of items may share one; none that is read here needs half a megabyte.
                return self.content[start : min(end, start + coded.MAX_CONFIG + 1)]
        raise KeyError(kind)

    def has(self, item: _Item, kind: bytes) -> bool:
        return any(number and self.properties[number - 1][0] == kind for number, _ in item.properties)

    def size_of(self, item: _Item) -> tuple[int, int]:
        width, height = struct.unpack_from(">II", self.property_of(item, b"ispe"), 4)
        if not width or not height:
            raise Damaged
        return width, height

    def parts_of(self, item: _Item) -> list[tuple[int, int]]:
        """Where in the file its data lie: (start, length), one or more."""
        first, behind = (
            (self.start + self.idat[0], self.start + self.idat[1]) if item.inside else (0, self.size)
        )
        parts = [(first + start, length) for start, length in item.extents]
        if not parts or any(not length or start + length > behind for start, length in parts):
            raise Damaged
        return parts

    def tiles_of(self, item: _Item, coding: coded.Coding) -> list[_Item]:
        """The tiles of a grid; none where the item is coded as a whole."""
        if item.kind == coding.item:
            return []
        if item.kind != b"grid":
            raise too_complex()
        ((start, length),) = self.parts_of(item)[:1]
        grid = at(self.file, start, min(length, 12))
        rows, columns = grid[2] + 1, grid[3] + 1
        bound(rows * columns, MAX_TILES)
        tiles = [self.items[number] for number in item.tiles]
        sizes = {self.size_of(tile) for tile in tiles}
        if len(tiles) != rows * columns or len(sizes) != 1 or any(tile.kind != coding.item for tile in tiles):
            raise Damaged
        width, height = self.size_of(item)
        if struct.unpack_from(">II" if grid[1] & 1 else ">HH", grid, 4) != (width, height):
            raise Damaged
        ((wide, high),) = sizes
        if wide * columns < width or high * rows < height:
            raise Damaged
        bound(wide * columns * high * rows, 2 * width * height + 1_000_000)  # tiles may reach over the edge
        return tiles

    def alpha_of(self, picture: _Item, coding: coded.Coding) -> _Item | None:
        for number, of in self.auxiliary:
            item = self.items[number]
            if self.items[of] is not picture or item is picture or not self.has(item, b"auxC"):
                continue
            kind = self.property_of(item, b"auxC")[4:]
            # One of another size is left aside: decoders do not agree on what it means.
            if kind.startswith(_ALPHA) and self.size_of(item) == self.size_of(picture):
                return item
        return None

    def profile_of(self, item: _Item) -> bytes:
        for number, _ in item.properties:
            name, start, end = self.properties[number - 1]
            if name == b"colr" and self.content[start : start + 4] in (b"prof", b"rICC"):
                return self.content[start + 4 : end][:MAX_PROFILE]
        return b""

    def orientation_of(self, item: _Item) -> int:
        """As EXIF counts it. What the file's EXIF itself says is not for the picture."""
        turns = self.property_of(item, b"irot")[0] & 3 if self.has(item, b"irot") else 0
        if not self.has(item, b"imir"):
            return (1, 8, 3, 6)[turns]
        left_right = self.property_of(item, b"imir")[0] & 1
        return (2, 7, 4, 5)[turns] if left_right else (4, 5, 2, 7)[turns]

    def cut_of(self, item: _Item) -> Cut | None:
        """The clean aperture: a size and the distance of its middle from the picture's, in fractions."""
        if not self.has(item, b"clap"):
            return None
        wide, wide_by, high, high_by, across, across_by, down, down_by = struct.unpack_from(
            ">4IiIiI", self.property_of(item, b"clap")
        )
        if not wide_by * high_by * across_by * down_by:
            raise Damaged
        width, height = self.size_of(item)
        left = round((width - wide / wide_by) / 2 + across / across_by)
        top = round((height - high / high_by) / 2 + down / down_by)
        right, bottom = left + round(wide / wide_by), top + round(high / high_by)
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise Damaged
        return left, top, right, bottom


# The file that the decoder gets


def _written(meta: _Meta, wanted: list[_Item], alpha: _Item | None, brand: bytes) -> Iterator[Piece]:
    for number, item in enumerate(wanted, 1):
        item.number = number
    parts = [meta.parts_of(item) for item in wanted]
    lengths = [sum(length for _, length in of_item) for of_item in parts]
    bound(sum(lengths), meta.size)  # a file can't hold more than itself, unless its items share bytes
    head = _box(b"ftyp", brand, bytes(4), brand, b"mif1miaf")
    inside = _properties(meta, wanted)
    behind = len(head + _described(meta, wanted, alpha, inside, lengths, 0)) + 8
    yield head + _described(meta, wanted, alpha, inside, lengths, behind)
    yield struct.pack(">I4s", sum(lengths) + 8, b"mdat")
    for of_item in parts:
        yield from of_item


def _described(
    meta: _Meta, wanted: list[_Item], alpha: _Item | None, properties: bytes, lengths: list[int], start: int
) -> bytes:
    names, places, references = b"", b"", b""
    for item, length in zip(wanted, lengths, strict=True):
        names += _box(b"infe", b"\x02\0\0\0", struct.pack(">HH4sx", item.number, 0, item.kind))
        places += struct.pack(">HHHII", item.number, 0, 1, start, length)
        start += length
        if item.kind == b"grid":
            tiles = [meta.items[number].number for number in item.tiles]
            references += _box(b"dimg", struct.pack(f">HH{len(tiles)}H", item.number, len(tiles), *tiles))
    if alpha:
        references += _box(b"auxl", struct.pack(">HHH", alpha.number, 1, wanted[0].number))
    return _box(
        b"meta",
        bytes(4),
        _box(b"hdlr", bytes(8), b"pict", bytes(13)),
        _box(b"pitm", bytes(4), struct.pack(">H", 1)),
        _box(b"iloc", bytes(4), struct.pack(">HH", 0x4400, len(wanted)), places),
        _box(b"iinf", bytes(4), struct.pack(">H", len(wanted)), names),
        _box(b"iref", bytes(4), references) if references else b"",
        properties,
    )


def _properties(meta: _Meta, wanted: list[_Item]) -> bytes:
    """Those that say how to decode, each once, and which item has which."""
    kept: dict[int, int] = {}
    bodies, uses = b"", b""
    for item in wanted:
        mine = []
        for number, essential in item.properties:
            name, start, end = meta.properties[number - 1]
            if not number or name not in _KEPT:
                continue
            if name == b"colr" and meta.content[start : min(end, start + 4)] != b"nclx":
                continue
            if number not in kept:
                kept[number] = len(kept) + 1
                bodies += _box(name, meta.content[start:end])
            mine.append(kept[number] | (0x8000 if essential else 0))
        uses += struct.pack(f">HB{len(mine)}H", item.number, len(mine), *mine)
    uses = b"\0\0\0\1" + struct.pack(">I", len(wanted)) + uses
    return _box(b"iprp", _box(b"ipco", bodies), _box(b"ipma", uses))


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content
