"""Publish claimed Pins one by one, as a sender's thread does."""

from __future__ import annotations

from accounts.clock import now as shared_now
from pins.publish import publication
from pins.publish.once import Clock, Outcome


def send(pk: int, *, clock: Clock = shared_now) -> Outcome | None:
    """None, too, if it isn't claimed."""
    return next((publication.publish(attempt, clock) for attempt in publication.claimed([pk])), None)
