"""Whatever a stranger writes into headers and bodies, only our own errors leave the client."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import dates
from accounts.pinterest import CallRecord, NewPin, PinterestClient, errors, limits, oauth, transport
from accounts.pinterest.types import ImageUrl, Pin, UserAccount
from accounts.pinterest.types.reading import LARGEST
from tests.unit.tiny_server import TinyServer, serving

NAMES = (
    *("Retry-After", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-pinterest-rid"),
    *("Date", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Set-Cookie"),
    *("Location", "Connection", "WWW-Authenticate", "Expires"),
)
VALUES = (
    *("Fri, 31 Dec 99999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359"),
    *(
        "Sun Nov  6 08:49:37 1994",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "-5",
        "1e999",
        "NaN",
        "Infinity",
        "9" * 5000,
    ),
    *("0x10", "٣", "½", "\0", "", " ", ',;="', '100;w=0;name="x"', "-1;w=-1", '5;w=999999999999;name="\0"'),
    *("gzip", "deflate", "br, gzip", "chunked", "text/html; charset=\xff", "http://[", "//", "\xff\xfe"),
    *("a=b; expires=Fri, 31 Dec 99999 23:59:59 GMT; max-age=" + "9" * 400, "x" * 60_000, "12abc", "1.5"),
)
HEADER = st.tuples(
    st.sampled_from(NAMES),
    st.one_of(st.sampled_from(VALUES), st.text(st.characters(max_codepoint=255), max_size=40)),
)
ODD_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=80)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _raw(status: int, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} Word"]
    if not any(name == "Content-Length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    clean = [(name, value.replace("\r", " ").replace("\n", " ")) for name, value in headers]
    lines += [f"{name}: {value}" for name, value in clean]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


class Stranger:
    """Answers as it is told, and hangs up."""

    def __init__(self, server: TinyServer) -> None:
        self.server, self.says = server, b""

    def answer(self, connection: socket.socket, number: int) -> None:
        connection.sendall(self.says)
        connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    told: list[Stranger] = []
    with serving(lambda connection, number: told[0].answer(connection, number)) as server:
        told.append(Stranger(server))
        yield told[0]


def heard(stranger: Stranger, call: Callable[[PinterestClient], object]) -> list[CallRecord]:
    """Fails with whatever is no PinterestError."""
    records: list[CallRecord] = []
    client = PinterestClient("token", api_url=stranger.server.url, deadline=2.0, on_response=records.append)
    with suppress(errors.PinterestError):
        call(client)
    return records


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from((200, 201, 204, 301, 302, 304, 400, 403, 404, 408, 429, 500, 503, 999)),
    st.lists(HEADER, max_size=4),
    st.sampled_from(
        (b"", b"{}", b'{"id": "1", "username": "a"}', b"\xff\xfe", b"\x1f\x8b\x08broken", b"[" * 5000)
    ),
)
def test_headers(stranger: Stranger, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    stranger.says = _raw(status, headers, body)
    pin = NewPin(
        board_id="1", section_id="", title="", description="", link="", alt_text="", media=ImageUrl("u")
    )
    for record in heard(stranger, lambda client: client.create_pin(pin)):
        assert record.retry_after is None or 0 <= record.retry_after <= errors.LONGEST_WAIT
        assert "\0" not in record.request_id
        assert record.moment is None or record.moment.date.year in dates.YEARS


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", ["Retry-After", "x-ratelimit-reset", "Date", "Set-Cookie", "Content-Length"])
def test_a_rate_limit_with_an_absurd_header_waits_a_while(stranger: Stranger, name: str, value: str) -> None:
    body = json.dumps({"code": 8, "message": "This request exceeded a rate limit."}).encode()
    stranger.says = _raw(429, [(name, value)], body)
    with pytest.raises(errors.RateLimited) as caught:
        PinterestClient("token", api_url=stranger.server.url, deadline=2.0).user_account()
    assert 0 <= caught.value.retry_after <= errors.LONGEST_WAIT


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.sampled_from(VALUES), st.text(max_size=60)))
def test_dates_and_limits(said: str) -> None:
    found = dates.read(said)
    assert found is None or found.utcoffset() is not None
    headers = dict.fromkeys(("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"), said)
    limits.parse(headers)
    wait = errors._wait({"retry-after": said, "date": said, **headers}, datetime.now(UTC))
    assert 0 <= wait <= errors.LONGEST_WAIT


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*Pin.__dataclass_fields__, "media", "username"]), ODD_JSON))
def test_bodies(row: dict[str, Any]) -> None:
    pin = Pin.read({**row, "id": "1"})
    assert pin.created_at is None or pin.created_at.year in dates.YEARS
    assert max(len(pin.board_id), len(pin.section_id), len(pin.parent_pin_id)) <= 64
    account = UserAccount.read({**row, "id": "1"})
    assert account.follower_count is None or 0 <= account.follower_count <= LARGEST


@pytest.mark.parametrize(
    "said",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59", "1969-01-01T00:00:00"],
)
def test_a_time_that_can_not_be_is_none(said: str) -> None:
    assert Pin.read({"id": "1", "created_at": said}).created_at is None


@pytest.mark.parametrize("id_", ["", None, "x" * 65, 10**70])
def test_an_id_that_can_not_be_one_is_garbled(id_: object) -> None:
    with pytest.raises(ValueError, match="no id"):
        Pin.read({"id": id_})


@pytest.mark.parametrize("kind", ["socks4", "socks5", "SOCKS5h"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_socks_proxy_is_refused_aloud_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    """Whether or not PySocks is installed."""
    url = "https://api.pinterest.example/v5"
    assert transport.socks_proxy(url) == ""
    monkeypatch.setenv(name, f"{kind}://127.0.0.1:9")
    assert transport.socks_proxy(url) == f"{kind}://127.0.0.1:9"
    assert transport.socks_proxy("http://127.0.0.1:8100/v5") == ""
    client = PinterestClient("token", api_url=url, session=transport.shared_session.__wrapped__(url))
    with pytest.raises(errors.NoConnection, match="does not go through a SOCKS proxy"):
        client.delete_pin("1")
    client.connect_ahead()()


def test_an_http_proxy_that_names_no_such_thing_is_none_of_this(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert transport.socks_proxy("https://api.pinterest.example/v5") == ""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "pinterest.example")
    assert transport.socks_proxy("https://api.pinterest.example/v5") == ""


def test_scopes_can_be_stored() -> None:
    assert oauth._scopes("pins:read,\0") == ("pins:read", "\N{REPLACEMENT CHARACTER}")


def test_no_redirect_is_read() -> None:
    response = requests.Response()
    response.status_code, response.headers["Location"] = 302, "http://["
    assert transport.shared_session("https://api.pinterest.example").get_redirect_target(response) is None
