"""Pages of a list: an opaque bookmark that carries the place where the next page begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from pinsched.simulator.replies import Reply, invalid, json_reply

Place = tuple[int, int]
T = TypeVar("T")


def bookmark(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place[0]}:{place[1]}".encode()).decode().rstrip("=")


def place(raw: str | None) -> Place | None:
    """Where to go on, or None for the start."""
    if not raw:
        return None
    try:
        first, second = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode("ascii").split(":")
        return int(first), int(second)
    except (binascii.Error, ValueError):
        raise invalid("Invalid request: [query.bookmark] is not a bookmark of ours") from None


def page(
    rows: Sequence[T], size: int, *, where: Callable[[T], Place], show: Callable[[T], dict[str, object]]
) -> Reply:
    """`rows` holds one more than the page when there is a next one."""
    shown = rows[:size]
    more = bookmark(where(shown[-1])) if len(rows) > size else None
    return json_reply({"items": [show(row) for row in shown], "bookmark": more})
