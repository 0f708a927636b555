"""One GET over a new connection to an address that has been judged, within a deadline and a number of bytes.

The socket is ours: no library beneath may look a name up, use a proxy from the environment, read ~/.netrc,
keep a cookie, follow a redirect or undo a compression. The name of the server is used where it is a name
(Host, SNI, certificate), the judged address where it is a place.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from http.client import HTTPResponse
from typing import Any, Final, cast

import certifi

from accounts.fetch.addresses import Address, Place
from accounts.fetch.errors import INSTEAD, FetchRefused

LONGEST_CONNECT: Final = 5.0  # seconds an address; the next one deserves its chance
PIECE: Final = 64 * 1024  # bytes read at once
USER_AGENT: Final = "Mozilla/5.0 (compatible; PinSched; fetches pictures that its users name)"
_HINTS: Final = frozenset({102, 103, 104})  # still at it, early hints: the answer comes behind
_OVERHEAD: Final = 512 * 1024  # bytes that heads and the framing of chunks may add to a body


class Deadline:
    """One clock over everything: look-ups, redirects, handshakes and each byte of the body."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("The deadline of this fetch is over.")
        return left


@contextmanager
def get(
    place: Place,
    addresses: Sequence[Address],
    *,
    accept: str,
    max_bytes: int,
    deadline: Deadline,
    tls: ssl.SSLContext | None,
) -> Iterator[HTTPResponse]:
    """The answer, its body yet to be read. Raises OSError (TimeoutError, SSLError) or HTTPException."""
    with ExitStack() as held:
        sock = held.enter_context(_connected(addresses, place.port, deadline))
        if place.scheme == "https":
            sock.settimeout(deadline.left())
            context = tls or _trusted()
            sock = held.enter_context(context.wrap_socket(sock, server_hostname=place.host))
        sock.settimeout(deadline.left())
        sock.sendall(_request(place, accept))
        meter = _Meter(sock, deadline, max_bytes + max_bytes // 8 + _OVERHEAD)
        # All that HTTPResponse does with a socket is to ask it for a file.
        response = held.enter_context(HTTPResponse(cast("socket.socket", meter), method="GET"))
        response.begin()
        # http.client passes over 100 alone. A head that is forgotten it reads anew, from where the last ended
        while response.status in _HINTS:
            response.headers = None  # type: ignore[assignment]  # as before the first
            response.begin()
        yield response


def _connected(addresses: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address that takes one: numbers only, so there is nothing to look up."""
    failure = OSError("There is no address to connect to.")
    for address in addresses:
        left = deadline.left()
        sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            sock.settimeout(min(left, LONGEST_CONNECT))
            sock.connect((str(address), port))
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _request(place: Place, accept: str) -> bytes:
    """The request. Path and host are plain ASCII without spaces since `addresses.parse`."""
    lines = (
        f"GET {place.path} HTTP/1.1",
        f"Host: {place.authority}",
        f"User-Agent: {USER_AGENT}",
        f"Accept: {accept}",
        "Accept-Encoding: identity",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The system's authorities (an intranet's own are there) and certifi's (a bare machine has none)."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Meter(io.RawIOBase):
    """What a whole response is read from, its head and framing included.

    http.client loops over heads, trailers and chunks as long as a server likes, and would read a chunk of the
    length -1 to the end of memory. Here every `recv` is given what is left of the deadline, and all of them
    together what a body of the allowed size can need.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline, most: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = most

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, PIECE)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise FetchRefused(
                "too_large",
                f"The server sent far more than a picture may weigh. Use a smaller picture. {INSTEAD}",
            )
        return count
