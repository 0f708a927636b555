"""The process: how it starts, what it keeps, how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from tests.integration.simulator.harness import APP, CALLBACK, ROOT, TIMEOUT, Pinterest
from tests.support.simulated import command, running


def test_it_says_one_line_when_ready_and_ends_well_on_sigterm() -> None:
    with running(Pinterest) as pinterest:
        assert pinterest.control("health") == {"status": "ok"}
        pinterest.process.terminate()
        out, _ = pinterest.process.communicate(timeout=TIMEOUT)
        assert pinterest.process.returncode == 0
        assert out == ""


def test_it_ends_at_once_while_a_call_is_being_answered() -> None:
    with (
        running(Pinterest) as pinterest,
        socket.create_connection(("127.0.0.1", pinterest.port)) as connection,
    ):
        pinterest.fault("slow", seconds=10 * TIMEOUT)
        connection.sendall(b"GET /v5/user_account HTTP/1.1\r\nHost: here\r\n\r\n")
        while not pinterest.control("faults")["faults"][0]["hits"]:
            pass
        pinterest.process.terminate()
        assert pinterest.process.wait(timeout=TIMEOUT) == 0


def test_a_port_in_use_is_one_plain_line_and_exit_1(pinterest: Pinterest) -> None:
    second = subprocess.run(
        command("--port", str(pinterest.port)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.splitlines() == [
        f"simulator: can't start on 127.0.0.1:{pinterest.port}: Address already in use"
    ]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_people_pins_images_tokens_and_settings_survive_a_restart(
    tmp_path: Path, end: signal.Signals
) -> None:
    with running(Pinterest, "--data", str(tmp_path)) as first:
        first.config(order="shuffled")
        granted = first.grant()
        first.token = granted["access_token"]
        made = first.post_pin().json()
        before = first.pins()
        first.process.send_signal(end)
        first.process.wait(timeout=TIMEOUT)
    with running(Pinterest, "--data", str(tmp_path)) as second:
        second.token = granted["access_token"]
        assert second.pins() == before
        assert second.get(f"/pins/{made['id']}")["title"] == "A calm desk"
        assert second.control("config")["order"] == "shuffled"
        path = made["media"]["images"]["600x"]["url"].partition("/images/")[2]
        assert requests.get(f"{second.url}/images/{path}", timeout=TIMEOUT).status_code == 200
        refreshed = second.token_call(grant_type="refresh_token", refresh_token=granted["refresh_token"])
        assert refreshed.status_code == 200


def test_its_clock_may_be_wrong_from_the_start_and_a_reset_goes_back_to_that(tmp_path: Path) -> None:
    with running(Pinterest, "--clock-offset", "-180", "--data", str(tmp_path)) as pinterest:
        assert -200 < pinterest.ahead() < -160
        pinterest.config(clock_offset_seconds=3600)
        assert 3580 < pinterest.ahead() < 3620
        pinterest.reset()
        assert -200 < pinterest.ahead() < -160
        pinterest.config(clock_offset_seconds=60)
    with running(Pinterest, "--data", str(tmp_path)) as pinterest:
        assert 40 < pinterest.ahead() < 80
        pinterest.reset()
        assert -20 < pinterest.ahead() < 20


def test_only_registered_redirect_uris_are_served_when_some_are_given() -> None:
    with running(
        Pinterest, "--redirect-uri", CALLBACK, "--app-id", "mine", "--app-secret", "hush"
    ) as pinterest:
        query = {"client_id": "mine", "response_type": "code", "scope": "boards:read", "state": "1"}

        def status(redirect_uri: str) -> int:
            asked = {**query, "redirect_uri": redirect_uri}
            return requests.get(f"{pinterest.url}/oauth/", params=asked, timeout=TIMEOUT).status_code

        assert status(CALLBACK) == 200
        assert status("http://localhost:8000/elsewhere/") == 400
        assert pinterest.token_call(APP, grant_type="refresh_token").status_code == 401
        assert pinterest.token_call(("mine", "hush"), grant_type="refresh_token").status_code == 400


def test_links_to_images_begin_with_the_public_address() -> None:
    with running(Pinterest, "--public-url", "https://pins.example/") as pinterest:
        pinterest.token = pinterest.token_of()
        images = pinterest.post_pin().json()["media"]["images"]
        assert images["150x150"]["url"].startswith("https://pins.example/images/150x150/")


def test_the_front_page_says_that_this_is_not_pinterest(pinterest: Pinterest) -> None:
    page = requests.get(pinterest.url, timeout=TIMEOUT)
    assert "not Pinterest" in page.text
    assert "@northlightstudio" in page.text


def test_a_connection_serves_many_calls(pinterest: Pinterest) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {pinterest.token}"
        since = pinterest.mark()
        for path in ("/boards", "/nowhere", "/user_account"):
            session.get(f"{pinterest.url}/v5{path}", timeout=TIMEOUT)
        assert (
            session.post(f"{pinterest.url}/v5/boards", json={"name": ""}, timeout=TIMEOUT).status_code == 400
        )
        assert session.delete(f"{pinterest.url}/v5/pins/1", timeout=TIMEOUT).status_code == 404
    assert len({call["connection"] for call in pinterest.calls(since)}) == 1


@pytest.fixture
def connection(pinterest: Pinterest) -> Iterator[HTTPConnection]:
    """One bare connection: a client library would quietly open another when this one is out of step."""
    with closing(HTTPConnection("127.0.0.1", pinterest.port, timeout=TIMEOUT)) as connection:
        yield connection


def still_in_step(connection: HTTPConnection) -> bool:
    connection.request("GET", "/_control/health")
    return connection.getresponse().read() == b'{"status":"ok"}'


def test_an_unread_body_does_not_become_the_next_request(connection: HTTPConnection) -> None:
    """An upload with the wrong headers is refused before its file is looked at."""
    headers = {"Authorization": "Bearer x", "Content-Type": "multipart/form-data; boundary=b"}
    connection.request("POST", "/upload/", b"GET / HTTP/1.1\r\n\r\n" * 1000, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 400
    assert still_in_step(connection)


def test_head_answers_without_a_body(pinterest: Pinterest) -> None:
    with socket.create_connection(("127.0.0.1", pinterest.port), TIMEOUT) as bare:
        bare.sendall(b"HEAD / HTTP/1.1\r\nHost: here\r\n\r\n")
        bare.sendall(b"GET /_control/health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: bare.recv(65536), b""))
    head, then, _ = received.split(b"\r\n\r\n")
    assert b"Content-Length: 0" not in head
    assert then.startswith(b"HTTP/1.1 200 OK")
