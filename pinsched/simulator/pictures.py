"""Images: reading what a client sends, keeping it by hash, and serving it in Pinterest's four sizes.

A Pin whose picture is not kept (or was given by address) shows a gradient of the same proportions.
"""

from __future__ import annotations

import binascii
import colorsys
import hashlib
import io
import json
import os
import re
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from pinsched.simulator.replies import IMAGE_FORMAT_MESSAGE, Reply, invalid

MOST_BYTES: Final = 20 * 1024 * 1024
CONTENT_TYPES: Final = ("image/jpeg", "image/png")
SUFFIXES: Final[Mapping[str, str]] = {"JPEG": "jpg", "PNG": "png"}
SIZES: Final[Mapping[str, tuple[int, int | None]]] = {
    "150x150": (150, 150),
    "400x300": (400, 300),
    "600x": (600, None),
    "1200x": (1200, None),
}
NAMELESS_SIZE: Final = (1000, 1500)  # assumed of a picture given by address, which is not fetched
TALLEST: Final = 6  # heights of a rendition are cut off at this many widths
KEPT_NAME: Final = re.compile(r"[0-9a-f]{64}\.(jpg|png)")
GRADIENT_NAME: Final = re.compile(r"g-([0-9a-z]{1,64})-(\d{1,5})x(\d{1,5})\.jpg")
FOREVER: Final = ("Cache-Control", "public, max-age=31536000, immutable")
UNKNOWN_COLOR: Final = "#6e7874"

Urls = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a Pin as it is stored. `name` is what its addresses end in."""

    name: str
    width: int
    height: int
    sha256: str | None = None
    url: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture just read from a request: `content` is not kept yet."""

    picture: Picture
    content: bytes
    color: str


def dump(pictures: list[Picture]) -> str:
    return json.dumps([asdict(picture) for picture in pictures], separators=(",", ":"))


def load(stored: str) -> list[Picture]:
    return [Picture(**picture) for picture in json.loads(stored)]


def from_address(url: str) -> Picture:
    width, height = NAMELESS_SIZE
    key = hashlib.sha256(url.encode()).hexdigest()[:16]
    return Picture(name=f"g-{key}-{width}x{height}.jpg", width=width, height=height, url=url)


def unpictured(seed: str) -> Picture:
    width, height = NAMELESS_SIZE
    return Picture(name=f"g-{seed}-{width}x{height}.jpg", width=width, height=height)


def read(encoded: str, *, full: bool) -> Sent:
    """Reads base64 of a JPEG or PNG. `full` decodes every pixel, else only the header is looked at."""
    if len(encoded) > MOST_BYTES * 4 // 3 + 4:
        raise invalid("The image is too large: 20 MB is the limit")
    try:
        content = binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, ValueError):
        raise invalid("Invalid request: [body.media_source.data] is not valid base64") from None
    if len(content) > MOST_BYTES:
        raise invalid("The image is too large: 20 MB is the limit")
    format_, (width, height), color = _look(content, full=full)
    sha256 = hashlib.sha256(content).hexdigest()
    picture = Picture(name=f"{sha256}.{SUFFIXES[format_]}", width=width, height=height, sha256=sha256)
    return Sent(picture, content, color)


def _look(content: bytes, *, full: bool) -> tuple[str, tuple[int, int], str]:
    try:
        with Image.open(io.BytesIO(content), formats=tuple(SUFFIXES)) as image:
            format_, size = image.format or "", image.size
            if full:
                image.load()
            return format_, size, _mean_color(image) if full else UNKNOWN_COLOR
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise invalid(IMAGE_FORMAT_MESSAGE) from None


def _mean_color(image: Image.Image) -> str:
    dot = image.resize((1, 1), Image.Resampling.BOX).convert("RGB").tobytes()
    return f"#{dot.hex()}"


def _ratio_size(size: str, width: int, height: int) -> tuple[int, int]:
    wide, high = SIZES[size]
    return wide, high or max(1, min(round(wide * height / max(width, 1)), wide * TALLEST))


