"""Guarded fetch against real servers on this machine, most of which mean us no good."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from accounts.fetch import MAX_REDIRECTS, Fetched, FetchRefused, fetch
from tests.support.authority import Authority
from tests.support.waiting import PATIENCE
from tests.unit.tiny_server import TinyServer, answer, dripping, ended_by_the_deadline, serving

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


# What works --------------------------------------------------------------------------------------------


def test_a_picture_is_fetched() -> None:
    with serving(says(headers="Content-Type: text/plain\r\n")) as server:
        with get(f"{server.url}/a%20b.jpg?c=ü#top", server) as fetched:
            assert fetched.file.read() == JPEG
            assert fetched.content_type == "image/jpeg"
            assert fetched.size == len(JPEG)
            assert fetched.final_url == f"{server.url}/a%20b.jpg?c=%C3%BC"
        assert fetched.file.closed
        head = server.requests[0].decode().split("\r\n")
        assert head[:2] == ["GET /a%20b.jpg?c=%C3%BC HTTP/1.1", f"Host: {server.url.removeprefix('http://')}"]
        assert "Accept: image/jpeg, image/png, image/webp" in head
        assert "Accept-Encoding: identity" in head


@pytest.mark.parametrize(
    "whole",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n"
        + JPEG[:4]
        + f"\r\n{len(JPEG) - 4:x}; more=1\r\n".encode()
        + JPEG[4:]
        + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG + b"and more that is not ours",
    ],
    ids=["to the end", "chunks", "continue", "identity", "more than announced"],
)
def test_a_picture_is_fetched_however_it_is_framed(whole: bytes) -> None:
    with serving(sends(whole)) as server, get(server.url, server) as fetched:
        assert fetched.file.read() == JPEG


def test_a_picture_of_exactly_the_limit_is_fetched() -> None:
    with serving(jpeg) as server:
        with get(server.url, server, max_bytes=len(JPEG)) as fetched:
            assert fetched.size == len(JPEG)
        assert code(server.url, server, max_bytes=len(JPEG) - 1) == "too_large"


@pytest.mark.parametrize(
    "whole",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(JPEG) + JPEG + b"\r\n0\r\n\r\n",
    ],
    ids=["to the end", "chunks"],
)
def test_the_limit_holds_to_the_byte_when_nothing_was_announced(whole: bytes) -> None:
    with serving(sends(whole)) as server:
        with get(server.url, server, max_bytes=len(JPEG)) as fetched:
            assert fetched.size == len(JPEG)
        assert code(server.url, server, max_bytes=len(JPEG) - 1) == "too_large"


def test_redirects_are_followed() -> None:
    steps = ["/b", "c", "//{}/d", "http://{}/e", "?f=ü"]

    def lead_on(connection: socket.socket, number: int) -> None:
        if number < len(steps):
            location = steps[number].format(here)
            answer(connection, status=301 + number % 3, headers=f"Location: {location}\r\n")
        else:
            answer(connection, raw=JPEG)

    with serving(lead_on) as server:
        here = server.url.removeprefix("http://")
        with get(server.url, server) as fetched:
            assert fetched.final_url == f"{server.url}/e?f=%C3%BC"
        paths = [request.split(b" ")[1] for request in server.requests]

    assert len(steps) == MAX_REDIRECTS
    assert paths == [b"/", b"/b", b"/c", b"/d", b"/e", b"/e?f=%C3%BC"]


def test_a_second_address_is_tried_when_the_first_takes_no_connection() -> None:
    resolver = Resolver(img_test=[["127.0.0.2", "127.0.0.1"]])
    with serving(jpeg) as server:
        allow = frozenset({("img.test", port(server))})
        url = f"http://img.test:{port(server)}/"
        with fetch(
            url, allow=allow, max_bytes=LIMIT, deadline=PATIENCE, accept=IMAGES, resolve=resolver
        ) as fetched:
            assert fetched.final_url == url
        assert b"Host: img.test:" in server.requests[0]


# Where it may go ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.1",
    ],
)
def test_private_addresses_are_refused(host: str) -> None:
    assert code(f"http://{host}/latest/meta-data/") == "private_address"


def test_what_is_not_on_the_allow_list_is_not_connected_to() -> None:
    with serving(jpeg) as server, serving(jpeg) as other:
        assert code(server.url, other) == "port"
        assert code(server.url.replace("127.0.0.1", "localhost"), other) == "port"
        assert server.connections == 0


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://127.0.0.1/", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("//2130706433/", "private_address"),
        ("http://[::ffff:10.0.0.1]/", "private_address"),
        ("http://inside.test/", "private_address"),
        ("http://inside.test:6379/", "port"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:6379/_INFO", "scheme"),
        ("http://me:word@inside.test/", "credentials"),
        ("http://gone.test/", "unknown_host"),
        ("http://[::1", "bad_url"),
    ],
)
def test_each_redirect_is_judged_anew(location: str, expected: str) -> None:
    resolver = Resolver(img_test=[["127.0.0.1"]], inside_test=[["10.0.0.1"]])
    with serving(says(status=302, headers=f"Location: {location}\r\n")) as server:
        assert code(f"http://img.test:{port(server)}/", server, resolve=resolver) == expected
        assert len(server.requests) == 1


def test_a_redirect_to_a_server_that_is_not_allowed_does_not_reach_it() -> None:
    with serving(jpeg) as inside:
        with serving(says(status=307, headers=f"Location: {inside.url}/\r\n")) as server:
            assert code(server.url, server) == "port"
        assert inside.connections == 0


def test_a_name_that_changes_its_answer_is_asked_once_and_taken_at_its_word() -> None:
    """DNS rebinding: what was judged is what is connected to."""
    resolver = Resolver(img_test=[["127.0.0.1"], ["127.0.0.2"]])
    with serving(jpeg) as server, neighbour(server) as came:
        with get(f"http://img.test:{port(server)}/", server, resolve=resolver):
            pass
        assert server.connections == 1
    assert resolver.asked == ["img.test"]
    assert came == []


def test_a_name_that_changes_its_answer_between_redirects_is_judged_again() -> None:
    resolver = Resolver(img_test=[["127.0.0.1"], ["127.0.0.2"]])
    with serving(says(status=302, headers="Location: /b\r\n")) as server, neighbour(server) as came:
        assert code(f"http://img.test:{port(server)}/", server, resolve=resolver) == "port"
        assert server.connections == 1
    assert resolver.asked == ["img.test", "img.test"]
    assert came == []


def test_one_address_that_may_not_be_reached_spoils_the_name() -> None:
    resolver = Resolver(img_test=[["127.0.0.1", "127.0.0.2"]])
    with serving(jpeg) as server, neighbour(server) as came:
        assert code(f"http://img.test:{port(server)}/", server, resolve=resolver) == "port"
        assert server.connections == 0
    assert came == []


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(jpeg) as proxy, serving(jpeg) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        with get(server.url, server):
            pass
        assert (proxy.connections, server.connections) == (0, 1)


def test_nothing_is_carried_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    def lead_on(connection: socket.socket, number: int) -> None:
        if number == 0:
            answer(connection, status=302, headers="Set-Cookie: a=b; Path=/\r\nLocation: /b\r\n")
        else:
            answer(connection, raw=JPEG)

    with serving(lead_on) as server, get(server.url, server):
        names = [
            line.split(b":")[0].lower()
            for request in server.requests
            for line in request.strip().split(b"\r\n")[1:]
        ]

    assert set(names) == {b"host", b"user-agent", b"accept", b"accept-encoding", b"connection"}
    assert len(names) == 2 * 5


# How long and how much ---------------------------------------------------------------------------------


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


# What comes back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ("Content-Encoding: gzip\r\n", gzip.compress(JPEG + bytes(10_000_000))),
        ("Content-Encoding: GZIP\r\n", gzip.compress(JPEG)),
        ("Content-Encoding: br\r\n", JPEG),
        ("Content-Encoding: identity, deflate\r\n", JPEG),
        ("Transfer-Encoding: gzip, chunked\r\n", gzip.compress(JPEG)),
    ],
    ids=["bomb", "gzip", "br", "two", "transfer"],
)
def test_compressed_bodies_are_not_opened(headers: str, raw: bytes) -> None:
    with serving(says(headers=headers, raw=raw)) as server:
        assert code(server.url, server) == "compressed"


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ("Content-Type: image/jpeg\r\n", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
        ("Content-Type: text/html; charset=utf-8\r\n", b"Hello"),
        ("Content-Type: application/xhtml+xml\r\n", b"<?xml version='1.0'?><x/>"),
        ("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", gzip.compress(b"<html>")),
        ("", b"<html>" + b"a" * (LIMIT + 1)),
    ],
    ids=["claims to be an image", "words", "xhtml", "compressed", "large"],
)
def test_a_web_page_is_told_from_a_picture(headers: str, raw: bytes) -> None:
    with serving(says(headers=headers, raw=raw)) as server:
        no = refusal(server.url, server)

    assert no.code == "web_page"
    assert "web page, not an image" in no.message
    assert "Copy image address" in no.message


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"GIF89a\x01\x00", "the kind GIF"),
        (b"%PDF-1.7", "the kind PDF"),
        (b"<svg xmlns='x'>", "the kind SVG"),
        (b'{"secret": 1}', "no picture that we know"),
        (gzip.compress(JPEG), "no picture that we know"),
    ],
)
def test_other_files_are_refused_by_name_whatever_they_claim_to_be(raw: bytes, found: str) -> None:
    with serving(says(headers="Content-Type: image/jpeg\r\n", raw=raw)) as server:
        no = refusal(server.url, server)

    assert no.code == "kind"
    assert found in no.message
    assert "JPEG, PNG or WebP" in no.message


def test_the_caller_says_what_is_accepted() -> None:
    with serving(jpeg) as server:
        assert "leads to PNG," in refusal(server.url, server, accept={"image/png"}).message


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (201, "unexpected_answer"),
        (206, "unexpected_answer"),
        (304, "unexpected_answer"),
        (302, "unexpected_answer"),  # without a Location
        (401, "forbidden"),
        (403, "forbidden"),
        (404, "not_found"),
        (410, "not_found"),
        (429, "unavailable"),
        (500, "unavailable"),
        (503, "unavailable"),
    ],
)
def test_an_answer_that_is_no_file_says_whose_move_it_is(status: int, expected: str) -> None:
    with serving(says(status=status)) as server:
        no = refusal(server.url, server)
    assert no.code == expected
    assert str(status) in no.message


def test_an_empty_file_is_refused() -> None:
    with serving(says(raw=b"")) as server:
        assert code(server.url, server) == "empty"


@pytest.mark.parametrize(
    "whole",
    [
        b"220 smtp.test ESMTP\r\n",
        b"-ERR unknown command\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ],
    ids=["mail", "redis", "no status", "many headers", "long header"],
)
def test_what_is_not_http_is_refused(whole: bytes) -> None:
    with serving(sends(whole)) as server:
        assert code(server.url, server) == "bad_answer"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        there = taken.getsockname()
    assert code(f"http://127.0.0.1:{there[1]}/", allow=frozenset({there})) == "unreachable"
    assert code("http://img.test/", resolve=Resolver()) == "unknown_host"
    assert code("http://img.test/", resolve=Resolver(img_test=[[]])) == "unknown_host"


# TLS ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class SecureServer(TinyServer):
    """A TinyServer behind TLS, which notes the name that it was asked for."""

    def __init__(self, handler: Callable[[socket.socket, int], None], tls: ssl.SSLContext) -> None:
        self.names: list[str | None] = []
        tls.sni_callback = lambda _, name, __: self.names.append(name)
        super().__init__(handler, tls)


@contextlib.contextmanager
def secure(handler: Callable[[socket.socket, int], None], tls: ssl.SSLContext) -> Iterator[SecureServer]:
    server = SecureServer(handler, tls)
    try:
        yield server
    finally:
        server.close()


def test_the_certificate_is_for_the_name_though_the_connection_is_to_the_address(
    authority: Authority,
) -> None:
    resolver = Resolver(img_test=[["127.0.0.1"], ["127.0.0.2"]])
    with secure(jpeg, authority.serves("img.test")) as server, neighbour(server) as came:
        url = f"https://img.test:{port(server)}/a.jpg"
        with get(url, server, resolve=resolver, tls=authority.trusting) as fetched:
            assert fetched.file.read() == JPEG
            assert fetched.final_url == url
        assert server.names == ["img.test"]
        assert f"Host: img.test:{port(server)}\r\n".encode() in server.requests[0]
    assert came == []


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    resolver = Resolver(other_test=[["127.0.0.1"]])
    with secure(jpeg, authority.serves("img.test")) as server:
        url = f"https://other.test:{port(server)}/"
        assert code(url, server, resolve=resolver, tls=authority.trusting) == "certificate"
        url = f"https://127.0.0.1:{port(server)}/"
        assert code(url, server, tls=authority.trusting) == "certificate"
        assert server.requests == []


def test_an_authority_that_nobody_knows_is_refused(authority: Authority) -> None:
    with secure(jpeg, authority.serves("img.test")) as server:
        url = f"https://img.test:{port(server)}/"
        assert code(url, server, resolve=Resolver(img_test=[["127.0.0.1"]])) == "certificate"
        assert server.requests == []


def test_a_server_without_tls_is_unreachable_by_https() -> None:
    def greet() -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as connection:
            connection.sendall(b"220 smtp.test ESMTP\r\n")
            connection.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        greeting = threading.Thread(target=greet)
        greeting.start()
        there = ("127.0.0.1", listener.getsockname()[1])
        assert code(f"https://127.0.0.1:{there[1]}/", allow=frozenset({there})) == "unreachable"
        greeting.join()


def test_a_redirect_from_https_to_http_is_refused(authority: Authority) -> None:
    resolver = Resolver(img_test=[["127.0.0.1"]])
    with serving(jpeg) as plain:
        leads = says(status=302, headers=f"Location: http://img.test:{port(plain)}/a.jpg\r\n")
        with secure(leads, authority.serves("img.test")) as server:
            url = f"https://img.test:{port(server)}/"
            refused = code(url, server, plain, resolve=resolver, tls=authority.trusting)
        assert refused == "insecure_redirect"
        assert plain.connections == 0


def test_a_redirect_from_http_to_https_is_followed(authority: Authority) -> None:
    resolver = Resolver(img_test=[["127.0.0.1"]])
    with secure(jpeg, authority.serves("img.test")) as server:
        url = f"https://img.test:{port(server)}/a.jpg"
        with (
            serving(says(status=301, headers=f"Location: {url}\r\n")) as plain,
            get(plain.url, server, plain, tls=authority.trusting, resolve=resolver) as fetched,
        ):
            assert fetched.final_url == url
