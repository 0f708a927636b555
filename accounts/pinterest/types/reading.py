"""How Pinterest's JSON is read: strict about ids (an item without one is a garbled answer), tolerant about
everything else: what can't be, is as if it were not said. Its words are made such that a database takes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar

from accounts.dates import YEARS, plausible

T = TypeVar("T")

# NUL, and halves of an emoji that was cut in two: no text of PostgreSQL's may hold them.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")

LONGEST_ID: Final = 64  # characters; the columns'. A real one has 18
LARGEST: Final = 2**31 - 1  # of a count; more fits no column, and nothing of Pinterest's is so many


class Garbled(ValueError):
    """A 2xx answer that isn't what was asked for. The sending turns it into Unavailable or OutcomeUnknown."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    bookmark: str | None


def page_of(read: Callable[[object], T]) -> Callable[[object], Page[T]]:
    """A reader of one page, made of a reader of one item."""

    def page(answer: object) -> Page[T]:
        row = object_of(answer)
        bookmark = row.get("bookmark")
        more = isinstance(bookmark, str) and bookmark != ""
        return Page(tuple(read(item) for item in items_of(row, "items")), bookmark if more else None)

    return page


def instant(value: object) -> datetime | None:
    """An aware instant out of Pinterest's time, which is UTC and says no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return plausible(read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def object_of(json: object) -> Mapping[str, Any]:
    if not isinstance(json, dict):
        raise Garbled("An object was expected.")
    return json


def items_of(row: Mapping[str, Any], key: str) -> list[object]:
    """The list under `key`. A missing one is garbled: taken for empty, it would look like a deletion."""
    items = row.get(key)
    if not isinstance(items, list):
        raise Garbled("A list was expected")
    return items


def identity(row: Mapping[str, Any], key: str = "id") -> str:
    found = known_id(row, key)
    if not found:
        raise Garbled("An item has no id.")
    return found


def known_id(row: Mapping[str, Any], key: str) -> str:
    """An id, or nothing where there is none that can be one."""
    found = text(row, key)
    return found if len(found) <= LONGEST_ID else ""


def text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, str):
        return storable(value)
    return str(value) if type(value) is int else ""


def storable(said: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", said)


def count(row: Mapping[str, Any], key: str) -> int | None:
    """A whole number, never below zero; analytics send some of them as fractions."""
    value = signed(row, key)
    return None if value is None or value > LARGEST else max(value, 0)


def signed(row: Mapping[str, Any], key: str) -> int | None:
    """A whole number, rounded if need be."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return round(value)
    except (ValueError, OverflowError):  # NaN and Infinity, which Python's json lets through
        return None


def day_of(value: object) -> date | None:
    """A date out of YYYY-MM-DD, None for anything else."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return day if day and day.year in YEARS else None
