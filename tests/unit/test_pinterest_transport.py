"""What becomes of a call when the other side misbehaves: nothing made, or nobody knows."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from accounts.pinterest import sending, transport
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.errors import OutcomeUnknown, RateLimited, Refused, Unavailable
from accounts.pinterest.types import ImageBase64, NewPin
from tests.support.authority import Authority
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, wait_until
from tests.unit.tiny_server import answer, dripping, ended_by_the_deadline, serving


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "READ_PAUSES", (0.01, 0.02))


NEW = NewPin(board_id="7", media=ImageBase64("image/jpeg", b"\xff" * 300_000), title="Desks")


def client(
    url: str, *, deadline: float = PATIENCE, records: list[CallRecord] | None = None
) -> PinterestClient:
    return PinterestClient(
        "pina_test", api_url=url, deadline=deadline, on_response=None if records is None else records.append
    )


def test_nobody_listens_so_nothing_was_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unavailable, match="No connection"):
        client(url).create_pin(NEW)


def test_no_such_host_so_nothing_was_made() -> None:
    with pytest.raises(Unavailable, match="No connection"):
        client("http://pinterest.invalid").create_pin(NEW)


def test_no_tls_on_the_other_side_so_nothing_was_made() -> None:
    with serving(lambda connection, number: answer(connection, {})) as server, pytest.raises(Unavailable):
        client(server.url.replace("http", "https"), deadline=0.5).create_pin(NEW)


def test_a_full_backlog_ends_at_the_deadline_and_nothing_was_made() -> None:
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # nobody accepts: these fill the queue, and the next SYN waits
            crowd = held.enter_context(socket.socket())
            crowd.setblocking(False)
            crowd.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with ended_by_the_deadline(0.4), pytest.raises(Unavailable, match="No connection"):
            client(url, deadline=0.5).create_pin(NEW)


def test_a_dropped_connection_leaves_a_write_unknown() -> None:
    with serving(lambda connection, number: connection.close()) as server:
        with pytest.raises(OutcomeUnknown):
            client(server.url).create_pin(NEW)
        assert len(server.requests) == 1


def test_a_dropped_connection_is_tried_again_for_a_read() -> None:
    def drop_once(connection: socket.socket, number: int) -> None:
        if number == 0:
            connection.close()
        else:
            answer(connection, {"id": "5"})

    with serving(drop_once) as server:
        assert client(server.url).pin("5").id == "5"
        assert len(server.requests) == 2


def test_a_write_is_never_sent_twice_by_us() -> None:
    with serving(lambda connection, number: answer(connection, {"code": 0}, status=503)) as server:
        with pytest.raises(OutcomeUnknown):
            client(server.url).create_pin(NEW)
        assert len(server.requests) == 1


def test_a_read_gives_up_after_three_tries() -> None:
    with serving(lambda connection, number: answer(connection, {"code": 0}, status=503)) as server:
        with pytest.raises(Unavailable):
            client(server.url).pin("5")
        assert len(server.requests) == 3


def test_a_rate_limit_is_not_tried_again() -> None:
    limited = {"code": 8, "message": "This request exceeded a rate limit."}
    with serving(lambda connection, number: answer(connection, limited, status=429)) as server:
        with pytest.raises(RateLimited):
            client(server.url).pin("5")
        assert len(server.requests) == 1


def test_garbage_leaves_a_write_unknown() -> None:
    with serving(
        lambda connection, number: answer(connection, raw=b"\x00\x01 not json", status=201)
    ) as server:
        with pytest.raises(OutcomeUnknown, match="can't be read") as caught:
            client(server.url).create_pin(NEW)
        assert caught.value.http_status == 201


def test_an_answer_without_an_id_leaves_a_write_unknown() -> None:
    with (
        serving(lambda connection, number: answer(connection, {"title": "Desks"}, status=201)) as server,
        pytest.raises(OutcomeUnknown),
    ):
        client(server.url).create_pin(NEW)


def test_something_that_is_not_http_leaves_a_write_unknown() -> None:
    def speak(connection: socket.socket, number: int) -> None:
        connection.sendall(b"220 smtp.example ESMTP\r\n\r\n")
        connection.close()

    with serving(speak) as server, pytest.raises(OutcomeUnknown):
        client(server.url).create_pin(NEW)


def test_a_body_cut_short_leaves_a_write_unknown() -> None:
    def cut(connection: socket.socket, number: int) -> None:
        connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id": "1"')
        connection.close()

    with serving(cut) as server, pytest.raises(OutcomeUnknown):
        client(server.url).create_pin(NEW)


def test_a_refusal_cut_short_is_still_a_refusal() -> None:
    def cut(connection: socket.socket, number: int) -> None:
        connection.sendall(b'HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\n{"code": 1')
        connection.close()

    with serving(cut) as server, pytest.raises(Refused):
        client(server.url).create_pin(NEW)


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"HTTP/1.1 201 Created\r\nX-Slow: ",
        b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["silent", "headers", "body", "chunks"],
)
def test_a_drip_does_not_outlive_the_deadline(opening: bytes) -> None:
    with dripping(opening) as server:
        with ended_by_the_deadline(0.55), pytest.raises(OutcomeUnknown):
            client(server.url, deadline=0.6).create_pin(NEW)
        with ended_by_the_deadline(0.55), pytest.raises(Unavailable):
            client(server.url, deadline=0.6).pin("5")


def test_an_upload_that_nobody_reads_ends_at_the_deadline() -> None:
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        big = NewPin(board_id="7", media=ImageBase64("image/jpeg", b"\xff" * 12_000_000))
        with ended_by_the_deadline(0.5), pytest.raises(OutcomeUnknown):
            client(url, deadline=0.6).create_pin(big)


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100_000)
    with (
        serving(lambda connection, number: answer(connection, raw=b" " * 200_000)) as server,
        pytest.raises(OutcomeUnknown, match="ValueError"),
    ):
        client(server.url).create_pin(NEW)


def test_a_redirect_is_not_followed_and_takes_no_token_along() -> None:
    with serving(lambda connection, number: answer(connection, {"id": "1"})) as elsewhere:

        def redirect(connection: socket.socket, number: int) -> None:
            answer(connection, {}, status=307, headers=f"Location: {elsewhere.url}/pins\r\n")

        with serving(redirect) as server:
            with pytest.raises(OutcomeUnknown):
                client(server.url).create_pin(NEW)
            with pytest.raises(Unavailable):
                client(server.url).pin("5")
        assert elsewhere.requests == []


def test_connections_are_reused_by_all_accounts_and_cookies_by_none() -> None:
    cookie = "Set-Cookie: session=of-the-first; Path=/\r\n"
    with serving(lambda connection, number: answer(connection, {"id": "5"}, headers=cookie)) as server:
        for token in ("first", "second", "third"):
            PinterestClient(token, api_url=server.url).pin("5")

        assert server.connections == 1
        assert [b"Bearer first" in request for request in server.requests] == [True, False, False]
        assert not any(b"cookie" in request.lower() for request in server.requests)


def test_a_kept_connection_that_the_server_had_closed_is_replaced_before_a_write() -> None:
    closed = threading.Event()

    def once(connection: socket.socket, number: int) -> None:
        answer(connection, {"id": "5"})
        connection.close()
        closed.set()

    with serving(once) as server:
        client(server.url).pin("5")
        assert closed.wait(PATIENCE)
        assert client(server.url).create_pin(NEW).id == "5"
        assert server.connections == 2


def test_a_kept_connection_that_dies_under_a_write_leaves_it_unknown() -> None:
    def second_dies(connection: socket.socket, number: int) -> None:
        if number == 0:
            answer(connection, {"id": "5"})
        else:
            connection.close()

    with serving(second_dies) as server:
        client(server.url).pin("5")
        with pytest.raises(OutcomeUnknown):
            client(server.url).create_pin(NEW)
        assert (server.connections, len(server.requests)) == (1, 2)


def test_a_write_that_is_begun_too_late_never_leaves() -> None:
    """By a process that was frozen after it had said when it would send."""
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        late = client(server.url).until(time.monotonic() - 0.001)
        with pytest.raises(Unavailable, match="No connection"):
            late.create_pin(NEW)
        with pytest.raises(Unavailable, match="No connection"):
            late.delete_pin("5")
        assert server.requests == []


def test_connections_that_were_opened_ahead_are_the_ones_that_calls_take() -> None:
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        first, second = client(server.url), client(server.url)
        hand_over = [first.connect_ahead(), second.connect_ahead()]
        wait_until(lambda: server.connections == 2, what="both connections")
        assert server.requests == []
        for done in hand_over:
            done()
        assert at_once([lambda: first.create_pin(NEW).id, lambda: second.create_pin(NEW).id]) == ["5", "5"]
        assert server.connections == 2


def test_the_same_connection_is_not_opened_ahead_twice() -> None:
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        for _ in range(3):
            client(server.url).connect_ahead()()
        client(server.url).create_pin(NEW)
        assert server.connections == 1


def test_tls_shakes_hands_ahead(tmp_path: Path) -> None:
    """With the certificate checked as it is in the call itself."""
    authority = Authority(tmp_path)
    tls = authority.serves("localhost")
    with serving(lambda connection, number: answer(connection, {"id": "5"}), tls=tls) as server:
        session = fresh_session(server.url)
        session.verify = str(authority.file)
        url = server.url.replace("127.0.0.1", "localhost")
        trusting = PinterestClient("pina_test", api_url=url, deadline=PATIENCE, session=session)
        trusting.connect_ahead()()
        assert server.connections == 1
        assert trusting.create_pin(NEW).id == "5"
        assert server.connections == 1


def test_what_goes_wrong_ahead_is_the_calls_own_trouble(tmp_path: Path) -> None:
    nowhere = client(f"http://127.0.0.1:{free_port()}")
    nowhere.connect_ahead()()
    with pytest.raises(Unavailable, match="No connection"):
        nowhere.create_pin(NEW)
    tls = Authority(tmp_path).serves("localhost")
    with serving(lambda connection, number: None, tls=tls) as server:
        doubtful = PinterestClient(
            "pina_test", api_url=server.url, deadline=PATIENCE, session=fresh_session(server.url)
        )
        doubtful.connect_ahead()()  # whose certificate nobody has signed that we trust
        with pytest.raises(Unavailable, match="No connection"):
            doubtful.create_pin(NEW)
        assert server.requests == []


def fresh_session(url: str) -> requests.Session:
    """Not the one that is shared by all tests."""
    return transport.shared_session.__wrapped__(url)


def at_once(calls: list[Callable[[], str]]) -> list[str]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result() for each in [pool.submit(call) for call in calls]]


def test_an_idle_connection_is_too_old_to_carry_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LONGEST_IDLE", 0.05)
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        client(server.url).pin("5")
        time.sleep(0.1)
        client(server.url).create_pin(NEW)
        assert server.connections == 2


def test_after_the_deadline_no_write_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up of the host's name can't be ended from here; what it delays must not be sent late."""
    found = socket.getaddrinfo

    def slow(*args: object, **kwargs: object) -> object:
        time.sleep(0.3)
        return found(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        with pytest.raises(Unavailable):
            client(server.url, deadline=0.2).create_pin(NEW)
        assert server.requests == []


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        assert client(server.url).pin("5").id == "5"


def test_a_proxy_that_can_not_be_reached_means_that_nothing_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="No connection"):
        client("https://pinterest.invalid").create_pin(NEW)


