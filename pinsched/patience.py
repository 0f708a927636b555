"""How long `web` waits for a client that sends, or takes, its bytes slowly, and how many threads may wait.

gunicorn's threads read bodies and write answers on a socket that blocks, without any deadline: a few dozen
clients that send a byte now and then would hold them all. Here each wait counts. A client has some seconds
of patience, spent by waiting for it and earned by the bytes that it moves, so that an honest slow line may
take as long as it needs; and only so many threads wait at all: the rest answer whoever doesn't keep them
waiting. Knows sockets, and nothing of Django or of what is sent.
"""

from __future__ import annotations

import contextlib
import errno
import math
import select
import socket
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SLOWEST: Final = 16 * 1024  # bytes a second that a client must move in the long run
GRACE: Final = 10.0  # seconds of patience for what is sent to us: a phone in a tunnel is back by then
# For what we send: the kernel says that there is room again only when a good part of its buffer is empty.
SENDING_GRACE: Final = 30.0
SEND_BUFFER: Final = 128 * 1024  # bytes; the kernel doubles it. Larger, and it would say so too seldom
PROVEN_AFTER: Final = 1.0  # seconds; before that a rate says little


class Refused(ConnectionResetError):
    """The client is not waited for any longer. gunicorn and Django take it for one that went away."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(errno.ECONNRESET, words)
        self.status = status


class Pace:
    """What is left of the patience with one client, in seconds."""

    def __init__(self, grace: float) -> None:
        self.grace = self.left = grace
        self.began = time.monotonic()
        self.bytes = 0

    def moved(self, count: int) -> None:
        self.bytes += count
        self.left = min(self.grace, self.left + count / SLOWEST)

    def waited(self, seconds: float) -> None:
        self.left -= seconds

    def standing(self, now: float) -> tuple[bool, float]:
        """Smaller for whoever makes way first: those that have shown how slow they are, by their bytes a
        second; then those that have just come, by what they brought."""
        age = now - self.began
        return age < PROVEN_AFTER, self.bytes / max(age, PROVEN_AFTER)


class Room:
    """How many threads may wait for clients at a time. When it is full, the slowest client goes.

    `ends` is which half of the connection is shut down then, so that the thread that waits for it goes on.
    """

    def __init__(self, seats: int, *, ends: int) -> None:
        self.seats, self.ends = seats, ends
        self._guests: dict[PatientSocket, Pace] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def seat(self, guest: PatientSocket, pace: Pace) -> Iterator[None]:
        """Raises Refused when there is none, and nobody slower to make way."""
        with self._lock:
            if len(self._guests) >= self.seats:
                self._make_way(guest, pace)
            self._guests[guest] = pace
        try:
            yield
        finally:
            with self._lock:
                self._guests.pop(guest, None)

    def _make_way(self, newcomer: PatientSocket, pace: Pace) -> None:
        now = time.monotonic()
        slowest = min(self._guests, key=lambda guest: self._guests[guest].standing(now), default=newcomer)
        if slowest is newcomer or self._guests[slowest].standing(now) >= pace.standing(now):
            raise newcomer.refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many slow clients at once")
        del self._guests[slowest]
        slowest.refuse(HTTPStatus.REQUEST_TIMEOUT, "the slowest of too many")
        with contextlib.suppress(OSError):  # gone already
            slowest.shutdown(self.ends)


class PatientSocket(socket.socket):
    """A client's connection, each of whose waits is counted."""

    reading: Room
    writing: Room

    @classmethod
    def around(cls, plain: socket.socket, *, reading: Room, writing: Room) -> Self:
        timeout = plain.gettimeout()
        found = cls(fileno=plain.detach())
        found.settimeout(timeout)
        found.reading, found.writing = reading, writing
        if found.family in (socket.AF_INET, socket.AF_INET6):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        found.begin()
        return found

    def begin(self) -> None:
        """Another request: patience begins anew."""
        self.refusal: Refused | None = None
        self._in, self._out = Pace(GRACE), Pace(SENDING_GRACE)

    def refuse(self, status: HTTPStatus, words: str) -> Refused:
        """Nothing more is read from it. What it is told may still be sent."""
        self.refusal = Refused(status, words)
        return self.refusal

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        if self.gettimeout() == 0:
            return super().recv(bufsize, flags)
        if self.refusal is not None:
            raise self.refusal
        if not self._is_ready(select.POLLIN, 0):
            self._wait(select.POLLIN, self.reading, self._in)
        found = super().recv(bufsize, flags)
        self._in.moved(len(found))
        return found

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        rest = memoryview(data).cast("B")
        if not self._out.bytes:
            self._out = Pace(SENDING_GRACE)  # what we took to find the answer is not the client's fault
        while rest:
            if not self._is_ready(select.POLLOUT, 0):
                self._wait(select.POLLOUT, self.writing, self._out)
            try:
                sent = super().send(rest, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue  # room for less than one packet
            self._out.moved(sent)
            rest = rest[sent:]

    def _wait(self, event: int, room: Room, pace: Pace) -> None:
        limit, before = self.gettimeout(), self.refusal
        began = time.monotonic()
        with room.seat(self, pace):
            left = pace.left if limit is None else min(pace.left, limit)
            ready = self._is_ready(event, max(0.0, left))
        pace.waited(time.monotonic() - began)
        if self.refusal is not None and self.refusal is not before:
            raise self.refusal
        if not ready:
            raise self.refuse(HTTPStatus.REQUEST_TIMEOUT, "too slow")

    def _is_ready(self, event: int, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self, event)
        return bool(poll.poll(math.ceil(seconds * 1000)))
