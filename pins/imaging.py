"""Turn an uploaded picture into what Pinterest shows best: 1000 x 1500, JPEG, sRGB, nothing hidden in it.

`probe` reads headers only and is cheap enough for a web request. `prepare` decodes, so it belongs in a
worker, two at once at the most. Both raise ImageRejected, whose message is for whoever uploaded the file.
"""

from __future__ import annotations

import io
import math
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import IO, Final, TypeAlias

from PIL import Image, ImageChops, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pins import imagefile
from pins.imagefile import Header, ImageRejected

__all__ = [
    "HEIGHT",
    "WIDTH",
    "ImageRejected",
    "Overview",
    "Prepared",
    "Probe",
    "Source",
    "overview",
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
# Against LANCZOS on a JPEG decoded small: 14 % less CPU, a third less loss, files 4 % larger (bench).
_FILTER: Final = Image.Resampling.MKS2013
_SCALES: Final = (8, 4, 2)  # a JPEG decodes to these fractions at a fraction of the cost

# Decoding goes to these classes, not to Image.open: `imagefile` has already said which one it is.
_DECODERS: Final[dict[str, Callable[[IO[bytes]], ImageFile.ImageFile]]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
}
_DECODING_FAILS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

# Let Pillow keep 16 blocks of 1 MB from picture to picture: a tenth less CPU, as the kernel need not hand out
# and clear the same pages each time. Pillow's own names for this are PILLOW_BLOCK_SIZE and PILLOW_BLOCKS_MAX.
Image.core.set_block_size(1024 * 1024)  # type: ignore[attr-defined]  # public as variables only
Image.core.set_blocks_max(16)  # type: ignore[attr-defined]

# What turns a picture as stored into the picture as shown, by EXIF orientation.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Source: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file holds. Width and height are as shown, after the EXIF orientation."""

    format: str
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for Pinterest, its thumbnail, and what the two look like."""

    jpeg: bytes
    width: int
    height: int
    thumbnail: bytes
    thumbnail_width: int
    thumbnail_height: int
    dhash: str  # 16 hex digits; pictures that look alike differ in few bits
    dominant_color: str  # "#rrggbb"


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole picture, uncropped."""

    jpeg: bytes
    width: int
    height: int


def probe(source: Source) -> Probe:
    """Say what a file holds without decoding it, or raise ImageRejected. An open file stays open."""
    with _opened(source) as file:
        return _shown(_accepted(file))


def prepare(source: Source, *, focal: tuple[float, float] = (0.5, 0.5)) -> Prepared:
    """Make the Pin's picture and thumbnail, cropped around the focal point (0..1 of the picture as shown)."""
    picture = render(source, focal=focal)
    small = picture.resize(THUMBNAIL, Image.Resampling.BICUBIC, reducing_gap=1.25)
    return Prepared(
        jpeg=_encoded(picture, _QUALITY),
        width=picture.width,
        height=picture.height,
        thumbnail=_encoded(small, _THUMBNAIL_QUALITY),
        thumbnail_width=small.width,
        thumbnail_height=small.height,
        dhash=_dhash(small),
        dominant_color=_dominant_color(small),
    )


def overview(source: Source) -> Overview:
    """Make the whole picture, small: what people move the focal point on."""
    with _opened(source) as file:
        header = _accepted(file)
        pixels = imagefile.pixels(file, header)
    shrink = max(1, max(header.width, header.height) / OVERVIEW)
    target = (max(1, round(header.width / shrink)), max(1, round(header.height / shrink)))
    picture = _picture(pixels, header, (0, 0, header.width, header.height), target)
    return Overview(_encoded(picture, _THUMBNAIL_QUALITY), picture.width, picture.height)


def render(source: Source, *, focal: tuple[float, float] = (0.5, 0.5)) -> Image.Image:
    """The 1000 x 1500 picture in sRGB, not yet encoded."""
    if not all(0 <= part <= 1 for part in focal):
        raise ValueError(f"focal point outside the picture: {focal}")
    with _opened(source) as file:
        header = _accepted(file)
        pixels = imagefile.pixels(file, header)
    target = (HEIGHT, WIDTH) if header.orientation >= 5 else (WIDTH, HEIGHT)
    box = _window(header, target, _as_stored(focal, header.orientation))
    return _picture(pixels, header, box, target)


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


# From pixels as stored to the picture as shown. Turning comes late: 1.5 megapixels turn faster than 48.


def _picture(pixels: IO[bytes], header: Header, box: Box, target: tuple[int, int]) -> Image.Image:
    scale = _decoded_scale(box, target) if header.format == "JPEG" else 1
    left, top, right, bottom = (edge / scale for edge in box)
    picture = _fitted(_decoded(pixels, header, scale), (left, top, right, bottom), target)
    if header.orientation in _TURNS:
        picture = picture.transpose(_TURNS[header.orientation])
    return _in_srgb(_on_white(picture), header.icc)


def _decoded(pixels: IO[bytes], header: Header, scale: int) -> Image.Image:
    """All pixels, at 1/scale of the size where the format can."""
    try:
        picture = _DECODERS[header.format](pixels)
        if picture.size != (header.width, header.height):
            raise imagefile.damaged()
        if scale > 1:
            picture.draft(None, (header.width // scale, header.height // scale))
        picture.load()
    except _DECODING_FAILS as failure:
        raise imagefile.damaged() from failure
    return picture


def _as_stored(focal: tuple[float, float], orientation: int) -> tuple[float, float]:
    """Where the focal point of the picture as shown lies in the picture as stored."""
    x, y = focal
    return {
        2: (1 - x, y),
        3: (1 - x, 1 - y),
        4: (x, 1 - y),
        5: (y, x),
        6: (y, 1 - x),
        7: (1 - y, 1 - x),
        8: (1 - y, x),
    }.get(orientation, (x, y))


def _window(header: Header, target: tuple[int, int], focal: tuple[float, float]) -> Box:
    """The largest window of the target's shape with the focal point as near its centre as the edges allow."""
    scale = min(header.width / target[0], header.height / target[1])
    left, right = _span(header.width, target[0] * scale, focal[0])
    top, bottom = _span(header.height, target[1] * scale, focal[1])
    return left, top, right, bottom


def _span(whole: int, part: float, focal: float) -> tuple[float, float]:
    start = max(0.0, min(focal * whole - part / 2, whole - part))
    return start, min(start + part, whole)


def _decoded_scale(box: Box, target: tuple[int, int]) -> int:
    """The smallest fraction (1/1 to 1/8) that still has every pixel the target needs."""
    shrink = (box[2] - box[0]) / target[0]
    return next((scale for scale in _SCALES if scale <= shrink), 1)


def _fitted(picture: Image.Image, box: Box, target: tuple[int, int]) -> Image.Image:
    left, top, right, bottom = box
    if abs(right - left - target[0]) < 0.5 and abs(bottom - top - target[1]) < 0.5:
        x = min(round(left), picture.width - target[0])
        y = min(round(top), picture.height - target[1])
        return _resizable(picture.crop((x, y, x + target[0], y + target[1])))
    if picture.mode not in _RESIZABLE or picture.has_transparency_data:
        # These need a copy of their pixels in another mode: make it of the window alone.
        x, y = int(left), int(top)
        picture = _resizable(picture.crop((x, y, math.ceil(right), math.ceil(bottom))))
        left, top = left - x, top - y
        right, bottom = min(right - x, picture.width), min(bottom - y, picture.height)
    return picture.resize(target, _FILTER, (left, top, right, bottom), reducing_gap=3.0)


_RESIZABLE: Final = frozenset({"RGB", "CMYK", "L"})


def _resizable(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = _in_8_bits(picture)
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in _RESIZABLE:
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _in_8_bits(picture: Image.Image) -> Image.Image:
    """Sixteen bits of grey in eight: `convert` alone would cut off what is brighter than 255."""
    eight = picture.point(lambda value: value * (1 / 257)).convert("L")
    if "transparency" in picture.info:
        eight.info["transparency"] = picture.info["transparency"] // 257
    return eight


# Colours


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _in_srgb(picture: Image.Image, icc: bytes) -> Image.Image:
    transform = _to_srgb(icc, picture.mode) if icc else None
    if transform is not None:
        converted = transform.apply(picture)
        assert converted is not None
        return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


@lru_cache(maxsize=8)
def _to_srgb(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; nothing where there is nothing to do, or the profile is broken.

    Perceptual, as press profiles expect it. Building one costs 4 ms, and a shop's photos share theirs.
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        transform = ImageCms.buildTransform(profile, _SRGB, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Many cameras embed sRGB itself: applying it would cost a quarter of the whole job."""
    swatches = Image.frombytes(
        "RGB", (64, 64), bytes(17 * n for rgb in product(range(16), repeat=3) for n in rgb)
    )
    converted = transform.apply(swatches)
    assert converted is not None
    # The histogram of a difference has 256 counts a channel: all of them must lie at 0 or 1.
    counts = ImageChops.difference(swatches, converted).histogram()
    return not any(count for at, count in enumerate(counts) if at % 256 > 1)


_SRGB: Final = ImageCms.createProfile("sRGB")


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
