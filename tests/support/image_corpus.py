"""Pictures made on the spot for tests and benches: photo-like ones, and files built to do harm."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Sequence
from functools import cache
from math import log10

import pillow_heif
from PIL import Image, ImageChops, ImageDraw, ImageStat

# Photo-like pictures


def photo(width: int, height: int, *, seed: int = 1, grain: int = 5) -> Image.Image:
    """Soft light and colour, texture in six sizes, hard edges and sensor grain; no symmetry anywhere.

    Mixed so that JPEGs weigh what a camera's do: 12 megapixels 2.8 MB, 48 megapixels 7.9 MB.
    """
    dice = random.Random(seed)
    light = _layers(dice, width, height, ((16, 0.4), (64, 0.3), (256, 0.2), (1024, 0.1), (2400, 0.05)))
    warm, cool = (_layers(dice, width, height, ((12, 0.5), (80, 0.25))) for _ in range(2))
    pale = [128 + (value - 128) // 3 for value in range(256)]
    picture = Image.merge("YCbCr", (light, warm.point(pale), cool.point(pale))).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = dice.randrange(width), dice.randrange(height)
        size = dice.randrange(max(width, height) // 60, max(width, height) // 8)
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        if dice.random() < 0.5:
            draw.line((x, y, x + size, y - size // 3), fill=colour, width=max(2, size // 40))
        else:
            draw.polygon(((x, y), (x + size, y + size // 3), (x + size // 4, y + size)), fill=colour)
    return _grainy(picture, dice, grain) if grain else picture


def _layers(dice: random.Random, width: int, height: int, finer: Sequence[tuple[int, float]]) -> Image.Image:
    layer = _noise(dice, 3, 4).resize((width, height), Image.Resampling.BICUBIC)
    for cells, weight in finer:
        cells = min(cells, width)
        noise = _noise(dice, cells, cells * height // width + 1)
        layer = Image.blend(layer, noise.resize((width, height), Image.Resampling.BICUBIC), weight)
    return layer


def _noise(dice: random.Random, width: int, height: int) -> Image.Image:
    return Image.frombytes("L", (width, height), dice.randbytes(width * height))


def _grainy(picture: Image.Image, dice: random.Random, strength: int) -> Image.Image:
    grain = _noise(dice, picture.width, picture.height).point(
        [value * strength // 255 for value in range(256)]
    )
    return ImageChops.add(picture, Image.merge("RGB", (grain, grain, grain)), 1, -strength // 2)


def psnr(one: Image.Image, other: Image.Image) -> float:
    """How alike two pictures of one size are, in dB; 99 where they are equal."""
    squares = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    error = sum(squares) / len(squares) / (one.width * one.height)
    return 99.0 if error == 0 else 10 * log10(255 * 255 / error)


# Files


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """A file of this kind, by Pillow's names; "HEIF" is HEIC."""
    out = io.BytesIO()
    if kind == "HEIF":  # not by Pillow: what registers it there would register it for the product too
        pillow_heif.from_pillow(picture).save(out, **{"quality": 90} | options)
        return out.getvalue()
    picture.save(out, kind, **({"quality": 92, "subsampling": 0} if kind == "JPEG" else {}) | options)
    return out.getvalue()


def exif(orientation: int = 1, *, gps: bool = False) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    if gps:
        tags[0x010F] = "PinCam"
        tags.get_ifd(0x8825)[1] = "N"
        tags.get_ifd(0x8825)[2] = (38.0, 43.0, 20.0)
    return tags.tobytes()


# What a camera held in this way stores, so that the orientation turns it back.
_AS_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def as_stored(shown: Image.Image, orientation: int) -> Image.Image:
    return shown.transpose(_AS_STORED[orientation]) if orientation in _AS_STORED else shown


# Colour profiles, written by hand: nothing to download, and no one's copyright


def display_p3() -> bytes:
    """Display P3 as phones embed it: its primaries, and the sRGB curve."""
    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return _profile(
        b"mntr",
        b"RGB ",
        b"XYZ ",
        {
            b"wtpt": _xyz(0.9642, 1.0, 0.8249),
            b"rXYZ": _xyz(0.51512, 0.24120, -0.00105),
            b"gXYZ": _xyz(0.29198, 0.69225, 0.04189),
            b"bXYZ": _xyz(0.15710, 0.06657, 0.78407),
            b"rTRC": curve,
            b"gTRC": curve,
            b"bTRC": curve,
        },
    )


