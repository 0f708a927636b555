"""What is kept of an answer of Pinterest's, or of our own finding, with the row it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import CallRecord

# What a row waits for, beside Pinterest's own numbers.
QUOTA: Final = "quota"
RATE_LIMITED: Final = "rate_limited"
UNAVAILABLE: Final = "unavailable"
AUTH_EXPIRED: Final = "auth_expired"

WIDTHS: Final = {"code": 40, "message": 1000, "request_id": 100}  # the columns', of attempts and changes


@dataclass(frozen=True, slots=True)
class Evidence:
    """`code` is Pinterest's number, or our word."""

    code: str
    message: str
    http_status: int | None = None
    request_id: str = ""

    @classmethod
    def of(cls, error: pinterest.PinterestError, code: str = "") -> Evidence:
        number = "" if error.code is None else str(error.code)
        return cls(code or number, error.message, error.http_status, error.request_id or "")

    @classmethod
    def of_answer(cls, record: CallRecord) -> Evidence:
        """Of a yes."""
        return cls("", "", record.status, record.request_id)

    def columns(self) -> dict[str, Any]:
        """Cut to the columns: what is only evidence must never keep an outcome from being written down."""
        said = {"code": self.code, "message": self.message, "request_id": self.request_id}
        return {name: text[: WIDTHS[name]] for name, text in said.items()} | {"http_status": self.http_status}
