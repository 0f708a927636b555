"""What a person or a program gets while the database, Redis or room on the disk is missing: 503, and when to
ask again."""

from __future__ import annotations

import errno
import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import server_error
from redis import exceptions as redis

# Raised by what leans on them, wherever in a request that happens.
AWAY: Final = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)
# Of a large upload, which Django keeps in the temporary folder at first.
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
RETRY_AFTER: Final = 10  # seconds


def is_away(error: BaseException | None) -> bool:
    return isinstance(error, AWAY) or (isinstance(error, OSError) and error.errno in NO_ROOM)


def broken(request: HttpRequest) -> HttpResponse:
    """`handler500`: Django calls it while it handles what a view or a middleware raised."""
    if not is_away(sys.exception()):
        return server_error(request)
    reload = RETRY_AFTER if request.method == "GET" else None
    answer = render(None, "503.html", {"reload": reload}, status=503)
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer
