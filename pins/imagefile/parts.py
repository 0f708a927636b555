"""What the readers of all formats share: what they tell, how they say no, and how they look into a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Final

MAX_PROFILE: Final = 4 * 1024 * 1024  # bytes of a colour profile; a press profile has 2.5 MB
PIECE: Final = 256 * 1024  # bytes read at once

# What a decoder needs of a file: a range of it (start, length), or bytes that take the place of some.
Piece = tuple[int, int] | bytes
Cut = tuple[int, int, int, int]  # left, top, right, bottom


class ImageRejected(Exception):
    """The file will not be used. `message` says what happened and what to do, in the words of the product."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Damaged(Exception):
    """The file breaks the rules of its own format, or ends early."""


@dataclass(slots=True)
class Facts:
    """Width and height are those that the decoder will find, before `cut` and orientation."""

    width: int = 0
    height: int = 0
    orientation: int = 1
    icc: bytes = b""
    cut: Cut | None = None  # the part of the decoded picture that is to be seen, where it isn't all of it
    pieces: tuple[Piece, ...] = ()
    light: bool = False  # may be larger: its decoder needs few bytes a pixel, or goes through it in bands


def at(file: IO[bytes], start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def bound(count: int, limit: int) -> None:
    if count > limit:
        raise too_complex()


def too_complex() -> ImageRejected:
    return ImageRejected(
        "too_complex",
        "This picture is built in a way that would take very long to open. "
        "Open it, save it once more as an ordinary JPEG or PNG and upload that.",
    )
