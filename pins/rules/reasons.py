"""Why Pinterest's answer keeps a Pin from going out, and what to do, in words for marketers.

Pinterest's own wording stays with the attempt, in the Pin's history; here it is quoted only where nobody else
knows what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accounts.pinterest import errors

BOARD_GONE: Final = "Pinterest no longer has this board. Choose another one, then retry."
SOURCE_GONE: Final = (
    "Pinterest doesn’t have the Pin that is to be saved, or no longer shows it: it was deleted, or its board "
    "is secret. Delete this save, or save another Pin."
)
QUOTA: Final = (
    "Pinterest’s limit for this account is used up for now. The Pin goes out by itself when it refills."
)
UNREACHABLE: Final = "Pinterest could not be reached. PinSched tries again by itself."

_NOT_NOW: Final[dict[type[errors.PinterestError], str]] = {
    errors.RateLimited: (
        "Pinterest asks this account for a pause: it has used up its calls for the moment. The Pin goes out "
        "by itself after it."
    ),
    errors.NoConnection: UNREACHABLE,
    errors.Unavailable: "Pinterest could not take this Pin just now. PinSched tries again by itself.",
    errors.AuthExpired: (
        "Pinterest did not take this account’s permission. PinSched renews it and tries again by itself."
    ),
}
_CHANGE_NOT_NOW: Final[dict[type[errors.PinterestError], str]] = {
    errors.RateLimited: (
        "Pinterest asks this account for a pause: it has used up its calls for the moment. This is done by "
        "itself after it."
    ),
    errors.NoConnection: UNREACHABLE,
    errors.Unavailable: "Pinterest could not do this just now. PinSched tries again by itself.",
    errors.AuthExpired: _NOT_NOW[errors.AuthExpired],
}
_NAMES: Final = {"alt_text": "alt text", "media": "picture"}  # of fields; the others are called as they are
_BOARD_NOT_FOUND: Final = 40
PIN_NOT_FOUND: Final = 50  # Pinterest's number; of a save: the Pin that was to be saved
_NOT_PERMITTED: Final = 29


@dataclass(frozen=True, slots=True)
class Place:
    """Where the Pin was to go: "@alderandoat", "Desks", "Oak" or no section; and whether it is a save."""

    account: str
    board: str
    section: str = ""
    is_save: bool = False


def of_delay(error: errors.PinterestError) -> str:
    """Nothing was made, and it goes again by itself."""
    return _words(_NOT_NOW, error)


def of_delayed_change(error: errors.PinterestError) -> str:
    """The same of a change of a live Pin."""
    return _words(_CHANGE_NOT_NOW, error)


def of_unreadable_change(error: errors.PinterestError) -> str:
    """The answer to a change was lost, and Pinterest doesn't show the Pin either."""
    return (
        f"Pinterest’s answer was lost, and it doesn’t let PinSched read the Pin: {_quoted(error)} Look on "
        "pinterest.com whether this was done; then try again, or dismiss it."
    )


def of_unread(error: Exception) -> str:
    """The answer was lost, and the board can't be read to see whether the Pin is there."""
    match error:
        case errors.RateLimited():
            return "Pinterest asks for a pause before it shows the board."
        case errors.Refused():
            return f"Pinterest doesn’t show PinSched the board: {_quoted(error)}"
        case _:
            return "Pinterest doesn’t show the board just now."


def of_refusal(error: errors.PinterestError, place: Place) -> str:
    """Nothing was made, and only a person can change that."""
    if isinstance(error, errors.RestrictedFeature):
        return (
            f"Pinterest has not opened this to the app of this PinSched: {_quoted(error)} Tell the person "
            "who runs PinSched."
        )
    if error.http_status == 403 and error.code == _NOT_PERMITTED and place.is_save:
        return (
            f"Pinterest doesn’t let {place.account} save this Pin to the board “{place.board}”: the Pin may "
            f"be on a secret board, or the board’s owner must let {place.account} in. Choose another board, "
            "or delete this save."
        )
    if error.http_status == 403 and error.code == _NOT_PERMITTED:
        return (
            f"Pinterest doesn’t let {place.account} save to the board “{place.board}”. Choose another board, "
            f"or ask the board’s owner to let {place.account} in; then retry."
        )
    field = error.field if isinstance(error, errors.Refused) else ""
    if error.http_status == 404 and error.code == _BOARD_NOT_FOUND:
        return BOARD_GONE
    if error.http_status == 404 and field == "section":
        return (
            f"Pinterest no longer has the section “{place.section}”. Choose another one, or only the board; "
            "then retry."
        )
    if error.http_status == 404 and error.code == PIN_NOT_FOUND:
        return SOURCE_GONE
    if field in ("", "pin", "name"):
        return f"Pinterest refused this Pin: {_quoted(error)} Change what it asks for, then retry."
    return f"Pinterest refused the {_NAMES.get(field, field)}: {_quoted(error)} Change it, then retry."


def _words(table: Mapping[type[errors.PinterestError], str], error: errors.PinterestError) -> str:
    return next((words for kind, words in table.items() if isinstance(error, kind)), error.plain)


def _quoted(error: errors.PinterestError) -> str:
    return f"“{error.message.strip()}”"
