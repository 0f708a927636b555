"""When nothing could go out: what is late because of that is not PinSched's lateness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Outage:
    """`account`: whose Pins could not go out; None: nobody's."""

    since: datetime
    until: datetime
    account: int | None = None


def seconds_out(outages: Iterable[Outage], account: int | None, since: datetime, until: datetime) -> float:
    """How many of the seconds between two moments lie in outages of this account, each counted once."""
    mine = sorted((one.since, one.until) for one in outages if one.account in (None, account))
    total, covered = 0.0, since
    for begin, end in mine:
        begin, end = max(begin, covered), min(end, until)
        if begin < end:
            total += (end - begin).total_seconds()
            covered = end
    return total


class Stop(Protocol):
    """Something after which nothing may go out until a person says so."""

    @property
    def is_over(self) -> bool: ...

    @property
    def outages(self) -> Sequence[Outage]: ...

    def act(self, elapsed: float) -> str:
        """Do what is to be done by now, in seconds from the start; says what was done, if anything."""

    def heedless(self, calls: Iterable[Mapping[str, Any]], *, ahead: timedelta) -> list[str]:
        """What went out all the same; `ahead`: by how much Pinterest's clock is."""
