"""Who is waited for, and for how long: counted without a clock, tried on real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from pinsched import patience
from pinsched.patience import PROVEN_AFTER, SLOWEST, Pace, PatientSocket, Refused, Room


def arrives(pieces: Iterator[tuple[float, int]]) -> bool:
    """Whether all comes that is sent so: (seconds that it takes, bytes) each."""
    pace = Pace(patience.GRACE)
    for seconds, count in pieces:
        pace.waited(seconds)
        if pace.left <= 0:
            return False
        pace.moved(count)
    return True


def steadily(size: int, rate: int, *, every: float = 0.5) -> Iterator[tuple[float, int]]:
    return iter([(every, int(rate * every))] * int(size / rate / every))


def test_an_honest_slow_line_may_take_as_long_as_it_needs() -> None:
    assert arrives(steadily(20_000_000, 100_000))  # a photo: 200 seconds
    assert arrives(steadily(20_000_000, SLOWEST + 100, every=2))
    assert arrives(steadily(250_000_000, 100_000))  # a form of pictures: 42 minutes
    assert arrives(iter([*steadily(1_000_000, 100_000), (9.5, 1000), *steadily(1_000_000, 100_000)]))


def test_a_trickle_or_a_stall_ends() -> None:
    assert not arrives(steadily(20_000_000, SLOWEST - 500))
    assert not arrives(iter([(1.0, 1)] * 11))
    assert not arrives(iter([(10.5, 1000)]))
    # Whoever sent a lot before has no more patience to spend than whoever comes.
    assert not arrives(iter([(0.1, 200_000_000), (10.5, 1000)]))


@pytest.fixture
def rooms() -> tuple[Room, Room]:
    return Room(2, ends=socket.SHUT_RD), Room(1, ends=socket.SHUT_RDWR)


@pytest.fixture
def pair(rooms: tuple[Room, Room]) -> Iterator[tuple[PatientSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    client = PatientSocket.around(ours, reading=rooms[0], writing=rooms[1])
    with client, theirs:
        yield client, theirs


def test_what_is_there_is_read_without_a_seat(
    pair: tuple[PatientSocket, socket.socket], rooms: tuple[Room, Room]
) -> None:
    rooms[0].seats = 0
    client, theirs = pair
    theirs.sendall(b"whole")
    assert client.recv(100) == b"whole"
    client.sendall(b"answer")
    assert theirs.recv(100) == b"answer"


def test_out_of_patience_is_said_and_nothing_more_is_read(pair: tuple[PatientSocket, socket.socket]) -> None:
    client, theirs = pair
    client._in.left = 0.05
    with pytest.raises(Refused) as slow:
        client.recv(100)
    assert slow.value.status == HTTPStatus.REQUEST_TIMEOUT
    theirs.sendall(b"late")
    with pytest.raises(Refused):
        client.recv(100)
    client.sendall(b"408")  # the answer still goes out
    assert theirs.recv(100) == b"408"
    client.begin()
    assert client.recv(100) == b"late"


def test_who_takes_nothing_is_not_waited_for(pair: tuple[PatientSocket, socket.socket]) -> None:
    client, theirs = pair
    client.sendall(b"first")
    client._out.left = 0.05
    with pytest.raises(Refused):
        client.sendall(bytes(20_000_000))
    assert theirs.recv(5) == b"first"


def guest(room: Room, *, age: float, moved: int) -> tuple[PatientSocket, socket.socket, Pace]:
    ours, theirs = socket.socketpair()
    client = PatientSocket.around(ours, reading=room, writing=room)
    pace = Pace(patience.GRACE)
    pace.began -= age
    pace.bytes = moved
    return client, theirs, pace


def test_when_too_many_wait_the_slowest_goes() -> None:
    room = Room(2, ends=socket.SHUT_RD)
    slow, _a, slow_pace = guest(room, age=5, moved=10)
    quick, _b, quick_pace = guest(room, age=5, moved=500_000)
    newcomer, _c, new_pace = guest(room, age=0, moved=0)
    with room.seat(slow, slow_pace), room.seat(quick, quick_pace), room.seat(newcomer, new_pace):
        assert slow.refusal is not None
        assert slow.refusal.status == HTTPStatus.REQUEST_TIMEOUT
        assert (quick.refusal, newcomer.refusal) == (None, None)
    # Who comes back and is the slowest itself finds no seat.
    again, _d, again_pace = guest(room, age=5, moved=20)
    with room.seat(quick, quick_pace), room.seat(newcomer, new_pace):
        new_pace.began -= 2 * PROVEN_AFTER
        new_pace.bytes = 400_000
        with pytest.raises(Refused) as full, room.seat(again, again_pace):
            pass
    assert full.value.status == HTTPStatus.SERVICE_UNAVAILABLE
    for end in (slow, quick, newcomer, again, _a, _b, _c, _d):
        end.close()


def was_refused(client: PatientSocket) -> bool:
    return client.refusal is not None


def test_of_those_that_have_just_come_goes_who_brought_least() -> None:
    room = Room(1, ends=socket.SHUT_RD)
    first, _a, first_pace = guest(room, age=0, moved=100)
    second, _b, second_pace = guest(room, age=0, moved=50)
    third, _c, third_pace = guest(room, age=0, moved=10_000)
    with room.seat(first, first_pace):
        with pytest.raises(Refused), room.seat(second, second_pace):
            pass
        assert not was_refused(first)
        with room.seat(third, third_pace):
            assert was_refused(first)
    for end in (first, second, third, _a, _b, _c):
        end.close()
