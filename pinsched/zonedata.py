"""Which data the world's clocks run by: the newest there is, the machine's or the `tzdata` wheel's.

Governments change clocks at a few weeks' notice; a machine that nobody updates would publish an hour off.
"""

from __future__ import annotations

import logging
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

logger = logging.getLogger(__name__)

WHEEL: Final = "tzdata wheel"
# The IANA puts out several versions a year. By July the last one of the year before has been replaced.
OLD_FROM: Final = (7, 1)  # month and day of the year after
# Where a folder says its version: what zic compiled, or the note that BSD and macOS put beside it.
_NOTES: Final = (
    ("tzdata.zi", re.compile(r"# version (\d{4}[a-z]*)")),
    ("+VERSION", re.compile(r"(\d{4}[a-z]*)")),
)


@dataclass(frozen=True, slots=True)
class ZoneData:
    version: str  # the IANA's, such as "2026f"; empty where the data doesn't say
    folder: Path | None  # None: the wheel

    @property
    def source(self) -> str:
        return str(self.folder) if self.folder else WHEEL

    @property
    def age(self) -> tuple[int, int, str]:
        """Sorts by version: after 2026z comes 2026za. Data without one is older than any."""
        letters = self.version[4:]
        return int(self.version[:4] or 0), len(letters), letters

    def is_old(self, today: date) -> bool:
        return today >= date(self.age[0] + 1, *OLD_FROM)

    def __str__(self) -> str:
        return f"{self.version}, from {self.source}"


def use_newest() -> ZoneData:
    """Called as each process starts, before any zone is opened: opened ones would keep the old rules."""
    global _used
    _used = newest(zoneinfo.TZPATH)
    # What the folder lacks, zoneinfo takes from the wheel; without a folder it takes all from there.
    zoneinfo.reset_tzpath([str(_used.folder)] if _used.folder else [])
    zoneinfo.ZoneInfo.clear_cache()
    if _used.is_old(datetime.now(UTC).date()):
        logger.warning("zones.old", extra={"version": _used.version, "source": _used.source})
    return _used


def in_use() -> ZoneData:
    return _used


def newest(folders: Iterable[str]) -> ZoneData:
    """Of equal versions the wheel's, which is complete."""
    found = [_of_the_wheel()]
    found += [ZoneData(_version(folder), folder) for folder in map(Path, folders) if _has_zones(folder)]
    return max(found, key=lambda data: data.age)


def warning(today: date) -> str:
    """For whoever runs PinSched; empty when all is well."""
    if not _used.is_old(today):
        return ""
    return f"{_used.version} is old: clocks may have changed since. Update PinSched, or the machine's tzdata."


def _of_the_wheel() -> ZoneData:
    return ZoneData(_version(files("tzdata") / "zoneinfo"), None)


def _has_zones(folder: Path) -> bool:
    return (folder / "Etc" / "UTC").is_file()


def _version(folder: Traversable) -> str:
    for name, pattern in _NOTES:
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as note:
                match = pattern.match(note.readline())
        except OSError:
            continue
        if match:
            return match[1]
    return ""


_used = _of_the_wheel()
