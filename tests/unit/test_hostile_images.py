"""Files made to crash, stall or fill a worker are refused, each for its reason, before a pixel is decoded."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from pins import imaging
from tests import image_corpus as corpus


def small(kind: str = "JPEG", **options: object) -> bytes:
    return corpus.encoded(corpus.photo(220, 320), kind, **options)


def padded(at: int, count: int, padding: bytes = b"\xff") -> bytes:
    data = small()
    return data[:at] + padding * count + data[at:]


# What each is, and why it is refused. Built when asked for: some weigh 20 MB.
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
    "GIF that is also JavaScript": (lambda: b"GIF89a=1;alert(1);//" + bytes(50), "unsupported_format"),
    "GIF of 65535 x 65535": (lambda: corpus.gif_canvas(65535, 65535), "unsupported_format"),
    "HEIC": (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(20), "unsupported_format"),
    "AVIF": (lambda: corpus.encoded(Image.new("RGB", (300, 450)), "AVIF"), "unsupported_format"),
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
    "ten scans": lambda: small(progressive=True),
    "64 scans": lambda: corpus.many_scans(64, 400, 600),
    "1000 pictures in one": lambda: animation(),
}


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


def animation() -> bytes:
    frames = [Image.new("RGB", (220, 330), (number % 256, number // 256, 0)) for number in range(1000)]
    return corpus.encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])


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


def verdict(work: Callable[[bytes], object], data: bytes) -> str:
    with pytest.raises(imaging.ImageRejected) as refusal:
        work(data)
    happened, _, remedy = refusal.value.message.partition(". ")
    assert happened.startswith("This ")
    assert remedy.startswith(("Save", "Upload", "Make", "Open")), remedy
    assert remedy.endswith(".")
    return refusal.value.code


@pytest.mark.parametrize("name", HOSTILE)
def test_is_refused_for_its_reason(name: str) -> None:
    build, code = HOSTILE[name]
    assert verdict(imaging.prepare, build()) == code


@pytest.mark.parametrize("name", [name for name, (_, code) in HOSTILE.items() if code != "truncated"])
def test_is_refused_while_uploading(name: str) -> None:
    build, code = HOSTILE[name]
    assert verdict(imaging.probe, build()) == code


@pytest.mark.parametrize("name", DEFUSED)
def test_is_harmless(name: str) -> None:
    data = DEFUSED[name]()
    made = imaging.prepare(data)
    assert (made.width, made.height) == (1000, 1500)
    assert b"script" not in made.jpeg


def test_200_mb_of_comments_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "comments.jpg"
    with path.open("wb") as file:
        file.write(b"\xff\xd8" + corpus.segment(0xFE, b"spam" * 9000))
        file.truncate(200 * 1024 * 1024)
    reads = _CountingFile(path)
    with reads, pytest.raises(imaging.ImageRejected) as refusal:
        imaging.prepare(reads)
    assert refusal.value.code == "too_large"
    assert reads.read_bytes == 0


class _CountingFile(io.FileIO):
    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        got = super().read(-1 if size is None else size)
        self.read_bytes += len(got)
        return got


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_random_damage_is_refused_or_drawn_but_never_crashes(kind: str) -> None:
    dice = random.Random(7)
    whole = small(kind, exif=corpus.exif(6), icc_profile=corpus.display_p3())
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 3, 30))):
            # The first kilobyte holds everything that is parsed rather than decoded.
            data[dice.randrange(min(len(data), 1200))] = dice.randrange(256)
        try:
            imaging.prepare(bytes(data))
        except imaging.ImageRejected:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_any_beginning_of_a_picture_is_refused(kind: str) -> None:
    whole = small(kind, exif=corpus.exif(6), icc_profile=corpus.display_p3())
    for end in [*range(0, 700, 7), *range(700, len(whole) - 20, len(whole) // 20)]:
        assert verdict(imaging.prepare, whole[:end]) in ("truncated", "not_an_image")


# A process that may use little memory and little time looks at every hostile file.
_CAGE = """
import resource, sys
from tests.unit import test_hostile_images as hostile
from tests import image_corpus as corpus
from pins import imaging
from PIL import Image

name, work = sys.argv[1], {"probe": imaging.probe, "prepare": imaging.prepare}.get(sys.argv[2])
data = hostile.HOSTILE[name][0]() if name in hostile.HOSTILE else hostile.DEFUSED[name]()
imaging.prepare(corpus.encoded(Image.new("RGB", (1000, 1500))))  # whatever is loaded once, is loaded
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = int(used.ru_utime + used.ru_stime) + 3
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 96_000_000,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
try:
    if work:
        work(data)
    else:
        Image.MAX_IMAGE_PIXELS = None
        Image.open(hostile.io.BytesIO(data)).load()
except imaging.ImageRejected:
    pass
print("survived")
"""


def _survives(name: str, work: str) -> bool:
    result = subprocess.run(
        [sys.executable, "-c", _CAGE, name, work], capture_output=True, text=True, timeout=100, check=False
    )
    return result.stdout == "survived\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestCage:
    @pytest.mark.parametrize("name", ["PNG of 30000 x 30000", "JPEG of 210 scans"])
    def test_holds_what_is_decoded_without_guards(self, name: str) -> None:
        assert not _survives(name, "bare Pillow")

    @pytest.mark.parametrize(
        "name",
        [
            "PNG of 30000 x 30000",
            "WebP canvas of 16383 x 16383",
            "JPEG of 65500 x 65500",
            "JPEG of 210 scans",
            "JPEG of one colour a scan, a hundred times",
            "JPEG with a thousand scans behind a complete one",
            "JPEG of a million headers",
            "JPEG padded for megabytes",
            "JPEG of tables",
            "PNG of a million chunks",
            "EXIF that claims 300 MB",
            "300 photoshop headers",
            "colour profile that inflates to 400 MB",
            "text that inflates to 30 MB",
        ],
    )
    def test_is_never_felt_by_the_guarded(self, name: str) -> None:
        assert _survives(name, "prepare")
