"""Photographs and drawings to make pictures of, and how near one colour is to another."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageFilter

from tests.support import image_corpus as corpus

SHAPES = {"wide": (2640, 3150), "tall": (700, 1500)}  # slack to the sides / above and below the window


@cache
def shown(shape: str) -> Image.Image:
    """Without the finest texture: these tests ask where pixels land, the bench asks how crisp they are."""
    return soft(*SHAPES[shape])


def soft(width: int, height: int) -> Image.Image:
    return corpus.photo(width, height, grain=0).filter(ImageFilter.GaussianBlur(1))


@cache
def photographed(shape: str, orientation: int) -> bytes:
    return corpus.encoded(corpus.as_stored(shown(shape), orientation), exif=corpus.exif(orientation))


@cache
def drawn(shape: str, mode: str) -> bytes:
    whole = shown(shape)
    picture = whole.quantize(256, dither=Image.Dither.NONE) if mode == "P" else whole.convert(mode)
    return corpus.encoded(picture, "PNG", compress_level=1)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def is_near(
    made: Image.Image, colour: tuple[int, int, int], at: tuple[int, int] = (500, 750), by: int = 3
) -> bool:
    pixel = made.getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= by for one, other in zip(pixel, colour, strict=True))
