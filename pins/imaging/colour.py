"""Whatever colours a file has, in sRGB and opaque."""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import product
from typing import Final

from PIL import Image, ImageChops, ImageCms


def on_paper(picture: Image.Image, icc: bytes, paper: str) -> Image.Image:
    """In sRGB; what is transparent shows the paper, a colour as "#rrggbb"."""
    if picture.mode != "RGBA":
        return _in_srgb(picture, icc)
    sheet = Image.new("RGB", picture.size, paper)
    sheet.paste(_in_srgb(picture.convert("RGB"), icc), mask=picture.getchannel("A"))
    return sheet


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
