"""Files made to crash, stall or fill a worker, and files that only look like it. Built when asked for: some
weigh 20 MB."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image

from tests.support import image_corpus as corpus


@cache
def small(kind: str = "JPEG", **options: object) -> bytes:
    return corpus.encoded(corpus.photo(220, 320), kind, **options)


def padded(at: int, count: int, padding: bytes = b"\xff") -> bytes:
    data = small()
    return data[:at] + padding * count + data[at:]


def inflating(megabytes: int) -> bytes:
    deflate = zlib.compressobj(1)
    return b"".join(deflate.compress(bytes(1_000_000)) for _ in range(megabytes)) + deflate.flush()


def overwritten(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(1000) + data[at + 1000 :]


def tables() -> bytes:
    """A thousand quantisation tables in each of fifty headers, where four are of use."""
    return corpus.jpeg_with(small(), *[corpus.segment(0xDB, (b"\x00" + b"\x01" * 64) * 1000)] * 50)


def with_more_scans(jpeg: bytes, count: int) -> bytes:
    _, scan = corpus.jpeg_parts(jpeg)
    return jpeg[:-2] + scan[:2000] * count + b"\xff\xd9"


def by_colour(count: int) -> bytes:
    """Baseline, but with a scan for one of the three colours alone: then a decoder reads all that follow."""
    head, scan = corpus.jpeg_parts(small())
    alone = corpus.segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + scan[14:500]
    return head + alone * count + b"\xff\xd9"


def animation(kind: str, count: int = 1000) -> bytes:
    frames = [Image.new("RGB", (220, 330), (number % 256, number // 256, 0)) for number in range(count)]
    return corpus.encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def ends(megabytes: int) -> bytes:
    """Markers and nothing else behind a picture that must be gone through for its scans."""
    return small(progressive=True) + b"\xff\xd9" * (megabytes * 500_000)


def many_exifs(megabytes: int) -> bytes:
    """Each of 5,000 entries, none of which says which way up it is."""
    entries = struct.pack("<H", 5000) + struct.pack("<HHIHH", 1, 3, 1, 1, 0) * 5000
    exif = b"II*\x00\x08\x00\x00\x00" + entries
    one = b"EXIF" + struct.pack("<I", len(exif)) + exif
    return riff(small("WEBP", exif=corpus.exif(1))[12:] + one * (megabytes * 1_000_000 // len(one)))


def resized(jpeg: bytes, width: int, height: int) -> bytes:
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def another_webp_size() -> bytes:
    data = bytearray(small("WEBP", exif=corpus.exif(1)))
    assert data[12:16] == b"VP8X"
    data[24:27] = (299).to_bytes(3, "little")
    return bytes(data)


# GIF


def gif_frame(width: int, height: int) -> bytes:
    data = bytearray(flat("GIF", 10, 10))
    at = data.index(b",\x00\x00\x00\x00") + 5
    data[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(data)


def gif_with(blocks: bytes) -> bytes:
    data = flat("GIF")
    at = data.index(b",\x00\x00\x00\x00")
    return data[:at] + blocks + data[at:]


# HEIC and AVIF


@cache
def flat(kind: str, width: int = 400, height: int = 600, **options: object) -> bytes:
    """A picture of one colour: next to nothing, whatever its size."""
    return corpus.encoded(Image.new("RGB", (width, height), "#446688"), kind, **options)


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def heic_start() -> bytes:
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")


def nested(depth: int) -> bytes:
    size = 8 * depth
    return b"".join(struct.pack(">I4s", size - 8 * level, b"meta") for level in range(depth))


def claiming(data: bytes, width: int, height: int) -> bytes:
    """The same with another size in its box."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def with_code(data: bytes, code: Callable[[bytes], bytes]) -> bytes:
    """Other code for its one picture, made of its own."""
    at = data.index(b"mdat") + 4
    old, new = data[at:], code(data[at:])
    head = data[: at - 8].replace(struct.pack(">I", len(old)), struct.pack(">I", len(new)))
    assert head != data[: at - 8]
    return head + box(b"mdat", new)


def many_places() -> bytes:
    """2,000 items in 16 places each."""
    place = struct.pack(">HHH", 9, 0, 16) + struct.pack(">II", 9, 9) * 16
    return with_meta_first(box(b"iloc", bytes(4) + struct.pack(">HH", 0x4400, 2000) + place * 2000))


