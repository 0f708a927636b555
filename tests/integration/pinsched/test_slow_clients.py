"""Whoever sends or takes bytes slowly holds up nobody else: against a real `web`, as an operator starts it.

One process with its sixteen threads; forty clients, more than it has threads, do their worst.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import pytest
import requests

from pinsched.patience import PROVEN_AFTER
from tests.conftest import ROOT
from tests.support.ports import free_port
from tests.support.production import Running
from tests.support.waiting import PATIENCE, wait_until

CROWD: Final = 40
SOON: Final = 5.0  # seconds that an ordinary request may take, on a busy machine too
COOKIE: Final = f"csrftoken={'a' * 32}"
PAGE: Final = "/accounts/login/"

pytestmark = [pytest.mark.timeout(180), pytest.mark.processes]


class Web:
    def __init__(self, port: int, running: Running) -> None:
        self.port, self.running = port, running
        self.opened: list[socket.socket] = []

    def get(self, path: str = PAGE) -> int:
        return requests.get(f"http://localhost:{self.port}{path}", timeout=SOON).status_code

    def client(self, first: bytes = b"") -> socket.socket:
        found = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        found.sendall(first)
        self.opened.append(found)
        return found

    def hang_up(self) -> None:
        for one in self.opened:
            one.close()
        self.opened.clear()

    def crowd(self, first: bytes) -> list[socket.socket]:
        return [self.client(first) for _ in range(CROWD)]


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Web]:
    port = free_port()
    running = Running("web", folder, PORT=str(port), BASE_URL="http://localhost:8000", WEB_CONCURRENCY="1")
    found = Web(port, running)

    def answers() -> bool:
        with contextlib.suppress(requests.RequestException):
            return found.get("/healthz") == 200
        return False

    try:
        wait_until(answers, what="healthz")
        found.get()  # what is loaded once, is loaded
        yield found
    finally:
        found.hang_up()
        running.kill()


@pytest.fixture(scope="module")
def one_web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with started(tmp_path_factory.mktemp("web")) as found:
        yield found


@pytest.fixture
def web(one_web: Web) -> Iterator[Web]:
    yield one_web
    one_web.hang_up()


def post(length: int, path: str = PAGE) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {COOKIE}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@contextlib.contextmanager
def trickling(clients: list[socket.socket]) -> Iterator[None]:
    """Each sends a byte now and then, for as long as it is listened to."""
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(0.3):
            for one in clients:
                with contextlib.suppress(OSError):
                    one.send(b"a")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def last_words(clients: list[socket.socket]) -> list[bytes]:
    """What each was told, once the other side has closed. Fails when that doesn't happen."""
    said = {one: b"" for one in clients}
    with selectors.DefaultSelector() as waiting:
        for one in clients:
            waiting.register(one, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(PATIENCE)
            assert ready, f"{len(waiting.get_map())} are still waited for"
            for key, _ in ready:
                one, found = cast("socket.socket", key.fileobj), b""
                with contextlib.suppress(ConnectionResetError):
                    found = one.recv(65_536)
                said[one] += found
                if not found:
                    waiting.unregister(one)
    return list(said.values())


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_bodies_that_trickle_hold_up_nobody_and_end(web: Web) -> None:
    clients, came = web.crowd(post(100_000)), time.monotonic()
    with trickling(clients):
        assert [web.get() for _ in range(10)] == [200] * 10
        whole = web.client(post(7) + b"a=b&c=d")
        assert status(whole.recv(200)) == 403  # a form without its token, read and judged
        wait_until(lambda: time.monotonic() > came + PROVEN_AFTER, what="the crowd to have shown its pace")
        # An honest slow line, a hundred times as fast as they: it gets a seat and keeps it.
        honest = web.client(post(200_000))
        pause = threading.Event()
        for _ in range(20):
            honest.sendall(b"a" * 10_000)
            pause.wait(0.1)
        assert status(honest.recv(200)) == 403
        told = [status(answer) for answer in last_words(clients)]
    assert set(told) <= {408, 503}
    assert 408 in told
    assert web.get() == 200


def test_the_api_says_it_in_its_own_shape(web: Web) -> None:
    # Without a token the body is read no further than to its end, for the answer to arrive.
    client = web.client(post(100_000, "/api/v1/pins"))
    with trickling([client]):
        (answer,) = last_words([client])
    assert status(answer) == 408
    assert b'"code": "too_slow"' in answer


@pytest.mark.parametrize(
    "first",
    [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "],
    ids=["nothing", "one byte", "half a head"],
)
def test_heads_that_never_end_hold_up_nobody_and_end(first: bytes, web: Web) -> None:
    clients = web.crowd(first)
    with trickling(clients if first else []):
        assert [web.get() for _ in range(10)] == [200] * 10
        last_words(clients)


def test_who_takes_no_answer_holds_up_nobody(web: Web) -> None:
    largest = max((ROOT / "staticfiles").rglob("*"), key=lambda file: file.is_file() and file.stat().st_size)
    path = f"/static/{largest.relative_to(ROOT / 'staticfiles')}"
    assert web.get(path) == 200
    again = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    web.crowd(again * max(4, 16_000_000 // largest.stat().st_size))
    assert [web.get() for _ in range(10)] == [200] * 10


def test_who_doesnt_hang_up_holds_up_nobody(web: Web) -> None:
    clients = web.crowd(f"GET {PAGE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert [web.get() for _ in range(10)] == [200] * 10
    assert {status(answer) for answer in last_words(clients)} == {200}


def test_it_ends_in_order_with_a_crowd_before_it(tmp_path: Path) -> None:
    with started(tmp_path) as web, trickling(web.crowd(post(100_000))):
        assert web.running.end() == 0
        assert "Traceback" not in web.running.text()
