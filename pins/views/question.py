"""The two Pins of a question side by side: what PinSched sent, and what is on Pinterest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pins.models import Pin

SHOWN: Final = {"title": "Title", "description": "Description", "link": "Link"}
BREAKS: Final = {"link": "break-all"}  # an address has no spaces to break at


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    words: str
    css: str = ""
    differs: bool = False


def ours(pin: Pin) -> Iterator[Line]:
    if pin.is_save:
        yield Line("Save of", f"Pin {pin.parent_pinterest_id}")
    if not pin.is_unread:
        for name, label in SHOWN.items():
            yield Line(label, getattr(pin, name) or "None", BREAKS.get(name, "break-words"))


def theirs(pin: Pin, suspect: Mapping[str, str]) -> Iterator[Line]:
    """Each line with whether it differs; what a save is to say, nobody knows before it is saved."""
    parent = suspect.get("parent", "")  # rows of earlier releases have none
    if parent or pin.is_save:
        words = f"Pin {parent}" if parent else "No other Pin"
        yield Line("Save of", words, differs=parent != pin.parent_pinterest_id)
    for name, label in SHOWN.items():
        differs = not pin.is_unread and suspect[name] != getattr(pin, name)
        yield Line(label, suspect[name] or "None", BREAKS.get(name, "break-words"), differs)
