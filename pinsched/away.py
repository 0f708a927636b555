"""What a person or a program gets while the database or Redis is away: 503, and when to ask again."""

from __future__ import annotations

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import server_error
from redis import exceptions as redis

# Raised by what leans on them, wherever in a request that happens.
AWAY: Final = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)
RETRY_AFTER: Final = 10  # seconds


def broken(request: HttpRequest) -> HttpResponse:
    """`handler500`: Django calls it while it handles what a view or a middleware raised."""
    if not isinstance(sys.exception(), AWAY):
        return server_error(request)
    answer = render(
        None, "503.html", {"reload": RETRY_AFTER if request.method == "GET" else None}, status=503
    )
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer
