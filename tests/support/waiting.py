"""Wait for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

Found = TypeVar("Found")

PATIENCE: Final = 120.0  # seconds for what takes ten on a machine with nothing else to do
GLANCE: Final = 0.05  # seconds between two looks


def wait_until(look: Callable[[], Found], *, what: str, seconds: float = PATIENCE) -> Found:
    """What `look` finds, as soon as it finds something."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(GLANCE)
    return found
