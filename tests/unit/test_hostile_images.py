"""Files made to crash, stall or fill a worker are refused, each for its reason, before a pixel is decoded."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pins import imaging
from tests.support import image_corpus as corpus
from tests.support.hostile_corpus import DEFUSED, HOSTILE, small


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_any_beginning_of_a_picture_is_refused(kind: str) -> None:
    whole = small(kind, exif=corpus.exif(6), icc_profile=corpus.display_p3())
    for end in [*range(0, 700, 7), *range(700, len(whole) - 20, len(whole) // 20)]:
        assert verdict(imaging.prepare, whole[:end]) in ("truncated", "not_an_image")


# A process that may use little memory and little time looks at every hostile file.
_CAGE = """
import resource, sys
import io
from pins import imaging
from tests.support import hostile_corpus as hostile
from tests.support import image_corpus as corpus
from PIL import Image

name, work = sys.argv[1], {"probe": imaging.probe, "prepare": imaging.prepare}.get(sys.argv[2])
data = hostile.HOSTILE[name][0]() if name in hostile.HOSTILE else hostile.DEFUSED[name]()
imaging.prepare(corpus.encoded(Image.new("RGB", (1000, 1500))))  # whatever is loaded once, is loaded
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = int(used.ru_utime + used.ru_stime) + 3
pages = int(open("/proc/self/statm").read().split()[0])
print("caged", flush=True)
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 96_000_000,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
try:
    if work:
        work(data)
    else:
        Image.MAX_IMAGE_PIXELS = None
        Image.open(io.BytesIO(data)).load()
except imaging.ImageRejected:
    pass
print("survived")
"""


def _survives(name: str, work: str) -> bool:
    result = subprocess.run(
        [sys.executable, "-c", _CAGE, name, work], capture_output=True, text=True, timeout=100, check=False
    )
    assert result.stdout.startswith("caged"), result.stderr  # not what stopped it
    return result.stdout == "caged\nsurvived\n"


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
            "GIF of 65535 x 65535",
            "HEIC that claims to be small",
            "AVIF with a film in its picture",
            "HEIC whose tiles all are the whole file",
            "EXIF that claims 300 MB",
            "300 photoshop headers",
            "colour profile that inflates to 400 MB",
            "text that inflates to 30 MB",
        ],
    )
    def test_is_never_felt_by_the_guarded(self, name: str) -> None:
        assert _survives(name, "prepare")
