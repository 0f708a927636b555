"""How Pinterest's JSON is read: strict about ids (an item without one is a garbled answer), tolerant about
everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")


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
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


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
    found = text(row, key)
    if not found:
        raise Garbled("An item has no id.")
    return found


def text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, str):
        return storable(value)
    return str(value) if type(value) is int else ""


def storable(text: str) -> str:
    """Without what JSON can say and no database keeps: a zero character, half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def count(row: Mapping[str, Any], key: str) -> int | None:
    """A whole number, never below zero; analytics send some of them as fractions."""
    value = signed(row, key)
    return None if value is None else max(value, 0)


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
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
