"""How large a chaos run is, and how rough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Absences:
    """How long each is away or stands still, in seconds."""

    broker: float
    database: float
    media: float
    frozen: float


@dataclass(frozen=True, slots=True)
class Size:
    """`patience` is in seconds after the last Pin is due: one that is hurt again and again takes its time."""

    pins: int
    burst: int  # more of them, of one account, due together
    held: float  # seconds that this account is on hold from then on
    accounts: int
    changes: int  # of Pins that are on Pinterest already
    minutes: float
    patience: float
    pause: tuple[float, float]  # seconds between kills
    absences: Absences
    kills: int | None = None
    faults: int | None = None


FULL: Final = Size(
    pins=500,
    burst=60,
    held=25,
    accounts=10,
    changes=60,
    minutes=3,
    patience=420,
    pause=(3, 7),
    absences=Absences(broker=60, database=15, media=20, frozen=35),
)
SHORT: Final = Size(
    pins=40,
    burst=12,
    held=4,
    accounts=4,
    changes=6,
    minutes=0.25,
    patience=240,  # quota, a pause of a minute, a lost answer: one change may meet them all
    pause=(3, 5),
    absences=Absences(broker=4, database=2, media=3, frozen=6),
    kills=3,
    faults=2,
)
