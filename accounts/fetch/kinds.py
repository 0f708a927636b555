"""Tell what a file is by its first bytes. What a server says that it is decides nothing but the wording."""

from __future__ import annotations

import re
from typing import Final

ENOUGH: Final = 1024  # bytes to look at

# What people call them. Recognised is not accepted: the caller says which ones it takes.
NAMES: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/heic": "HEIC",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/svg+xml": "SVG",
    "video/mp4": "MP4",
    "video/quicktime": "MOV",
    "application/pdf": "PDF",
}
PAGE: Final = "text/html"

_MAGIC: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "image/tiff"),
    (re.compile(rb"BM.{12}[\x0c\x28\x38\x6c\x7c]\x00\x00\x00", re.DOTALL), "image/bmp"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
# Of text that begins with "<": the first element that tells. No nested repetition: the bytes are hostile.
_TELLING: Final = re.compile(rb"<(svg|!doctype\s+html|html|head|body|script|title|meta)\b", re.IGNORECASE)
# Brands of ISO media files, the first that is named wins: AVIF and HEIC may share "mif1".
_BRANDS: Final = (
    ({b"avif", b"avis"}, "image/avif"),
    ({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}, "image/heic"),
    ({b"qt  "}, "video/quicktime"),
)


def of(start: bytes) -> str:
    """The content type of what begins like this; empty when it begins like nothing we know."""
    if start[4:8] == b"ftyp":
        return _iso_media(start)
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return _markup(start)
    return next((kind for magic, kind in _MAGIC if magic.match(start)), "")


def _markup(start: bytes) -> str:
    telling = _TELLING.search(start)
    if telling is None:
        return ""
    return "image/svg+xml" if telling[1].lower() == b"svg" else PAGE


def _iso_media(start: bytes) -> str:
    box = start[8 : min(int.from_bytes(start[:4], "big"), ENOUGH)]
    brands = {box[0:4], *(box[at : at + 4] for at in range(8, len(box) - 3, 4))}
    return next((kind for known, kind in _BRANDS if brands & known), "video/mp4")
