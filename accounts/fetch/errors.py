"""Why an address that somebody gave was not fetched, in words for whoever gave it."""

from __future__ import annotations

from typing import Final

INSTEAD: Final = "Or save the picture on your computer and upload it from there."


class FetchRefused(Exception):
    """Nothing was fetched. `code` is stable, for programs; `message` says what happened and what to do.

    `passing`: the same address may well answer later, so `message` says what happened only: what to do is
    the caller's, who may try again. `retry_after`: not before so many seconds, as the server asks.
    """

    def __init__(
        self, code: str, message: str, *, passing: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.passing = passing
        self.retry_after = retry_after
