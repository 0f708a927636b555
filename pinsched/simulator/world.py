"""What every part of the simulator can reach: its state, its clock, and the call being answered."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from werkzeug.wrappers import Request

from pinsched.simulator import settings as settings_module
from pinsched.simulator.calls import CallLog
from pinsched.simulator.faults import Faults
from pinsched.simulator.limits import Limits
from pinsched.simulator.person import Person
from pinsched.simulator.pictures import Pictures
from pinsched.simulator.settings import Settings
from pinsched.simulator.store import Store

SECOND_US: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class App:
    """The one app registered with this Pinterest; no redirect URIs means any is accepted."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]


@dataclass
class World:
    store: Store
    pictures: Pictures
    app: App
    public_url: str
    settings: Settings = field(default_factory=Settings)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    calls: CallLog = field(default_factory=CallLog)
    first: Settings = field(default_factory=Settings)  # what a reset goes back to

    def __post_init__(self) -> None:
        self.settings = settings_module.load(self.store)

    def begin_with(self, **wishes: object) -> None:
        """As the command line wants it, whatever was kept. Raises WrongSetting."""
        self.first = settings_module.changed(self.first, wishes)
        self.settings = settings_module.changed(self.settings, wishes)
        settings_module.save(self.store, self.settings)

    def now_us(self) -> int:
        """Microseconds since 1970 by the simulator's clock, which a test may have moved."""
        return time.time_ns() // 1000 + int(self.settings.clock_offset_seconds * SECOND_US)

    def now(self) -> datetime:
        return as_datetime(self.now_us())


@dataclass(frozen=True, slots=True)
class Call:
    """A call of someone whose token was good."""

    world: World
    request: Request
    person: Person
    scopes: frozenset[str]


def as_datetime(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def as_us(moment: datetime) -> int:
    """A moment without a zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def wire_time(us: int) -> str:
    """As Pinterest writes it: UTC, whole seconds, no zone."""
    return as_datetime(us).strftime("%Y-%m-%dT%H:%M:%S")