def many_properties() -> bytes:
    use = struct.pack(">HB", 9, 250) + b"\x01" * 250
    return with_meta_first(box(b"iprp", box(b"ipma", bytes(4) + struct.pack(">I", 2000) + use * 2000)))


def with_meta_first(part: bytes) -> bytes:
    return heic_start() + box(b"meta", bytes(4) + part)


def tiled() -> bytearray:
    return bytearray(flat("HEIF", 400, 600, tile_size=256))


def with_shared_tiles() -> bytes:
    data = tiled()
    end = data.index(b"mdat") + 4
    at = data.index(b"iloc") + 12
    for _ in range(int.from_bytes(data[at - 2 : at], "big")):
        if not data[at + 3]:  # not the grid itself
            struct.pack_into(">II", data, at + 8, end, len(data) - end)
        at += 16
    return bytes(data)


def with_grid(rows: int, columns: int) -> bytes:
    data = tiled()
    at = data.index(b"idat") + 6
    data[at : at + 2] = bytes((rows, columns))
    return bytes(data)


def own_tile() -> bytes:
    data = tiled()
    at = data.index(b"dimg") + 4
    (count,) = struct.unpack_from(">H", data, at + 2)
    data[at + 4 : at + 4 + 2 * count] = bytes(data[at : at + 2]) * count
    return bytes(data)