def press() -> bytes:
    """A CMYK profile with the inks of a coated offset sheet at its 16 corners."""
    inks = {"": (95, 0, -2), "c": (55, -37, -50), "m": (48, 74, -3), "y": (89, -5, 93), "k": (16, 0, 0)}
    inks |= {"cm": (24, 22, -46), "cy": (50, -65, 27), "my": (47, 68, 48), "cmy": (23, 0, 0)}
    corners = bytearray()
    for number in range(16):
        used = "".join(ink for ink, bit in zip("cmyk", (8, 4, 2, 1), strict=True) if number & bit)
        lab = inks.get(used, (10, 0, 0))
        corners += bytes((round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128))
    straight = bytes(range(256))
    table = b"mft1" + struct.pack(">I4B", 0, 4, 3, 2, 0) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += straight * 4 + bytes(corners) + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"A2B0": table})


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"made for a test"
    described = b"desc" + struct.pack(">II", 0, len(name) + 1) + name + bytes(80)
    tags = {b"desc": described, b"cprt": b"text" + bytes(4) + b"none\x00"} | tags
    at = 128 + 4 + 12 * len(tags)
    index, bodies = struct.pack(">I", len(tags)), b""
    for tag, body in tags.items():
        body += bytes(-len(body) % 4)
        index += tag + struct.pack(">II", at + len(bodies), len(body))
        bodies += body
    head = struct.pack(">I4sI4s4s4s", at + len(bodies), b"none", 0x02400000, device, space, connection)
    head += bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\x00") + index + bodies


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


# Harm


def png(
    width: int, height: int, *, chunks: Sequence[tuple[bytes, bytes]] = (), rows: int | None = None
) -> bytes:
    """A one-bit PNG that inflates to so many rows of white, with more chunks before its pixels."""
    deflate = zlib.compressobj(9)
    row = b"\x00" + b"\xff" * -(-width // 8)
    pixels = (
        b"".join(deflate.compress(row) for _ in range(height if rows is None else rows)) + deflate.flush()
    )
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in parts)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def webp_canvas(width: int, height: int) -> bytes:
    """112 bytes that ask for a canvas of up to 16384 x 16384."""
    dot = encoded(Image.new("RGB", (1, 1)), "WEBP")[12:]
    frame = bytes(6) + bytes(6) + (100).to_bytes(3, "little") + b"\x00" + dot
    parts = {
        b"VP8X": b"\x02" + bytes(3) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"ANIM": bytes(6),
        b"ANMF": frame,
    }
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(part)) + part + bytes(len(part) % 2) for name, part in parts.items()
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_canvas(width: int, height: int) -> bytes:
    dot = encoded(Image.new("P", (1, 1)), "GIF")
    return dot[:6] + struct.pack("<HH", width, height) + dot[10:]


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_parts(data: bytes) -> tuple[bytes, bytes]:
    """Everything before the first scan, and the scans."""
    at = 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:at], data[at:]


@cache
def many_scans(scans: int, width: int = 8000, height: int = 6000) -> bytes:
    """A progressive JPEG that says its last scan over and over: ten seconds of decoding in 200 KB."""
    plain = encoded(Image.new("L", (width, height), 128), progressive=True, quality=90)
    head, rest = jpeg_parts(plain)
    starts = [at for at in range(len(rest)) if rest[at : at + 2] == b"\xff\xda"]
    last = rest[starts[-1] : -2]
    return head + rest[:-2] + last * (scans - len(starts)) + b"\xff\xd9"


def jpeg_with(data: bytes, *segments: bytes) -> bytes:
    """The same picture with these segments right behind its start."""
    return data[:2] + b"".join(segments) + data[2:]


def lying_exif() -> bytes:
    """60 KB of EXIF whose 5,000 entries each claim the whole of it: 300 MB for who believes it."""
    count = 5000
    entries = b"".join(struct.pack("<HHII", tag, 1, 60_000, 8) for tag in range(count))
    body = b"II*\x00" + struct.pack("<IH", 8, count) + entries + bytes(4)
    return segment(0xE1, b"Exif\x00\x00" + body)
