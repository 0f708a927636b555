"""Servers and names that mean us no good, and what a guarded fetch of theirs comes to."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from accounts.fetch import Fetched, FetchRefused, fetch
from tests.support.waiting import PATIENCE
from tests.unit.tiny_server import TinyServer, answer

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 40
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
LIMIT = 100_000


def port(server: TinyServer) -> int:
    return int(server.url.rpartition(":")[2])


def get(url: str, *servers: TinyServer, **more: Any) -> Fetched:
    """Fetch, with these servers on the allow-list by their addresses."""
    allowed = {("127.0.0.1", port(server)) for server in servers}
    return fetch(
        url,
        **{"allow": frozenset(allowed), "max_bytes": LIMIT, "deadline": PATIENCE, "accept": IMAGES, **more},
    )


def refusal(url: str, *servers: TinyServer, **more: Any) -> FetchRefused:
    with pytest.raises(FetchRefused) as caught:
        get(url, *servers, **more).file.close()
    assert caught.value.message.endswith(".")
    return caught.value


def code(url: str, *servers: TinyServer, **more: Any) -> str:
    return refusal(url, *servers, **more).code


def jpeg(connection: socket.socket, number: int) -> None:
    answer(connection, raw=JPEG)


def says(*, status: int = 200, headers: str = "", raw: bytes = JPEG) -> Callable[[socket.socket, int], None]:
    return lambda connection, number: answer(connection, status=status, headers=headers, raw=raw)


def sends(*pieces: bytes) -> Callable[[socket.socket, int], None]:
    """Exactly these bytes, and then no more."""

    def handler(connection: socket.socket, number: int) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.close()

    return handler


class Resolver:
    """Knows a few names; a name with several answers gives the next one each time it is asked."""

    def __init__(self, **names: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in names.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:  # a number in any spelling, or no such name
            return [str(a[0]) for *_, a in socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)]
        found = self.answers[host]
        return found.pop(0) if len(found) > 1 else found[0]


@contextlib.contextmanager
def neighbour(server: TinyServer) -> Iterator[list[str]]:
    """Who came to the same port of another address of this machine, 127.0.0.2: nobody should."""
    came: list[str] = []
    with socket.create_server(("127.0.0.2", port(server))) as listener:
        listener.settimeout(0.05)
        yield came
        with contextlib.suppress(TimeoutError):
            connection, client = listener.accept()
            came.append(client[0])
            connection.close()
