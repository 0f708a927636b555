"""The nearest rank."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], part: float) -> float:
    """0 of nothing."""
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)] if ordered else 0.0
