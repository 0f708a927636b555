"""The one thing that EXIF is read for: which way up the camera was."""

from __future__ import annotations

import struct
from typing import Final

MAX_EXIF: Final = 64 * 1024  # bytes worth reading: a JPEG holds no more


def orientation(exif: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense."""
    exif = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", exif, 4)
    if start + 2 > len(exif):
        return 1
    (count,) = struct.unpack_from(order + "H", exif, start)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, typ, _, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == 0x0112:
            return value if typ == 3 and 1 <= value <= 8 else 1
    return 1
