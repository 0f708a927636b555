"""Turn an uploaded picture into what Pinterest shows best: 1000 x 1500, JPEG, sRGB, nothing hidden in it.

`probe` reads headers only and is cheap enough for a web request. `prepare` decodes, so it belongs in a
worker, two at once at the most. Both raise ImageRejected, whose message is for whoever uploaded the file.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final, Literal, TypeAlias

from PIL import Image, ImageFilter

from pins import imagefile
from pins.imagefile import Header, ImageRejected
from pins.imaging import colour, decoding, focus, framing
from pins.imaging.framing import Point, Size

__all__ = [
    "HEIGHT",
    "WIDTH",
    "Fit",
    "ImageRejected",
    "Overview",
    "Prepared",
    "Probe",
    "Source",
    "prepare",
    "probe",
    "render",
]

WIDTH: Final = 1000  # Pinterest recommends 1000 x 1500
HEIGHT: Final = 1500
THUMBNAIL: Final = (400, 600)  # a Pin is 200 px wide on our pages; twice that for dense screens
OVERVIEW: Final = 1000  # the longer side
MIN_WIDTH: Final = 200  # Pinterest's own upload refuses less
MIN_HEIGHT: Final = 300

_QUALITY: Final = 90
_THUMBNAIL_QUALITY: Final = 82
_CHROMA_420: Final = 2  # Pillow's number for 4:2:0
_WHITE: Final = "#ffffff"
_CENTRE: Final = (0.5, 0.5)
_BLUR_AT: Final = (WIDTH // 8, HEIGHT // 8)  # a blur at full size costs four times as much and looks the same
_BLUR_RADIUS: Final = 5  # pixels at that size

Source: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
# Crop to the window around the focal point, or the whole picture on a blurred one or on a colour.
Fit: TypeAlias = Literal["crop", "blur", "color"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file holds. Width and height are as shown, after the EXIF orientation."""

    format: str
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole picture, uncropped."""

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for Pinterest, its thumbnail, the whole it was made from, and what it looks like."""

    jpeg: bytes
    width: int
    height: int
    thumbnail: bytes
    thumbnail_width: int
    thumbnail_height: int
    overview: Overview
    focal: Point  # as given, or as found
    dhash: str  # 16 hex digits; pictures that look alike differ in few bits
    dominant_color: str  # "#rrggbb"


def probe(source: Source) -> Probe:
    """Say what a file holds without decoding it, or raise ImageRejected. An open file stays open."""
    with _opened(source) as file:
        return _shown(_accepted(file))


def prepare(source: Source, *, fit: Fit = "crop", focal: Point | None = None, pad: str = _WHITE) -> Prepared:
    """Make the Pin's picture and thumbnail.

    The focal point (0..1 of the picture as shown) is found where none is given; `pad` is the colour of the
    fit "color" ("#rrggbb").
    """
    header, decoded = _decoded(source, fit)
    whole = _whole(decoded, header)
    focal = focal or focus.find(whole, (WIDTH, HEIGHT))
    picture = _framed(decoded, header, fit, focal, pad)
    small = picture.resize(THUMBNAIL, Image.Resampling.BICUBIC, reducing_gap=1.25)
    return Prepared(
        jpeg=_encoded(picture, _QUALITY),
        width=picture.width,
        height=picture.height,
        thumbnail=_encoded(small, _THUMBNAIL_QUALITY),
        thumbnail_width=small.width,
        thumbnail_height=small.height,
        overview=Overview(_encoded(whole, _THUMBNAIL_QUALITY), whole.width, whole.height),
        focal=focal,
        dhash=_dhash(small),
        dominant_color=_dominant_color(small),
    )


def render(source: Source, *, fit: Fit = "crop", focal: Point = _CENTRE, pad: str = _WHITE) -> Image.Image:
    """The 1000 x 1500 picture in sRGB, not yet encoded."""
    header, decoded = _decoded(source, fit)
    return _framed(decoded, header, fit, focal, pad)


# Reading


@contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            yield file
    else:
        yield source


def _accepted(file: IO[bytes]) -> Header:
    header = imagefile.read(file)
    shown = _shown(header)
    if shown.width < MIN_WIDTH or shown.height < MIN_HEIGHT:
        raise ImageRejected(
            "too_small",
            f"This picture has {shown.width} x {shown.height} pixels and Pinterest refuses less than "
            f"{MIN_WIDTH} x {MIN_HEIGHT}. Upload a larger one; {WIDTH} x {HEIGHT} looks best.",
        )
    return header


