"""What a Pin's page says of a change on Pinterest and what it offers: decided here, drawn by a template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from accounts.models import PinterestAccount, Role
from pins.models import LiveChange, LiveKind, LiveState
from pins.models.live_change import Difference
from pins.views.page_parts import Action, Said

HEADINGS: Final[dict[str, dict[str, str]]] = {
    LiveKind.DELETE: {
        "doubt": "Was this Pin deleted from Pinterest?",
        "refused": "Pinterest refused to delete this Pin",
        "checked": "Checking what became of the deletion",
        "waiting": "To be deleted from Pinterest",
        "leaving": "Being deleted from Pinterest …",
    },
    LiveKind.UPDATE: {
        "doubt": "Was this Pin changed on Pinterest?",
        "refused": "Pinterest refused this change",
        "checked": "Checking what became of the change",
        "waiting": "To be changed on Pinterest",
        "leaving": "Being changed on Pinterest …",
    },
}


@dataclass(frozen=True, slots=True)
class ChangeState:
    heading: str
    # The account that it waits for; then `said` is nothing.
    waits_for: PinterestAccount | None
    said: Said | None
    keeps_numbers: bool
    differences: tuple[Difference, ...]
    actions: tuple[Action, ...]


def of(change: LiveChange, *, role: str) -> ChangeState:
    """Of a change that isn't finished, with its Pin and that Pin's account."""
    account = change.pin.account
    waits = account if account and change.is_under_way and not account.is_active else None
    deletes = change.kind == LiveKind.DELETE
    return ChangeState(
        heading=HEADINGS[change.kind][_stage(change)],
        waits_for=waits,
        said=_said(change) if change.message and not waits else None,
        keeps_numbers=deletes and change.is_under_way,
        differences=() if deletes else tuple(change.differences),
        actions=tuple(_actions(change)) if role != Role.VIEWER and change.state != LiveState.SENT else (),
    )


def _stage(change: LiveChange) -> str:
    if change.is_in_doubt:
        return "doubt"
    if change.state == LiveState.REFUSED:
        return "refused"
    if change.state == LiveState.SENT and change.code:
        return "checked"
    return "waiting" if change.next_try_at else "leaving"


def _said(change: LiveChange) -> Said:
    if at := change.next_try_at:
        return Said(f"{change.message} Next try:", at, ".")
    return Said(change.message)


def _actions(change: LiveChange) -> Iterator[Action]:
    refused, updates = change.state == LiveState.REFUSED, change.kind == LiveKind.UPDATE
    if refused:
        again = reverse("pins:retry_live", args=[change.pk])
        yield Action("Try again", again, icon="refresh", css="btn-primary", posts=True)
    if updates:
        yield Action("Edit on Pinterest", reverse("pins:edit_live", args=[change.pin_id]), icon="pencil")
    back = reverse("pins:withdraw_live", args=[change.pk])
    if refused:
        yield Action("Dismiss", back, css="btn-bare", posts=True)
    else:
        yield Action("Take it back", back, posts=True)
    if updates:
        delete = reverse("pins:delete_live", args=[change.pin_id])
        yield Action("Delete from Pinterest", delete, icon="trash", css="btn-bare")
