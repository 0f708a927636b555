"""Publish claimed Pins one by one, as a sender's thread does."""

from __future__ import annotations

from accounts.clock import now as shared_now
from pins import publish
from pins.once import Clock, Outcome


def send(pk: int, *, clock: Clock = shared_now) -> Outcome | None:
    """None, too, if it isn't claimed."""
    return next((publish.send(attempt, clock) for attempt in publish.claimed([pk])), None)
