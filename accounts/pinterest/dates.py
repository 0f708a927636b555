"""The dates of HTTP headers. One that can't be read, or that no server of our days says, is none."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 64  # characters; a real one has 29
# Years that a date on the wire may have: others can't be counted with, nor shown in every zone.
YEARS: Final = range(2000, 2100)


def read(header: str) -> datetime | None:
    """In UTC."""
    if len(header) > LONGEST:
        return None
    try:
        said = parsedate_to_datetime(header)
        aware = said if said.tzinfo else said.replace(tzinfo=UTC)
        return plausible(aware.astimezone(UTC))
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def plausible(instant: datetime) -> datetime | None:
    return instant if instant.year in YEARS else None
