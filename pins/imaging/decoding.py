"""From the bytes of a file to all of its pixels: as stored, not yet turned, in the file's own colours."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import IO, Final

from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile, open_heif

from pins import imagefile
from pins.imagefile import Header

_ROOM: Final = 50_000_000  # pixels of a JPEG that are held at once: 200 MB
# Pixels of a HEIC that Pillow gets whole: with a copy it would be 7 bytes a pixel more.
_WHOLE: Final = 30_000_000
_BAND: Final = 512  # rows; a multiple of each scale
_SCALES: Final = (8, 4, 2)  # a JPEG decodes to these fractions at a fraction of the cost

# Decoding goes to these classes, not to Image.open: `imagefile` has already said which one it is.
_DECODERS: Final[dict[str, Callable[[IO[bytes]], ImageFile.ImageFile]]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
    "AVIF": AvifImageFile,
    "HEIC": HeifImageFile,
}
_DECODING_FAILS: Final = (
    OSError,
    RuntimeError,
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


def scale_for(header: Header, shrink: float) -> int:
    """The smallest fraction (1/1 to 1/8) that still has every pixel of a picture shrunk so much; of a very
    wide or tall one the largest that memory has room for."""
    pixels = header.decoded[0] * header.decoded[1]
    if header.format == "HEIC":
        return 2 if pixels > _WHOLE else 1
    if header.format != "JPEG":
        return 1
    wished = next((scale for scale in _SCALES if scale <= shrink), 1)
    return next((scale for scale in (1, 2, 4) if scale >= wished and pixels / scale**2 <= _ROOM), 8)


def decode(pixels: IO[bytes], header: Header, scale: int) -> Image.Image:
    """All pixels, at 1/scale of the size. Raises ImageRejected."""
    if header.format == "HEIC" and scale > 1:
        return _in_bands(pixels, header, scale)
    try:
        picture: Image.Image = _DECODERS[header.format](pixels)
        if picture.size != header.decoded:
            raise imagefile.damaged()
        if scale > 1:
            picture.draft(None, (header.width // scale, header.height // scale))
        picture.load()
    except _DECODING_FAILS as failure:
        raise imagefile.damaged() from failure
    return picture.crop(header.cut) if header.cut else picture


def _in_bands(pixels: IO[bytes], header: Header, scale: int) -> Image.Image:
    """A HEIC shrunk while it is copied out of its decoder: Pillow never holds all of it."""
    try:
        decoded = open_heif(pixels, convert_hdr_to_8bit=True)[0]
        if decoded.size != header.decoded or decoded.mode not in ("RGB", "L"):
            raise imagefile.damaged()
        rows = memoryview(decoded.data)
    except _DECODING_FAILS as failure:
        raise imagefile.damaged() from failure
    (width, height), mode, stride = decoded.size, decoded.mode, decoded.stride
    small = Image.new(mode, (-(-width // scale), -(-height // scale)))
    for top in range(0, height, _BAND):
        depth = min(_BAND, height - top)
        part = bytes(rows[top * stride : (top + depth) * stride])
        band = Image.frombuffer(mode, (width, depth), part, "raw", mode, stride, 1)
        small.paste(band.reduce(scale), (0, top // scale))
    if header.cut is None:
        return small
    left, top, right, bottom = header.cut
    return small.crop((left // scale, top // scale, -(-right // scale), -(-bottom // scale)))
