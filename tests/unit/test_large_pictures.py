"""What phones and cameras make is taken, and decoded within 400 MB; what is above is refused in words."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageChops

from pins import imagefile, imaging
from pins.imaging import decoding
from tests.conftest import ROOT
from tests.support import hostile_corpus as hostile
from tests.support import image_corpus as corpus

ROOM: Final = 400  # MB
# In tiles, as a phone stores it: red above, blue below. Kept as a file, as it takes a minute to make one:
# `corpus.encoded(picture, "HEIF", quality=40, tile_size=512)`.
PHONE: Final = ROOT / "tests" / "fixtures" / "heic_48_megapixels.heic"
# Prepares a file as the media node does, and says how much memory the process has had at most, in KB.
WORK: Final = """
import re, sys
from pathlib import Path
from pins import imaging
made = imaging.prepare(sys.argv[1], fit=sys.argv[2])
# Not getrusage: that counts what its parent had before it began.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(made.width, made.height, peak[1])
"""


def prepared(path: Path, fit: str = "crop") -> float:
    """MB at most."""
    done = subprocess.run(
        [sys.executable, "-c", WORK, path, fit], cwd=ROOT, capture_output=True, text=True, check=True
    )
    width, height, peak = map(int, done.stdout.split())
    assert (width, height) == (imaging.WIDTH, imaging.HEIGHT)
    return peak / 1024


@pytest.mark.parametrize("fit", ["crop", "blur"])
def test_a_phones_48_megapixels_of_heic(fit: str) -> None:
    assert imaging.probe(PHONE).width == 8064
    assert prepared(PHONE, fit) <= ROOM


def test_it_looks_as_it_was_made() -> None:
    whole = Image.open(BytesIO(imaging.prepare(PHONE).overview.jpeg))
    assert whole.size == (1000, 750)
    for place, colour in (((5, 5), 0), ((995, 370), 0), ((5, 380), 2), ((995, 745), 2)):
        pixel = whole.getpixel(place)
        assert isinstance(pixel, tuple)
        assert pixel.index(max(pixel)) == colour


@pytest.mark.parametrize("size", [(400, 1400), (333, 1023)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_in_bands_it_is_the_same_as_whole(size: tuple[int, int], mode: str) -> None:
    file = BytesIO(corpus.encoded(corpus.photo(*size).convert(mode), "HEIF"))
    header = imagefile.read(file)
    pixels = imagefile.pixels(file, header)
    whole = decoding.decode(pixels, header, 1).convert("RGB").reduce(2)
    pixels.seek(0)
    small = decoding.decode(pixels, header, 2).convert("RGB")
    assert small.size == whole.size
    further = ImageChops.difference(small, whole).point(lambda step: 255 * (step > 1))
    assert further.getbbox() is None, "by more than a rounding"


def test_a_phones_108_megapixels_of_jpeg_and_a_panorama(tmp_path: Path) -> None:
    for size in ((12_000, 9_000), (40_000, 1_600)):
        path = tmp_path / f"{size[0]}.jpg"
        Image.new("L", size, 90).save(path, "JPEG", quality=20)
        assert prepared(path) <= ROOM


def claimed(kind: str, width: int, height: int) -> bytes:
    """A small file that says it is that large: enough to be refused or taken by its header."""
    if kind == "JPEG":
        return hostile.resized(hostile.small(), width, height)
    return hostile.claiming(hostile.flat(kind), width, height)


@pytest.mark.parametrize(
    ("file", "most"),
    [
        (lambda: claimed("JPEG", 17_000, 12_400), "JPEG pictures like this may have 210 megapixels"),
        (lambda: corpus.many_scans(8, 8_000, 6_300), "may have 50 megapixels"),
        (lambda: claimed("HEIF", 8_200, 6_200), "HEIC pictures like this may have 50 megapixels"),
        (lambda: claimed("AVIF", 8_064, 6_048), "AVIF pictures like this may have 30 megapixels"),
        (lambda: corpus.png(6_000, 5_001), "PNG pictures like this may have 30 megapixels"),
        (lambda: corpus.webp_canvas(6_000, 5_001), "WebP pictures like this may have 30 megapixels"),
    ],
)
def test_what_is_above_is_refused_in_words(file: object, most: str) -> None:
    assert callable(file)
    with pytest.raises(imaging.ImageRejected) as no:
        imaging.probe(file())
    assert no.value.code == "too_many_pixels"
    assert most in no.value.message


def test_a_heic_with_alpha_takes_more_memory_and_may_have_less() -> None:
    clear = Image.new("RGBA", (400, 600), (9, 9, 9, 9))
    file = BytesIO(corpus.encoded(clear, "HEIF"))
    assert imagefile.read(file).width == 400
    with pytest.raises(imaging.ImageRejected, match="30 megapixels"):
        imaging.probe(hostile.claiming(file.getvalue(), 8_064, 6_048))
