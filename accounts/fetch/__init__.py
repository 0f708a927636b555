"""Guarded fetch of addresses that users give: the server asks on their behalf, so it asks with care.

Only http and https, only public addresses (or what the operator put on FETCH_ALLOW). Each hop is looked up
once, every address found is judged, and the connection goes to exactly the judged one, so a name that changes
its answer gains nothing. Time, bytes and redirects have their limits over all hops together. What arrives is
recognised by its first bytes. Knows no Django, keeps nothing, and says no in words for whoever gave the address.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Final
from urllib.parse import quote

from accounts.fetch import kinds, wire
from accounts.fetch.addresses import (
    Address,
    Allow,
    Place,
    Resolver,
    allow_list,
    is_public,
    look_up,
    parse,
    unknown_host,
)
from accounts.fetch.errors import INSTEAD, FetchRefused
from accounts.fetch.wire import Deadline

__all__ = ["FetchRefused", "Fetched", "allow_list", "fetch", "is_public"]

MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched, at its start. Whoever gets it closes it, best with `with`."""

    file: IO[bytes]
    content_type: str  # by its first bytes
    final_url: str
    size: int

    def __enter__(self) -> Fetched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


def fetch(
    url: str,
    *,
    allow: Allow,
    max_bytes: int,
    deadline: float,
    accept: Collection[str],
    resolve: Resolver = look_up,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """The file at this address, if it is one of the content types to `accept`. Raises FetchRefused.

    `deadline` is in seconds, for everything. `resolve` and `tls` stand in for the system's in tests.
    """
    clock = Deadline(deadline)
    place = parse(url)
    for _ in range(1 + MAX_REDIRECTS):
        with (
            _in_plain_words(place),
            wire.get(
                place,
                _judged(place, allow, resolve, clock),
                accept=", ".join(sorted(accept)),
                max_bytes=max_bytes,
                deadline=clock,
                tls=tls,
            ) as answer,
        ):
            if answer.status not in _REDIRECTS:
                return _received(answer, place, max_bytes=max_bytes, accept=accept)
            place = place.follow(_location(answer))
    raise FetchRefused(
        "too_many_redirects",
        f"This address leads on and on: after {MAX_REDIRECTS} redirects there was still no picture. "
        f"Open it in a browser and copy the address that the picture has there. {INSTEAD}",
    )


def _judged(place: Place, allow: Allow, resolve: Resolver, clock: Deadline) -> list[Address]:
    """Look the host up, once, and refuse it unless all that was found may be reached.

    The system's resolver knows no deadline, so it works in a thread that is left behind when it is too slow.
    """
    place.check_port(allow)
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolve(place.host)))
        except (OSError, ValueError):  # no such name, or one that can't be a name
            answers.put([])

    threading.Thread(target=ask, name="fetch-look-up", daemon=True).start()
    try:
        found = answers.get(timeout=clock.left())
    except Empty:
        raise TimeoutError("The deadline was over before the name was looked up.") from None
    if not found:
        raise unknown_host(place.host)
    return place.judge(found, allow)


def _location(answer: HTTPResponse) -> str:
    """Where a redirect leads. Servers write UTF-8 here, which http.client reads as Latin-1."""
    location = answer.headers.get("Location", "").encode("latin-1", "replace")
    return quote(location.strip(), safe="!#$%&'()*+,/:;=?@[]~\\")
