"""Guarded fetch: how long it takes and how much, whatever a server does."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from accounts.fetch import MAX_REDIRECTS
from tests.integration.accounts.fetching import JPEG, code, sends
from tests.support.waiting import PATIENCE
from tests.unit.tiny_server import answer, dripping, ended_by_the_deadline, serving


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + JPEG[:2000],
        b"HTTP/1.1 200 OK\r\n\r\n" + JPEG[:2000],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + JPEG[:2000],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Slow: ",
    ],
    ids=["silent", "headers", "start", "body", "to the end", "chunks", "trailer"],
)
def test_a_drip_does_not_outlive_the_deadline(opening: bytes) -> None:
    with dripping(opening) as server, ended_by_the_deadline(0.45):
        assert code(server.url, server, deadline=0.5) == "timeout"


def test_a_stream_that_never_pauses_does_not_outlive_the_deadline() -> None:
    """No recv has to wait here, so none times out: the clock itself must be looked at."""

    def stream(connection: socket.socket, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + JPEG)
        while True:
            connection.sendall(b"a" * 64)

    with serving(stream) as server, ended_by_the_deadline(0.45):
        assert code(server.url, server, max_bytes=10**12, deadline=0.5) == "timeout"


def test_the_deadline_is_one_for_all_hops() -> None:
    def lead_on(connection: socket.socket, number: int) -> None:
        threading.Event().wait(0.2)
        answer(connection, status=302, headers="Location: /b\r\n")

    with serving(lead_on) as server, ended_by_the_deadline(0.45):
        assert code(server.url, server, deadline=0.5) == "timeout"


def test_a_slow_look_up_does_not_outlive_the_deadline() -> None:
    stop = threading.Event()

    def slow(host: str) -> list[str]:
        stop.wait(PATIENCE)
        return ["127.0.0.1"]

    with ended_by_the_deadline(0.25):
        assert code("http://img.test/", resolve=slow, deadline=0.3) == "timeout"
    stop.set()


def test_a_server_that_takes_no_connection_does_not_outlive_the_deadline() -> None:
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # nobody accepts: these fill the queue, and the next SYN waits
            crowd = held.enter_context(socket.socket())
            crowd.setblocking(False)
            crowd.connect_ex(listener.getsockname())
        there = ("127.0.0.1", listener.getsockname()[1])
        with ended_by_the_deadline(0.25):
            assert code(f"http://127.0.0.1:{there[1]}/", allow=frozenset({there}), deadline=0.3) == "timeout"


def test_a_tls_handshake_that_never_ends_does_not_outlive_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ended_by_the_deadline(0.25):
        there = ("127.0.0.1", listener.getsockname()[1])
        assert code(f"https://127.0.0.1:{there[1]}/", allow=frozenset({there}), deadline=0.3) == "timeout"


class Flood:
    """Sends a head and then the same bytes for ever; counts what was taken."""

    def __init__(self, head: bytes, again: bytes) -> None:
        self.head = head
        self.again = again * (65536 // len(again))
        self.taken = 0

    def __call__(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.sendall(self.head)
        while True:
            self.taken += connection.send(self.again)


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + JPEG, b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + JPEG, b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n" + JPEG, b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\xff\xd8\xff\r\n", b"1\r\na\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + JPEG, b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: 1\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["to the end", "negative", "chunk", "small chunks", "negative chunk", "trailers", "continue"],
)
def test_a_flood_is_turned_off(head: bytes, again: bytes) -> None:
    flood = Flood(head, again)
    with serving(flood) as server:
        assert code(server.url, server) == "too_large"
    assert flood.taken < 12_000_000  # buffers of the system included


def test_what_is_announced_to_be_too_large_is_not_waited_for() -> None:
    def announce(connection: socket.socket, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n" + JPEG[:1024])
        connection.recv(1)

    with serving(announce) as server:
        assert code(server.url, server) == "too_large"


@pytest.mark.parametrize(
    "whole",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + JPEG[:100],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n" + JPEG[:10] + b"\r\n",
    ],
    ids=["length", "short length", "chunk", "chunks"],
)
def test_half_a_picture_is_no_picture(whole: bytes) -> None:
    with serving(sends(whole)) as server:
        assert code(server.url, server) == "cut_off"


@pytest.mark.parametrize("loop", ["/", "/b", "http://{}/"])
def test_a_redirect_loop_ends(loop: str) -> None:
    def lead_on(connection: socket.socket, number: int) -> None:
        answer(connection, status=302, headers=f"Location: {loop.format(here)}\r\n")

    with serving(lead_on) as server:
        here = server.url.removeprefix("http://")
        assert code(server.url, server) == "too_many_redirects"
        assert len(server.requests) == 1 + MAX_REDIRECTS
