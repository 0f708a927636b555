"""An HTTP server in a few lines that may misbehave: a test gives it what to do with each request."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

from tests.support.waiting import PATIENCE

Handler = Callable[[socket.socket, int], None]


class TinyServer:
    """Calls `handler(connection, number)` for the n-th request, counted from 0 over all connections."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.handler, self.tls = handler, tls
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), self._secured(connection) as connection:
            while request := _request(connection):
                self.requests.append(request)
                self.handler(connection, len(self.requests) - 1)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        secured = self.tls.wrap_socket(connection, server_side=True)
        self._open.append(secured)
        return secured

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)


@contextlib.contextmanager
def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> Iterator[TinyServer]:
    server = TinyServer(handler, tls)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def dripping(opening: bytes) -> Iterator[TinyServer]:
    """Sends `opening`, if any, and then a byte every 50 ms: no single recv waits for long, so only a deadline
    over all of them ends it."""
    stop = threading.Event()

    def drip(connection: socket.socket, number: int) -> None:
        connection.sendall(opening)
        with contextlib.suppress(OSError):
            while opening and not stop.wait(0.05):
                connection.sendall(b"a")
        stop.wait(PATIENCE)

    with serving(drip) as server:
        try:
            yield server
        finally:
            stop.set()


@contextlib.contextmanager
def ended_by_the_deadline(least: float) -> Iterator[None]:
    """After at least so many seconds; what it ends would go on for `PATIENCE`, or for ever."""
    began = time.monotonic()
    yield
    assert least <= time.monotonic() - began <= PATIENCE / 2


def answer(
    connection: socket.socket,
    body: object = None,
    *,
    status: int = 200,
    headers: str = "",
    raw: bytes | None = None,
) -> None:
    """A whole response; `headers` is lines that end in \\r\\n."""
    data = raw if raw is not None else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Word\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
    connection.sendall(head.encode() + data)


def _request(connection: socket.socket) -> bytes:
    """One whole request; empty when the other side has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body
