"""Why a Pin isn't out, in a line of a list: decided here, drawn by components/_pin_trouble.html."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django import template

from pins.models import Pin, Status

if TYPE_CHECKING:
    from accounts.models import Workspace

register = template.Library()

BAD: Final = "font-semibold text-failed line-clamp-2"
YOURS: Final = "font-semibold text-review"  # it waits for a person
CALM: Final = "text-ink-2"


@dataclass(frozen=True, slots=True)
class Trouble:
    words: str
    css: str
    at: datetime | None = None  # UTC; stands behind the words
    title: str = ""  # all of it, where a line may cut it off


def trouble(pin: Pin) -> Trouble | None:
    """None where there is none. Free of queries after `with_parts`."""
    match Status(pin.status):
        case Status.SCHEDULED:
            return _queued(pin)
        case Status.FAILED:
            return Trouble(pin.reason_message or "Pinterest refused it.", BAD, title=pin.reason_message)
        case Status.NEEDS_REVIEW:
            act = "Compare" if pin.reason_code == "doubt" else "Look"
            return Trouble(f"Is it on Pinterest? {act} and say.", YOURS)
        case Status.PUBLISHING if pin.reason_code:
            return Trouble("No answer: looking whether it is out.", CALM)
        case Status.PUBLISHED if pin.has_vanished:
            return Trouble("No longer on Pinterest.", YOURS)
        case _:
            return None


def _queued(pin: Pin) -> Trouble | None:
    if pin.is_overdue:
        return Trouble("Publish it now, or pick a time.", YOURS)
    if pin.waits_for_account:
        return Trouble(f"Waits: {pin.account} publishes nothing now.", f"{YOURS} line-clamp-2")
    why = pin.why
    if pin.next_try_at:
        words = "After an outage: goes out" if why.code == "after_outage" else "Next try"
        return Trouble(words, f"{CALM} line-clamp-2", at=pin.next_try_at, title=why.message)
    if why.code:
        return Trouble(f"Picture missing: {why.message}", f"{YOURS} line-clamp-2", title=why.message)
    return None


@register.inclusion_tag("components/_pin_trouble.html")
def pin_trouble(pin: Pin, workspace: Workspace | str, classes: str = "") -> dict[str, Any]:
    """`{% pin_trouble pin workspace "text-sm" %}`; times are the workspace's, or a zone's by name."""
    return {"trouble": trouble(pin), "workspace": workspace, "classes": classes}
