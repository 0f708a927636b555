"""JSON bodies with pictures in them. A picture is spliced in as it is: base64 needs no escaping, and a JSON
encoder would look at each of its 300,000 characters again."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Final

# Stands for a picture while the rest is encoded. Nobody outside this process can guess it.
_HERE: Final = secrets.token_hex(16)


class Base64:
    """Bytes that travel as base64 text."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Base64) and self._raw == other._raw

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return f"<{len(self._raw)} bytes>"

    def encoded(self) -> bytes:
        return base64.b64encode(self._raw)


def encode(body: Mapping[str, object]) -> bytes:
    """UTF-8 JSON. Raises TypeError for what is neither JSON nor Base64."""
    pictures: list[bytes] = []

    def keep(value: object) -> str:
        if not isinstance(value, Base64):
            raise TypeError(f"{type(value).__name__} is not JSON.")
        pictures.append(value.encoded())
        return _HERE

    rest = json.dumps(body, default=keep).encode().split(_HERE.encode())
    pieces = [rest[0]]
    for picture, after in zip(pictures, rest[1:], strict=True):
        pieces += (picture, after)
    return b"".join(pieces)
