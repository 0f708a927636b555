"""Time zones by name: which exist, what they are called today, and the clock of each. Names are the IANA's.

Pure. Which data the clocks run by is settled when a process starts (pinsched/zonedata.py); what an old
spelling is called today is always read from the `tzdata` wheel, as machines may come without old spellings.
"""

from __future__ import annotations

import struct
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

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
# Whatever else the data holds, these are the server's own or a mark of "not set up".
NO_PLACE: Final = frozenset({"localtime", "Factory"})
# The data leads these old spellings to a place that shares the clock, in another country. The remarks in the
# IANA's own source, which no package carries, say which place is meant.
MEANT: Final = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Etc/UTC": UTC,
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}

UNREADABLE: Final = (LookupError, ValueError, OSError, struct.error)  # what a broken file makes of ZoneInfo


class Zone(ZoneInfo):
    """The clock of a place. At the two ends of the calendar, where ZoneInfo overflows, it shows UTC's: what
    is stored can be shown everywhere, however absurd."""

    @property
    def city(self) -> str:
        """Europe/Lisbon is called "Lisbon" on pages."""
        return self.key.rpartition("/")[2].replace("_", " ")

    def fromutc(self, moment: datetime, /) -> datetime:
        try:
            return super().fromutc(moment)
        except OverflowError:
            return moment


@lru_cache(maxsize=1)
def offered() -> tuple[str, ...]:
    """What a person may choose from, in alphabetical order, UTC first; each place by its name of today."""
    places = (name for name in _all() if name.startswith(PLACES) and canonical(name) == name)
    return (UTC, *sorted(places))


def canonical(name: str) -> str:
    """What a zone is called today: Asia/Calcutta is Asia/Kolkata. Any other word is itself."""
    return _names_of_today().get(name, name)


def known(name: str) -> str:
    """The zone's name of today if there is such a zone here, else UTC: what browsers guess is a guess."""
    found = _find(name)
    return found.key if found else UTC


def exists(name: str) -> bool:
    return _find(name) is not None


def clock(name: str) -> Zone:
    """The clock of the zone of this name, old spellings too; UTC's where there is none. Raises nothing."""
    return _find(name) or Zone(UTC)


@lru_cache(maxsize=1024)
def _find(name: str) -> Zone | None:
    """Data of before a renaming knows the old name only. A file may be there and be none of a zone."""
    for each in (canonical(name), name):
        if each in _all():
            try:
                return Zone(each)
            except UNREADABLE:
                continue
    return None


@lru_cache(maxsize=1)
def _all() -> frozenset[str]:
    return frozenset(available_timezones() - NO_PLACE)


@lru_cache(maxsize=1)
def _names_of_today() -> dict[str, str]:
    """Old spellings and what they are called today. A link between two places that people live in, such as
    Europe/Oslo to Europe/Berlin, says that their clocks agree, not that one of them was renamed."""
    data = files("tzdata") / "zoneinfo"
    lines = (data / "tzdata.zi").read_text(encoding="utf-8").splitlines()
    table = (data / "zone.tab").read_text(encoding="utf-8").splitlines()
    inhabited = {line.split("\t")[2] for line in table if line and not line.startswith("#")}
    links = [line.split() for line in lines if line.startswith("L ")]
    old = {name: MEANT.get(target, target) for _, target, name in links if name not in inhabited}
    return old | MEANT