class Pictures:
    """The files. Without a folder they live in a temporary one that ends with the process."""

    def __init__(self, folder: Path | None, public_url: str) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="pinsched-simulator-")
        self._folder = folder or Path(self._temporary.name if self._temporary else ".")
        self._public_url = public_url
        self._lock = threading.Lock()
        for name in ("originals", *SIZES):
            (self._folder / name).mkdir(parents=True, exist_ok=True)

    def keep(self, sent: Sent, *, store: bool) -> Picture:
        """Stores the bytes; what is not to be stored becomes a gradient that remembers the hash."""
        picture = sent.picture
        if not store:
            key = (picture.sha256 or "")[:16]
            return replace(picture, name=f"g-{key}-{picture.width}x{picture.height}.jpg")
        self._write(self._folder / "originals" / picture.name, sent.content)
        return picture

    def urls(self, picture: Picture) -> Urls:
        return {size: self._url(size, picture) for size in SIZES}

    def first_urls(self, stored: str) -> Urls:
        return self.urls(load(stored)[0])

    def avatar_url(self, seed: str) -> str:
        return f"{self._public_url}/images/150x150/g-{seed}-300x300.jpg"

    def serve(self, size: str, name: str) -> Reply:
        """The rendition, made when it is first asked for."""
        if size not in SIZES:
            return _nothing()
        cached = self._folder / size / Path(name).with_suffix(".jpg").name
        if KEPT_NAME.fullmatch(name):
            original = self._folder / "originals" / name
        elif GRADIENT_NAME.fullmatch(name):
            original = None
        else:
            return _nothing()
        if not cached.exists():
            if original and not original.exists():
                return _nothing()
            self._write(cached, _rendition(original, size, name))
        headers = (("Content-Type", "image/jpeg"), FOREVER, ("Access-Control-Allow-Origin", "*"))
        return Reply(200, cached.read_bytes(), headers)

    def wipe(self) -> None:
        for name in ("originals", *SIZES):
            for path in (self._folder / name).iterdir():
                path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._temporary:
            self._temporary.cleanup()

    def _url(self, size: str, picture: Picture) -> dict[str, object]:
        width, height = _ratio_size(size, picture.width, picture.height)
        return {"width": width, "height": height, "url": f"{self._public_url}/images/{size}/{picture.name}"}

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all, whoever else writes the same name."""
        if path.exists():
            return
        part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
        part.write_bytes(content)
        part.replace(path)


def _nothing() -> Reply:
    return Reply(404, b"There is no such image.", (("Content-Type", "text/plain"),))


def _rendition(original: Path | None, size: str, name: str) -> bytes:
    if original:
        with Image.open(original) as image:
            image.draft("RGB", (2400, 2400))
            fitted = ImageOps.fit(_on_white(image), _ratio_size(size, *image.size), Image.Resampling.LANCZOS)
    else:
        fitted = _gradient(size, name)
    out = io.BytesIO()
    fitted.save(out, "JPEG", quality=85)
    return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        return ground.convert("RGB")
    return image.convert("RGB")


def _gradient(size: str, name: str) -> Image.Image:
    match = GRADIENT_NAME.fullmatch(name)
    key, width, height = match.groups() if match else ("0", "1", "1")
    digest = hashlib.sha256(key.encode()).digest()
    hue = digest[0] / 256
    colors = [_hex(hue, 0.62, 0.78), _hex((hue + 0.08 + digest[1] / 1600) % 1, 0.5, 0.42)]
    ramp = (
        Image.linear_gradient("L").rotate(digest[2] / 256 * 50 - 25, fillcolor=128).crop((52, 52, 204, 204))
    )
    ramp = ramp.resize(_ratio_size(size, int(width), int(height)), Image.Resampling.BICUBIC)
    return ImageOps.colorize(ramp, colors[0], colors[1])


def _hex(hue: float, saturation: float, lightness: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
