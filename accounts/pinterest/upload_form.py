"""A multipart form with one file, read piece by piece while it is sent: two gigabytes are never in memory."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

PIECE: Final = 64 * 1024  # bytes read from the file at a time


class UploadForm:
    """Every field first, the file last, as a bucket wants it: what comes after the file is not read there.

    `file` is open for reading in binary and can be rewound; it is sent from its beginning and left open.
    """

    def __init__(self, fields: Mapping[str, str], file: BinaryIO, *, filename: str = "file") -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        words = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        opening = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(filename)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self._head = "".join([*words, opening]).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        self._file.seek(0)
        left = self._size
        while left:
            piece = self._file.read(min(PIECE, left))
            if not piece:  # never end well with less than was announced
                raise OSError("The file became shorter while it was sent.")
            left -= len(piece)
            yield piece
        yield self._tail


def _quoted(name: str) -> str:
    """As browsers write a name between quotes."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
