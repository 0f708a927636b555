"""What people want of Pins that are on Pinterest: other words, another board, their end.

`change` and `delete` write it down as a LiveChange that waits. Until it is sent, people may add to it or
`withdraw` it. `execute` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from pins.compose import drafts
from pins.errors import Invalid, WrongState
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.models.pin import WORDS
from pins.rules import preflight

if TYPE_CHECKING:
    from accounts.models import User

NOT_THERE: Final = "This Pin isn’t on Pinterest, or not any more."
BUSY: Final = "This Pin is being changed on Pinterest at this moment. Try again in half a minute."
ENDING: Final = "This Pin is being deleted from Pinterest. Take that back first."
TOO_LATE: Final = "This has left for Pinterest already, or was settled meanwhile."


def change(pin: Pin, *, given: Mapping[str, Any], user: User | None, now: datetime) -> LiveChange | None:
    """Ask for other words or another board of a published Pin; names as in drafts.Content.

    A change that still waits takes it up, one that was refused makes way. None if nothing is given. Raises
    Invalid, and WrongState while Pinterest may be at it.
    """
    # The Pin's row is locked: of two people only one begins a change, and the words of both count.
    with transaction.atomic():
        locked = _locked(pin)
        if why := hindrance(locked):
            raise WrongState(why)
        standing = locked.live_change
        waits = standing if standing and standing.state == LiveState.WAITING else None
        given = dict(given) | _placed(locked, waits, given)
        if found := _problems(locked, given):
            raise Invalid(found)
        if not given:
            return waits
        asked: dict[str, Any] = {name: given[name] for name in ("board", "section") if name in given}
        words = preflight.as_read({name: given[name] for name in WORDS if name in given})
        if waits is None:
            _make_way(standing, now)
            return LiveChange.objects.create(
                pin=locked, kind=LiveKind.UPDATE, words=words, **asked, due_at=now, created_by=user
            )
        asked["words"] = waits.words | words
        if not LiveChange.objects.advance(waits.pk, LiveState.WAITING, LiveState.WAITING, **asked):
            raise WrongState(BUSY)
        return waits


def delete(pin: Pin, *, user: User | None, now: datetime) -> LiveChange:
    """Ask for its end on Pinterest. What was to change of it before is taken back. Raises WrongState."""
    # As above: the Pin's row is locked.
    with transaction.atomic():
        locked = _locked(pin)
        standing = locked.live_change
        if standing and standing.kind == LiveKind.DELETE and standing.is_under_way:
            return standing
        if why := hindrance(locked):
            raise WrongState(why)
        _make_way(standing, now)
        return LiveChange.objects.create(pin=locked, kind=LiveKind.DELETE, due_at=now, created_by=user)


def withdraw(change: LiveChange, *, now: datetime) -> None:
    """Take it back before it is sent, or let a refusal be. Raises WrongState when it has left."""
    for old in (LiveState.WAITING, LiveState.REFUSED):
        if LiveChange.objects.advance(change.pk, old, LiveState.WITHDRAWN, settled_at=now):
            return
    raise WrongState(TOO_LATE)


def retry(change: LiveChange, *, now: datetime) -> None:
    """Once more, as it was. Raises WrongState unless it was refused."""
    fresh = {"due_at": now, "tries": 0, "settled_at": None, "code": "", "message": "", "http_status": None}
    if not LiveChange.objects.advance(change.pk, LiveState.REFUSED, LiveState.WAITING, **fresh):
        raise WrongState(TOO_LATE)


def wished(pin: Pin) -> drafts.Content:
    """What a published Pin says with all that is still to change of it, refused or not."""
    values = drafts.content_of(pin).values()
    return drafts.Content(**values | (pin.live_change.wanted if pin.live_change else {}))


def differing(pin: Pin, content: drafts.Content) -> dict[str, Any]:
    """What to change so that a Pin says this: what is different, and what waits to be different already."""
    named = pin.live_change.wanted if pin.live_change else {}
    values = {name: value for name, value in content.values().items() if name != "account"}
    stands = drafts.content_of(pin).values()
    return {name: value for name, value in values.items() if value != stands[name] or name in named}


def hindrance(pin: Pin) -> str:
    """Why nothing of this Pin can be changed on Pinterest at this moment; "" if it can."""
    if pin.status != Status.PUBLISHED:
        return NOT_THERE
    if pin.live_change is None or not pin.live_change.is_under_way:
        return ""
    if pin.live_change.kind == LiveKind.DELETE:
        return ENDING
    return BUSY if pin.live_change.state == LiveState.SENT else ""


def _locked(pin: Pin) -> Pin:
    pins = Pin.objects.select_for_update(of=("self",)).select_related("account", "board", "section")
    return pins.prefetch_related(LiveChange.objects.for_pins()).get(pk=pin.pk)


def _make_way(standing: LiveChange | None, now: datetime) -> None:
    if standing is None:
        return
    old = LiveState(standing.state)
    if not LiveChange.objects.advance(standing.pk, old, LiveState.WITHDRAWN, settled_at=now):
        raise WrongState(BUSY)


def _placed(pin: Pin, waits: LiveChange | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Board and section together, if one of them is given. Another board alone ends the section."""
    if not {"board", "section"} & given.keys():
        return {}
    old_board, old_section = (
        (waits.board, waits.section) if waits and waits.board else (pin.board, pin.section)
    )
    board = given.get("board", old_board)
    stays = board is not None and old_board is not None and board.pk == old_board.pk
    return {"board": board, "section": given.get("section", old_section if stays else None)}


def _problems(pin: Pin, given: Mapping[str, Any]) -> list[preflight.Problem]:
    """What Pinterest would refuse of what changes. What stays is on Pinterest already."""
    title, description, link, alt_text = (given.get(name, "") for name in WORDS)
    found = preflight.check_text(title=title, description=description, link=link, alt_text=alt_text)
    if "board" in given:
        board, section = given["board"], given["section"]
        found += preflight.check_board(board)
        found += preflight.misplaced(pin.account_id, board, section)
        found += preflight.check_section(section)
    return found
