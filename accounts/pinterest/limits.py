"""The rate-limit headers, in both forms that Pinterest sends. A header that can't be read is no header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST_HEADER: Final = 2_000  # characters read of one header; a real one has about 150
LARGEST_NUMBER: Final = 10**9  # whatever is more is no limit, and would not fit a counter

# Runs of anything but the separator, which doesn't count between quotes.
_ENTRIES: Final = re.compile(r'(?:[^,"]|"[^"]*"?)+')
_PARAMETERS: Final = re.compile(r'(?:[^;"]|"[^"]*"?)+')
_CATEGORY: Final = re.compile(r"^(safety_net|[a-z]+_(?:read|write|analytics))")


@dataclass(frozen=True, slots=True)
class Window:
    """So many calls in so many seconds, counted under a name such as `org_write_app_id_user_id`."""

    limit: int
    seconds: int
    name: str = ""

    @property
    def category(self) -> str:
        """`org_read`, `org_write`, `org_analytics`, `safety_net`; empty when the name says nothing."""
        match = _CATEGORY.match(self.name)
        return match.group(1) if match else ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one response said: the binding limit, what is left of it, and all windows that apply."""

    limit: int | None
    remaining: int | None
    reset_seconds: float | None
    windows: tuple[Window, ...] = ()

    @property
    def is_used_up(self) -> bool:
        return self.remaining == 0


def parse(headers: Mapping[str, str]) -> Limits | None:
    """The limits of a response, or None when it names none that can be read."""
    limit, windows = _limit_and_windows(headers.get("x-ratelimit-limit", ""))
    remaining = _whole(headers.get("x-ratelimit-remaining", ""))
    reset = _whole(headers.get("x-ratelimit-reset", ""))
    if limit is None and remaining is None and reset is None:
        return None
    return Limits(limit, remaining, None if reset is None else float(reset), windows)


def _limit_and_windows(header: str) -> tuple[int | None, tuple[Window, ...]]:
    limit: int | None = None
    windows: list[Window] = []
    for entry in _ENTRIES.findall(header[:LONGEST_HEADER]):
        number, *parameters = _PARAMETERS.findall(entry) or [""]
        amount = _whole(number)
        if amount is None:
            continue
        named = _parameters(parameters)
        seconds = _whole(named.get("w", ""))
        if seconds:
            windows.append(Window(amount, seconds, named.get("name", "")))
        elif limit is None:
            limit = amount
    if limit is None and windows:
        limit = min(windows, key=lambda window: window.limit / window.seconds).limit
    return limit, tuple(windows)


def _parameters(parts: list[str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in parts)
    return {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


def _whole(text: str) -> int | None:
    """A whole number of at most nine digits; a fraction is cut (a reset of 36.4 s is seen in the wild)."""
    match = re.fullmatch(r"\s*([0-9]{1,9})(?:\.[0-9]{1,9})?\s*", text)
    return min(int(match.group(1)), LARGEST_NUMBER) if match else None
