"""The one shape of every error under `/api/v1`: {"error": {"code", "message", "fields"}}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from pydantic import BaseModel

NOT_AVAILABLE_YET: Final = "not_available_yet"
INVALID_MESSAGE: Final = "Some fields must be put right."

# Statuses that any operation may answer, for the OpenAPI document. 405 too, though each operation has its
# method: an id with a slash in it, however it is written, is another path.
ERRORS: Final = frozenset({400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 422, 429, 503})

# What pydantic calls a mistake, in words for whoever wrote the request.
_WORDS: Final[dict[str, str]] = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be text.",
    "string_unicode": "This text has a broken character, often half of an emoji.",
    "list_type": "This must be a list.",
    "too_long": "This list is too long.",
    "model_type": "This must be a JSON object.",
    "model_attributes_type": "This must be a JSON object.",
    "dict_type": "This must be a JSON object.",
    "int_parsing": "This must be a whole number.",
    "int_parsing_size": "This number is too large.",
}
# Names of parameters in our own functions, which no caller knows.
_OURS: Final = frozenset({"body", "query", "filters", "window"})


class ApiError(Exception):
    """Raised by doors and what they stand on, to be answered as it is."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.fields, self.headers = dict(fields or {}), dict(headers or {})

    @classmethod
    def at(cls, field: str, message: str, *, code: str = "invalid") -> ApiError:
        """422 at one field."""
        outer = INVALID_MESSAGE if code == "invalid" else message
        return cls(422, code, outer, fields={field: [message]})

    @classmethod
    def not_found(cls) -> ApiError:
        """The same for what never was and for what is another workspace's."""
        return cls(404, "not_found", "There is nothing here.")

    def response(self) -> ErrorResponse:
        return ErrorResponse(self.status, self.code, self.message, fields=self.fields, headers=self.headers)


class ErrorResponse(JsonResponse):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        named = {_readable(name): list(messages) for name, messages in (fields or {}).items()}
        super().__init__(
            {"error": {"code": code, "message": message, "fields": named}}, status=status, headers=headers
        )


class ErrorDetail(BaseModel):
    code: str
    message: str
    fields: dict[str, list[str]]


class ErrorOut(BaseModel):
    error: ErrorDetail


def of_validation(errors: Iterable[Mapping[str, Any]]) -> ApiError:
    """What pydantic found, by field."""
    found = list(errors)
    fields: dict[str, list[str]] = {}
    for one in found:
        fields.setdefault(_field(one["loc"]), []).append(_words(one))
    if found and all(one["type"] == NOT_AVAILABLE_YET for one in found):
        return ApiError(422, NOT_AVAILABLE_YET, _words(found[0]), fields=fields)
    return ApiError(422, "invalid", INVALID_MESSAGE, fields=fields)


# Problems that a program must tell from a field that is wrong.
_SAID_AS_SUCH: Final = {"storage_full": 422, "too_large": 413, "too_many_waiting": 422}


def of_problems(problems: Iterable[tuple[str, str, str]]) -> ApiError:
    """What a verb refused: (field, code, message) each."""
    found = list(problems)
    fields: dict[str, list[str]] = {}
    for field, _, message in found:
        fields.setdefault(field, []).append(message)
    codes = {code for _, code, _ in found}
    if len(codes) == 1 and (status := _SAID_AS_SUCH.get(found[0][1])):
        return ApiError(status, found[0][1], found[0][2], fields=fields)
    return ApiError(422, "invalid", INVALID_MESSAGE, fields=fields)


# What Django or a proxy in front of a view says with a status alone.
_BARE: Final[dict[int, tuple[str, str]]] = {
    400: ("bad_request", "This request can’t be read."),
    401: ("unauthorized", "Show a valid API token: Authorization: Bearer ps_…"),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address doesn’t take that method."),
    408: ("too_slow", "The request came too slowly. Send it again over a faster line."),
    411: ("length_required", "Send the body with a Content-Length, not in chunks."),
    413: ("too_large", "This request is too large."),
    415: ("unsupported_media_type", "Send JSON, with Content-Type: application/json."),
    429: ("throttled", "Too many requests. Slow down."),
    503: ("unavailable", "Something that PinSched leans on is away or full just now. Try again in a moment."),
}
_KEPT_HEADERS: Final = ("Allow", "Retry-After", "WWW-Authenticate")


def of_status(status: int) -> ApiError:
    fallback = ("internal", "Something went wrong here. It has been logged.")
    code, message = _BARE.get(status, fallback if status >= 500 else _BARE[400])
    return ApiError(status, code, message)


def enveloped(response: HttpResponse) -> HttpResponse:
    """The same refusal, in our shape."""
    error = of_status(response.status_code)
    error.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return error.response()


def _field(loc: Sequence[str | int]) -> str:
    """("body", "body", "media", 0) is `media`; a mistake of the whole stands under its source."""
    names = [part for part in loc if isinstance(part, str) and part not in _OURS]
    return names[0] if names else str(loc[0] if loc else "body")


def _words(one: Mapping[str, Any]) -> str:
    message: str = one.get("msg", "")
    return _WORDS.get(one["type"]) or message.removeprefix("Value error, ")


def _readable(name: str) -> str:
    """A client may call its field anything, half an emoji too."""
    return name.encode("utf-8", "replace").decode()[:200]