def test_a_proxy_that_says_no_means_that_nothing_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda connection, number: answer(connection, {}, status=502)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(Unavailable, match="No connection"):
            client("https://proxied.invalid").create_pin(NEW)
        assert proxy.requests[0].startswith(b"CONNECT proxied.invalid:443")
        assert b"pina_test" not in b"".join(proxy.requests)


def test_a_netrc_does_not_replace_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login thief password thief\n")
    monkeypatch.setenv("NETRC", netrc)
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        client(server.url).pin("5")
        assert b"Authorization: Bearer pina_test" in server.requests[0]


def test_every_request_is_recorded_answered_or_not() -> None:
    def answer_then_drop(connection: socket.socket, number: int) -> None:
        if number == 0:
            answer(connection, {"id": "5"}, headers="x-pinterest-rid: 77\r\nx-ratelimit-remaining: 9\r\n")
        else:
            connection.close()

    records: list[CallRecord] = []
    with serving(answer_then_drop) as server:
        client(server.url, records=records).pin("5")
        with pytest.raises(OutcomeUnknown):
            client(server.url, records=records).create_pin(NEW)

    assert [(r.method, r.category, r.status, r.request_id) for r in records] == [
        ("GET", "org_read", 200, "77"),
        ("POST", "org_write", None, ""),
    ]
    assert records[0].limits is not None
    assert records[0].limits.remaining == 9


def test_many_threads_share_a_session() -> None:
    with serving(lambda connection, number: answer(connection, {"id": "5"})) as server:
        mine = client(server.url)
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda: found.extend(mine.pin("5").id for _ in range(5)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert found == ["5"] * 40
    assert server.connections <= 8
