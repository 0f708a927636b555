"""Ask for changes of a live Pin, let the sweeper's time pass, and see what Pinterest has."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from pins.live import changes, execute
from pins.models import LiveChange, Pin
from pins.publish.once import Outcome
from tests.conftest import Time
from tests.support.simulated import Simulator

PATCH = {"method": "PATCH", "path": "/v5/pins/"}
DELETE = {"method": "DELETE", "path": "/v5/pins/"}
READ = {"method": "GET", "path": "/v5/pins/"}
TICK = 3  # seconds


def change(pin: Pin, clock: Time, user: User | None = None, **given: Any) -> LiveChange:
    made = changes.change(pin, given=given, user=user, now=clock())
    assert made is not None
    return made


def delete(pin: Pin, clock: Time) -> LiveChange:
    return changes.delete(pin, user=None, now=clock())


def ticks(clock: Time, *, seconds: float = TICK) -> list[Outcome | None]:
    """What the sweeper starts in so many seconds."""
    found = []
    for _ in range(max(1, round(seconds / TICK))):
        found += [execute.carry_out(pk, clock=clock) for pk in execute.due(clock())]
        clock.passes(TICK)
    return found


def sent(simulator: Simulator, method: str) -> list[dict[str, Any]]:
    return [call for call in simulator.calls() if call["method"] == method and "/v5/pins/" in call["path"]]


def there(simulator: Simulator) -> dict[str, Any]:
    (found,) = simulator.pins()
    return found
