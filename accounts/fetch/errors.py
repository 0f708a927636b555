"""Why an address that somebody gave was not fetched, in words for whoever gave it."""

from __future__ import annotations

from typing import Final

INSTEAD: Final = "Or save the picture on your computer and upload it from there."


class FetchRefused(Exception):
    """Nothing was fetched. `code` is stable, for programs; `message` says what happened and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
