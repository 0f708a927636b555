"""Where a Pin stands on Pinterest's own pages."""

from __future__ import annotations

import re
from typing import Final

from accounts import unseen

# Of any of Pinterest's domains, with or without words before the number; or the number alone.
_PIN: Final = re.compile(
    r"(?:(?:https?://)?(?:[a-z]{2,3}\.)?pinterest\.[a-z.]{2,6}/pin/(?:[^/?#]*--)?)?(?P<id>[0-9]{6,25})(?:[/?#].*)?",
    re.IGNORECASE,
)
LONGEST: Final = 500  # characters


def pin_address(pin_id: str) -> str:
    return f"https://www.pinterest.com/pin/{pin_id}/"


def pin_id_in(address: str) -> str:
    """The number of the Pin at this address; "" for what is no Pin's address."""
    found = _PIN.fullmatch(unseen.without(address)) if len(address) <= LONGEST else None
    return found["id"] if found else ""
