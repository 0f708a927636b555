"""What goes back over the wire: a `Reply`, or an `ApiError` that becomes one. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

type_json: Final = ("Content-Type", "application/json")

RATE_LIMIT_MESSAGE: Final = (
    "This request exceeded a rate limit. This can happen if the client exceeds one of the published rate "
    "limits or if multiple write operations are applied to an object within a short time window."
)
TRIAL_MESSAGE: Final = (
    "Apps with Trial access may not create Pins in production https://api.pinterest.com . "
    "Please use API Sandbox https://api-sandbox.pinterest.com instead."
)
IMAGE_FORMAT_MESSAGE: Final = "The format of the image is not supported"
SPAM_LINK_MESSAGE: Final = "Sorry! We blocked this link because it may lead to spam."


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class ApiError(Exception):
    """Ends a call with `{"code", "message"}`; nothing has been changed when it is raised."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def reply(self) -> Reply:
        return json_reply({"code": self.code, "message": self.message}, self.status)


class Dropped(Exception):
    """The TCP connection ends here, without an answer."""


def json_reply(payload: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Reply:
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    return Reply(status, body, (type_json, *headers))


def html_reply(page: str, status: int = 200) -> Reply:
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
    return Reply(status, page.encode(), headers)


# The errors, one line each, with the codes the live API was seen to use.


def unauthenticated() -> ApiError:
    return ApiError(401, 2, "Authentication failed.")


def scope_missing() -> ApiError:
    return ApiError(
        401,
        3,
        "Your token does not have sufficient permissions to perform this operation. "
        "Please ensure your token is authorized with the correct set of scopes.",
    )


def beta_only() -> ApiError:
    return ApiError(401, 3, "Your application does not have access to this restricted feature.")


def forbidden() -> ApiError:
    return ApiError(403, 29, "You are not permitted to access that resource.")


def not_in_sandbox() -> ApiError:
    return ApiError(403, 29, "You are not permitted to access that resource in the API Sandbox.")


def trial_only() -> ApiError:
    return ApiError(403, 29, TRIAL_MESSAGE)


def board_missing() -> ApiError:
    return ApiError(404, 40, "Board not found.")


def pin_missing() -> ApiError:
    return ApiError(404, 50, "Pin not found.")


def section_missing() -> ApiError:
    return ApiError(404, 2031, "Sorry! We couldn't find this board section.")


def media_missing() -> ApiError:
    return ApiError(404, 404, "Media upload not found.")


def invalid(message: str) -> ApiError:
    return ApiError(400, 1, message)


def rate_limited() -> ApiError:
    return ApiError(429, 8, RATE_LIMIT_MESSAGE)
