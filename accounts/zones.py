"""Time zones by name: which exist, which are offered. Names are the IANA's."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

UTC: Final = "UTC"
# Real places only: Etc/GMT+5 means five hours *behind*, and "localtime" is the server's.
PLACES: Final = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@lru_cache(maxsize=1)
def offered() -> tuple[str, ...]:
    """What a person may choose from, in alphabetical order, UTC first."""
    return (UTC, *sorted(name for name in available_timezones() if name.startswith(PLACES)))


def known(name: str) -> str:
    """The zone if there is one of this name, else UTC: what browsers guess is a guess."""
    return name if name in _all() else UTC


@lru_cache(maxsize=1)
def _all() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})