def _shown(header: Header) -> Probe:
    width, height = header.width, header.height
    if header.orientation >= 5:
        width, height = height, width
    return Probe(header.format, header.content_type, width, height)


def _decoded(source: Source, fit: Fit) -> tuple[Header, Image.Image]:
    """All pixels, no larger than the fit needs where the format can."""
    with _opened(source) as file:
        header = _accepted(file)
        pixels = imagefile.pixels(file, header)
    width, height = _target(header)
    ratios = (header.width / width, header.height / height)
    shrink = min(ratios) if fit == "crop" else max(ratios)
    return header, decoding.decode(pixels, header, decoding.scale_for(header, shrink))


def _target(header: Header) -> Size:
    return (HEIGHT, WIDTH) if header.orientation >= 5 else (WIDTH, HEIGHT)


# Fitting


def _framed(decoded: Image.Image, header: Header, fit: Fit, focal: Point, pad: str) -> Image.Image:
    if not all(0 <= part <= 1 for part in focal):
        raise ValueError(f"focal point outside the picture: {focal}")
    target = _target(header)
    stored = (header.width, header.height)
    if fit == "crop":
        box = framing.window(stored, target, framing.as_stored(focal, header.orientation))
        return _part(decoded, header, box, target, _WHITE)
    size = framing.contained(stored, target)
    picture = _part(decoded, header, (0, 0, *stored), size, pad if fit == "color" else _WHITE)
    if picture.size == (WIDTH, HEIGHT):
        return picture
    ground = _blurred(picture) if fit == "blur" else Image.new("RGB", (WIDTH, HEIGHT), pad)
    ground.paste(picture, ((WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2))
    return ground


def _part(decoded: Image.Image, header: Header, box: framing.Box, target: Size, paper: str) -> Image.Image:
    """A part of the picture as stored, in target size, turned upright and in sRGB."""
    across, down = header.width / decoded.width, header.height / decoded.height
    if header.format == "JPEG":  # decoded at a whole fraction, whose size is rounded up
        across = down = round(across)
    left, top, right, bottom = box[0] / across, box[1] / down, box[2] / across, box[3] / down
    picture = framing.fitted(
        decoded, (left, top, min(right, decoded.width), min(bottom, decoded.height)), target
    )
    picture = framing.turned(picture, header.orientation)
    return colour.on_paper(picture, header.icc, paper)


def _blurred(picture: Image.Image) -> Image.Image:
    box = framing.window(picture.size, (WIDTH, HEIGHT), _CENTRE)
    small = picture.resize(_BLUR_AT, Image.Resampling.BICUBIC, box, reducing_gap=2.0)
    soft = small.filter(ImageFilter.GaussianBlur(_BLUR_RADIUS))
    return soft.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _whole(decoded: Image.Image, header: Header) -> Image.Image:
    """All of the picture, small."""
    shrink = max(1, max(header.width, header.height) / OVERVIEW)
    size = max(1, round(header.width / shrink)), max(1, round(header.height / shrink))
    if decoded.mode not in framing.RESIZABLE and decoded.width > 2 * size[0]:
        # A copy of all pixels in another mode would double the memory: take every second, third... of them.
        decoded = decoded.resize((2 * size[0], 2 * size[1]), Image.Resampling.NEAREST)
    return _part(decoded, header, (0, 0, header.width, header.height), size, _WHITE)


# Results


def _encoded(picture: Image.Image, quality: int) -> bytes:
    picture.info.clear()  # Pillow copies a comment, where a decoder left one
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=_CHROMA_420)
    return out.getvalue()


def _dhash(picture: Image.Image) -> str:
    """64 bits: is each of 8 x 8 spots brighter than its right neighbour?"""
    grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(0, 72, 9):
        for spot in range(row, row + 8):
            bits = bits << 1 | (grey[spot] > grey[spot + 1])
    return f"{bits:016x}"


def _dominant_color(picture: Image.Image) -> str:
    """The most frequent of six colours that stand for the picture."""
    few = picture.reduce(10).quantize(6, Image.Quantize.MEDIANCUT)
    palette = few.getpalette() or [0, 0, 0]
    counts = few.histogram()
    most = max(range(len(palette) // 3), key=lambda index: counts[index])
    red, green, blue = palette[3 * most : 3 * most + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
