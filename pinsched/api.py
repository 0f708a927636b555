"""`/api/v1`: routers, and one shape for every error. pinsched/openapi.py writes the document."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

import pydantic_core
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import BaseRenderer

from accounts.api import accounts, boards
from accounts.rest import idempotency, throttle
from accounts.rest.bearer import unauthorized
from accounts.rest.body import StrictParser
from accounts.rest.errors import ApiError, ErrorResponse, enveloped, of_problems, of_status, of_validation
from pins.api.media import router as media
from pins.api.metrics import router as metrics
from pins.api.pins import router as pins
from pins.errors import Invalid, WrongState
from pinsched.unavailable import RETRY_AFTER, is_away
from pinsched.websafety import announced_bytes

logger = logging.getLogger(__name__)

throttle.rate(settings.API_RATE)  # a rate that can't be read is said at the start, not at the first request

PREFIX: Final = "/api/v1"
BIGGEST_REQUEST: Final = 64 * 1024 * 1024  # bytes read at all; what is too large for a Pin is said by media
DRAINED_FOR: Final = 10.0  # seconds

DESCRIPTION: Final = """
Schedule Pins from scripts. Make a token in Settings, or with `manage.py create_api_token`, and send it as
`Authorization: Bearer ps_…`.

- Ids are opaque. Times are ISO 8601 with a zone.
- Lists answer `{"items", "next"}`; follow `next` until it is null.
- Errors answer `{"error": {"code", "message", "fields"}}`.
- POST takes an `Idempotency-Key`: the same request again, within 24 hours, gets the first answer and is not
  done twice. A request that was refused did nothing and leaves its key free.
"""


class Json(BaseRenderer):
    """Keeps microseconds, which Django's encoder cuts to milliseconds."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return pydantic_core.to_json(data)


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**more)
        for path in schema["paths"].values():
            if "post" in path:
                path["post"]["parameters"] = [*path["post"].get("parameters", ()), idempotency.IN_OPENAPI]
        return schema


api = Api(
    title="PinSched",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    renderer=Json(),
    parser=StrictParser(),
)
api.add_router("accounts", accounts)
api.add_router("boards", boards)
api.add_router("media", media)
api.add_router("pins", pins)
api.add_router("metrics", metrics)


# Errors --------------------------------------------------------------------------------------------------


@api.exception_handler(ApiError)
def _answered(request: HttpRequest, error: ApiError) -> HttpResponse:
    return error.response()


@api.exception_handler(Invalid)
def _refused(request: HttpRequest, error: Invalid) -> HttpResponse:
    problems = ((one.field, one.code, one.message) for one in error.problems)
    return of_problems(problems).response()


@api.exception_handler(WrongState)
def _too_late(request: HttpRequest, error: WrongState) -> HttpResponse:
    return ErrorResponse(409, "wrong_state", error.message)


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return of_validation(error.errors).response()


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return unauthorized().response()


@api.exception_handler(HttpError)
def _of_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja wraps what a parser raises; what we said ourselves comes out again."""
    if isinstance(error.__cause__, ApiError):
        return error.__cause__.response()
    return of_status(error.status_code).response()


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return of_status(404).response()


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return of_status(413).response()


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
@api.exception_handler(UnreadablePostError)
def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    return of_status(400).response()


@api.exception_handler(Exception)
def _crashed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("api.crashed", exc_info=error, extra={"method": request.method, "path": request.path})
    answer = of_status(503 if is_away(error) else 500)
    if answer.status == 503:
        answer.headers = {"Retry-After": str(RETRY_AFTER)}
    return answer.response()


class EnvelopeMiddleware:
    """What Django itself answers under /api/v1 (unknown path, wrong method, bad host) takes our shape too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PREFIX and not request.path_info.startswith(f"{PREFIX}/"):
            return self.get_response(request)
        response = self._answer(request)
        if response.status_code >= 400 and not isinstance(response, ErrorResponse):
            response = enveloped(response)
        if response.status_code >= 400:
            _drain(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PREFIX:
            return of_status(404).response()
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            # Not led to https in silence: the token would cross the network in the open with every call.
            return ErrorResponse(403, "https_required", f"Call {settings.BASE_URL}{PREFIX} over https.")
        if announced_bytes(request) > BIGGEST_REQUEST:
            return of_status(413).response()
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return of_status(411).response()  # Django would take the body for empty
        return self.get_response(request)


def _drain(request: HttpRequest) -> None:
    """Read what the client is still sending: a connection closed upon it would swallow our answer."""
    if announced_bytes(request) > BIGGEST_REQUEST:
        return
    end = time.monotonic() + DRAINED_FOR
    try:
        while request.read(65_536) and time.monotonic() < end:
            pass
    except (OSError, ValueError):
        return
