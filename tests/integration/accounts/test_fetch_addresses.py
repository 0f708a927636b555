"""Guarded fetch: where it may go, and whom it believes to be there."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.accounts.fetching import JPEG, Resolver, code, get, jpeg, neighbour, port, says
from tests.support.authority import Authority
from tests.unit.tiny_server import TinyServer, answer, serving

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