# What each is, and why it is refused.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (lambda: b"", "not_an_image"),
    "text": (lambda: b"Dear diary,\n" * 500, "not_an_image"),
    "web page": (lambda: b"<!DOCTYPE html><html><body><svg/></body></html>", "not_an_image"),
    "zeros": (lambda: bytes(5000), "not_an_image"),
    "EPS, which would start Ghostscript": (
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "unsupported_format",
    ),
    "EPS with a preview": (lambda: b"\xc5\xd0\xd3\xc6" + bytes(40), "unsupported_format"),
    "SVG": (
        lambda: b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        "unsupported_format",
    ),
    "SVG with a comment first": (lambda: b"<!-- hello --> <svg>", "unsupported_format"),
    "PDF": (lambda: b"%PDF-1.7\n", "unsupported_format"),
    "TIFF": (lambda: corpus.encoded(Image.new("RGB", (300, 450)), "TIFF"), "unsupported_format"),
    "BMP": (lambda: corpus.encoded(Image.new("RGB", (300, 450)), "BMP"), "unsupported_format"),
    "video": (lambda: b"\x00\x00\x00\x18ftypmp42" + bytes(20), "unsupported_format"),
    "PNG of 30000 x 30000": (lambda: corpus.png(30000, 30000), "too_many_pixels"),
    "PNG one row over": (lambda: corpus.png(6000, 5001), "too_many_pixels"),
    "WebP canvas of 16383 x 16383": (lambda: corpus.webp_canvas(16383, 16383), "too_many_pixels"),
    "JPEG of 65500 x 65500": (lambda: resized(small(), 65500, 65500), "too_many_pixels"),
    "JPEG of 210 scans": (lambda: corpus.many_scans(210), "too_complex"),
    "JPEG one scan over": (lambda: corpus.many_scans(65, 400, 600), "too_complex"),
    "JPEG of one colour a scan, a hundred times": (lambda: by_colour(100), "too_complex"),
    "JPEG of a million headers": (
        lambda: corpus.jpeg_with(small(), b"\xff\xe1\x00\x02" * 1_000_000),
        "too_complex",
    ),
    "JPEG padded for megabytes": (lambda: padded(20, 10_000_000), "too_complex"),
    "JPEG with megabytes of junk": (lambda: padded(20, 10_000_000, b"\x00"), "too_complex"),
    "JPEG of tables": (lambda: tables(), "too_complex"),
    "PNG of a million chunks": (
        lambda: corpus.png(400, 600, chunks=[(b"tEXt", b"")] * 1_000_000),
        "too_complex",
    ),
    "WebP of a million chunks": (lambda: riff(b"JUNK\x00\x00\x00\x00" * 1_000_000), "too_complex"),
    "JPEG cut in half": (lambda: small()[: len(small()) // 2], "truncated"),
    "JPEG without its last 2 KB": (lambda: small()[:-2048], "truncated"),
    "JPEG with a thousand scans behind a complete one": (lambda: with_more_scans(small(), 1000), "truncated"),
    "JPEG without its end": (lambda: small()[:-2], "truncated"),
    "JPEG of headers only": (lambda: small()[:300], "truncated"),
    "JPEG without height": (lambda: resized(small(), 220, 0), "truncated"),
    "PNG cut in half": (lambda: small("PNG")[: len(small("PNG")) // 2], "truncated"),
    "PNG without its last 2 KB": (lambda: small("PNG")[:-2048], "truncated"),
    "PNG with broken pixels": (lambda: overwritten(small("PNG"), 20_000), "truncated"),
    "WebP cut in half": (lambda: small("WEBP")[: len(small("WEBP")) // 2], "truncated"),
    "WebP without its last 2 KB": (lambda: small("WEBP", lossless=True)[:-2048], "truncated"),
    "WebP of nothing": (lambda: riff(b""), "truncated"),
    "WebP whose frame is another size": (lambda: another_webp_size(), "truncated"),
    "GIF of 65535 x 65535": (lambda: corpus.gif_canvas(65535, 65535), "too_many_pixels"),
    "GIF whose picture is larger than its canvas": (lambda: gif_frame(65535, 65535), "too_many_pixels"),
    "GIF of a million comments": (lambda: gif_with(b"!\xfe\x01 \x00" * 1_000_000), "too_complex"),
    "GIF of one long comment": (lambda: gif_with(b"!\xfe" + b"\x01 " * 1_000_000 + b"\x00"), "too_complex"),
    "GIF that is also JavaScript": (lambda: b"GIF89a=1;alert(1);//" + bytes(50), "truncated"),
    "GIF without a picture": (lambda: b"GIF89a\x90\x01\x58\x02\x00\x00\x00;", "truncated"),
    "GIF cut in half": (lambda: small("GIF")[: len(small("GIF")) // 2], "truncated"),
    "HEIC of 65535 x 65535": (lambda: claiming(flat("HEIF"), 65535, 65535), "too_many_pixels"),
    "AVIF of 65535 x 65535": (lambda: claiming(flat("AVIF"), 65535, 65535), "too_many_pixels"),
    "HEIC that claims to be small": (lambda: claiming(flat("HEIF", 2000, 1500), 400, 600), "too_complex"),
    "AVIF that claims to be small": (lambda: claiming(flat("AVIF", 2000, 1500), 400, 600), "too_complex"),
    "HEIC with a film in its picture": (
        lambda: with_code(flat("HEIF"), lambda code: code * 500),
        "too_complex",
    ),
    "AVIF with a film in its picture": (
        lambda: with_code(flat("AVIF"), lambda code: code * 500),
        "too_complex",
    ),
    "HEIC of a million slices": (
        lambda: with_code(flat("HEIF"), lambda code: b"\x00\x00\x00\x03\x02\x01\x00" * 1_000_000),
        "too_complex",
    ),
    "AVIF of a million paddings": (
        lambda: with_code(flat("AVIF"), lambda code: b"\x7a\x00" * 1_000_000),
        "too_complex",
    ),
    "HEIC in 32,000 places": (lambda: many_places(), "too_complex"),
    "HEIC of 500,000 properties": (lambda: many_properties(), "too_complex"),
    "HEIC whose tiles all are the whole file": (lambda: with_shared_tiles(), "too_complex"),
    "HEIC of 65536 tiles": (lambda: with_grid(255, 255), "too_complex"),
    "HEIC with fewer tiles than it says": (lambda: with_grid(2, 2), "truncated"),
    "HEIC that is its own tile": (lambda: own_tile(), "truncated"),
    "HEIC made by laying pictures over each other": (
        lambda: flat("HEIF").replace(b"hvc1", b"iovl"),
        "too_complex",
    ),
    "HEIC of a million boxes": (lambda: heic_start() + box(b"free") * 1_000_000, "too_complex"),
    "HEIC of a million boxes in one": (
        lambda: heic_start() + box(b"meta", bytes(4) + box(b"free") * 500_000),
        "too_complex",
    ),
    "HEIC with ten megabytes about itself": (
        lambda: heic_start() + box(b"meta", bytes(10_000_000)),
        "too_complex",
    ),
    "HEIC of boxes in boxes": (lambda: heic_start() + nested(50_000), "truncated"),
    "HEIC with a box that never ends": (lambda: heic_start() + b"\x00\x00\x00\x00free" * 50, "truncated"),
    "HEIC with a box of no size": (lambda: heic_start() + b"\x00\x00\x00\x04free" * 50, "truncated"),
    "HEIC with a box of 16 exabytes": (
        lambda: heic_start() + b"\x00\x00\x00\x01meta" + b"\xff" * 8,
        "truncated",
    ),
    "HEIC that is a film": (lambda: heic_start() + box(b"moov", bytes(500)), "truncated"),
    "HEIC cut in half": (lambda: small("HEIF")[: len(small("HEIF")) // 2], "truncated"),
    "HEIC without its last 2 KB": (lambda: small("HEIF")[:-2048], "truncated"),
    "AVIF cut in half": (lambda: small("AVIF")[: len(small("AVIF")) // 2], "truncated"),
    "AVIF without its last 2 KB": (lambda: small("AVIF")[:-2048], "truncated"),
    "AVIF with HEVC inside": (lambda: small("HEIF").replace(b"heic", b"avif"), "too_complex"),
    "icon": (lambda: corpus.encoded(Image.new("RGB", (64, 64))), "too_small"),
    "one pixel too narrow": (lambda: corpus.png(199, 300), "too_small"),
    "one pixel too low": (lambda: corpus.png(200, 299), "too_small"),
    "too low once turned": (
        lambda: corpus.encoded(Image.new("RGB", (250, 400)), exif=corpus.exif(6)),
        "too_small",
    ),
    "more than 20 MB": (lambda: small() + bytes(20 * 1024 * 1024), "too_large"),
}

# Looks dangerous and is not, once nothing but pixels reaches the decoder.
DEFUSED: dict[str, Callable[[], bytes]] = {
    "EXIF that claims 300 MB": lambda: corpus.jpeg_with(small(), corpus.lying_exif()),
    "EXIF that points outside": lambda: corpus.jpeg_with(
        small(), corpus.segment(0xE1, b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    ),
    "300 photoshop headers": lambda: corpus.jpeg_with(
        small(),
        *[corpus.segment(0xED, b"Photoshop 3.0\x00" + b"8BIM\x04\x04" + bytes(6) * 5000)] * 300,
    ),
    "colour profile that inflates to 400 MB": lambda: corpus.png(
        400, 600, chunks=[(b"iCCP", b"x\x00\x00" + inflating(400))]
    ),
    "text that inflates to 30 MB": lambda: corpus.png(
        400, 600, chunks=[(b"zTXt", b"x\x00\x00" + inflating(30))]
    ),
    "animation control out of order": lambda: corpus.png(
        400, 600, chunks=[(b"acTL", bytes(8)), (b"acTL", bytes(8))]
    ),
    "malformed second picture": lambda: corpus.jpeg_with(
        small(), corpus.segment(0xE2, b"MPF\x00" + bytes(30))
    ),
    "web page behind the picture": lambda: small() + b"<html><script>alert(1)</script></html>",
    "JPEG with 10 MB of end markers": lambda: ends(10),
    "WebP with 10 MB of EXIF": lambda: many_exifs(10),
    "ten scans": lambda: small(progressive=True),
    "64 scans": lambda: corpus.many_scans(64, 400, 600),
    "1000 pictures in a WebP": lambda: animation("WEBP"),
    "1000 pictures in a GIF": lambda: animation("GIF"),
    "300 pictures in a PNG": lambda: animation("PNG", 300),
    "100 pictures in an AVIF": lambda: animation("AVIF", 100),
    "300 photos behind the photo": lambda: small() * 300,
    "GIF that is also JavaScript, and whole": lambda: small("GIF") + b"=1;<script>alert(1)</script>",
    "AVIF with a web page inside": lambda: small("AVIF") + box(b"free", b"<script>alert(1)</script>"),
    "HEIC with a web page inside": lambda: small("HEIF") + box(b"free", b"<script>alert(1)</script>"),
    "HEIC with 60 KB of lying EXIF": lambda: flat("HEIF", 400, 400, exif=corpus.lying_exif()[4:]),
}
