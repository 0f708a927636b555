"""The dates of HTTP headers. One that can't be read, or that no server of our days says, is none."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 64  # characters; a real one has 29
# Years that a stranger's time may have: of others some can't be counted with, nor shown in every zone.
YEARS: Final = range(2009, 2100)


def read(header: str) -> datetime | None:
    """In UTC."""
    if len(header) > LONGEST:
        return None
    try:
        said = parsedate_to_datetime(header)
        if str(said.year) not in header:  # 0001 is taken for 2001
            return None
        aware = said if said.tzinfo else said.replace(tzinfo=UTC)
        return plausible(aware.astimezone(UTC))
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def plausible(instant: datetime) -> datetime | None:
    return instant if instant.year in YEARS else None
