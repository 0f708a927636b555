"""Pins that are due, and the rule of the simulator's that their call meets."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins.models import Media, Pin
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories
from tests.support.simulated import Simulator

POST = {"method": "POST", "path": "/v5/pins$"}


def due(workspace: Workspace, account: PinterestAccount, picture: Media, **more: Any) -> Pin:
    pin = factories.make_pin(workspace, account, picture=picture, **more)
    queue.publish_now(pin, now=timezone.now())
    return pin


def by_hand(simulator: Simulator, like: Pin, clock: Time, **words: str) -> None:
    """Somebody pins this on the same board, now."""
    assert like.board is not None
    plan = {"board": like.board.name, "created_at": clock().isoformat(), **words}
    simulator.person("alderandoat", pins=[plan])
