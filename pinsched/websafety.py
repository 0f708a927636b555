"""What holds for every answer and every request: headers that browsers keep to, and how much may be sent."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.rest.errors import of_status
from pinsched.patience import Refused

# A form with a full batch of pictures, for browsers without scripts; what docs/deploy.md tells the proxy.
MOST_BYTES: Final = 250 * 1024 * 1024

CROWDED_FOR: Final = 10  # seconds until a slow client has shown how slow it is

# What no page of ours asks for. Passkeys are left as they are.
PERMISSIONS: Final = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
# An answer that says something itself is left alone: static files and pictures may be kept.
DEFAULTS: Final = {
    "Cache-Control": "no-store",  # pages show a workspace; nothing of it stays behind on a shared computer
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in DEFAULTS.items():
            response.setdefault(name, value)
        return response


class SlowClientMiddleware:
    """Says to a client that it was not waited for any longer. What the rest made of half a body (no token in
    it, no file) is no answer to that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        refusal: Refused | None = getattr(request.META.get("gunicorn.socket"), "refusal", None)
        if refusal is None:
            return response
        response.close()
        answer = _too_slow(request, refusal.status)
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            answer["Retry-After"] = str(CROWDED_FOR)
        return answer


def _too_slow(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return of_status(status).response()
    return render(None, f"{status}.html", status=status)


class SizeMiddleware:
    """Refuses what is too large before a byte of it is read: files would be written to this machine's disk
    while the CSRF token is still looked for. Whoever isn't signed in has no file to send. The API has
    limits of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        is_page = not request.path_info.startswith("/api/")
        if is_page and announced_bytes(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            allowed = MOST_BYTES if request.user.is_authenticated else 0
            if announced_bytes(request) > allowed:
                return render(request, "413.html", status=413)
        return self.get_response(request)


def announced_bytes(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0
