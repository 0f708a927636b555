"""Why a Pin isn't out: Pinterest's answer, in words that say what to do."""

from __future__ import annotations

import json

import pytest

from accounts.pinterest import errors
from pins.rules import reasons

PLACE = reasons.Place("@alderandoat", "Desks", "Oak")


def answered(status: int, code: int, message: str) -> errors.PinterestError:
    body = json.dumps({"code": code, "message": message}).encode()
    return errors.from_response(status, body, headers={}, is_write=True)


@pytest.mark.parametrize(
    ("status", "code", "message", "shown"),
    [
        (
            403,
            29,
            "You are not permitted to access that resource.",
            (
                "Pinterest doesn’t let @alderandoat save to the board “Desks”. Choose another board, or "
                "ask the board’s owner to let @alderandoat in; then retry."
            ),
        ),
        (404, 40, "Board not found.", reasons.BOARD_GONE),
        (
            404,
            2031,
            "Board section not found.",
            "Pinterest no longer has the section “Oak”. Choose another one, or only the board; then retry.",
        ),
        (
            400,
            1,
            "Invalid URL or request data: 'link' is blocked.",
            (
                "Pinterest refused the link: “Invalid URL or request data: 'link' is blocked.” Change it, "
                "then retry."
            ),
        ),
        (
            400,
            1,
            "'alt_text' is too long.",
            "Pinterest refused the alt text: “'alt_text' is too long.” Change it, then retry.",
        ),
        (
            400,
            235,
            "Sorry, we could not do this.",
            "Pinterest refused this Pin: “Sorry, we could not do this.” Change what it asks for, then retry.",
        ),
        (
            401,
            3,
            "You are not permitted to access this feature: video pins",
            (
                "Pinterest has not opened this to the app of this PinSched: “You are not permitted to access "
                "this feature: video pins” Tell the person who runs PinSched."
            ),
        ),
    ],
)
def test_a_refusal_says_what_to_do(status: int, code: int, message: str, shown: str) -> None:
    assert reasons.of_refusal(answered(status, code, message), PLACE) == shown


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (answered(429, 8, "This request exceeded a rate limit."), "Pinterest asks this account for a pause"),
        (answered(409, 12, "Could not get exclusive access to the board."), "Pinterest could not take this"),
        (answered(401, 2, "Authentication failed."), "Pinterest did not take this account’s permission"),
        (errors.NoConnection("No connection to Pinterest: ConnectionRefusedError."), reasons.UNREACHABLE),
    ],
)
def test_a_delay_says_that_it_goes_out_by_itself(error: errors.PinterestError, start: str) -> None:
    shown = reasons.of_delay(error)
    assert shown.startswith(start)
    assert shown.endswith(("by itself.", "by itself after it."))
    assert error.message not in shown  # Pinterest's wording and our exceptions stand in the history
