"""What the ticks of beat do to Pins, done now and in a test's own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from pins.models import Pin
from pins.publish import dispatch, reconcile, restored
from pins.publish.once import Outcome
from tests.support import publishing

if TYPE_CHECKING:
    from tests.conftest import Time

TICK: Final = 6  # seconds


def send_all(clock: Callable[[], datetime] = timezone.now) -> list[Outcome | None]:
    """Claim what is due, and send it; what became of each."""
    return [publishing.send(claim.attempt, clock=clock) for claim in dispatch.claim(now=clock())]


def reconcile_all(clock: Time, *, seconds: int = 120) -> None:
    """What the ticks do in so many seconds, less often than they do it."""
    for _ in range(max(1, seconds // TICK)):
        reconcile.sweep(now=clock())
        restored.compare(now=clock())
        for place in reconcile.due(now=clock()):
            reconcile.look(place, clock=clock)
        send_all(clock)
        clock.passes(TICK)


def fresh(pin: Pin) -> Pin:
    """As the database has it now."""
    return Pin.objects.with_parts().get(pk=pin.pk)
