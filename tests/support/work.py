"""How much work something is, counted and not timed: a busy machine changes nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from types import FrameType


def calls(act: Callable[[], object], *, of: str = "") -> int:
    """How many functions it calls, Python's and C's together; only those of this name, if one is given.

    What it raises is its own business: refusing is work too.
    """
    count = 0

    def note(frame: FrameType, event: str, called: object) -> None:
        nonlocal count
        if event == "call":
            count += not of or frame.f_code.co_name == of
        elif event == "c_call":
            count += not of or getattr(called, "__name__", "") == of

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        with contextlib.suppress(Exception):
            act()
    finally:
        sys.setprofile(before)
    return count
