"""The process: how it starts, what it keeps, how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.simulator.harness import APP, CALLBACK, ROOT, TIMEOUT, Pinterest, command, running


def test_it_says_one_line_when_ready_and_ends_well_on_sigterm() -> None:
    with running() as pinterest:
        assert pinterest.control("GET", "/health") == {"status": "ok"}
        pinterest.process.terminate()
        out, _ = pinterest.process.communicate(timeout=5)
        assert pinterest.process.returncode == 0
        assert out == ""


def test_it_ends_at_once_while_a_call_is_being_answered() -> None:
    with running() as pinterest, socket.create_connection(("127.0.0.1", pinterest.port)) as connection:
        pinterest.fault("slow", seconds=30)
        connection.sendall(b"GET /v5/user_account HTTP/1.1\r\nHost: here\r\n\r\n")
        while not pinterest.control("GET", "/faults")["faults"][0]["hits"]:
            pass
        pinterest.process.terminate()
        assert pinterest.process.wait(timeout=3) == 0


def test_a_port_in_use_is_one_plain_line_and_exit_1(pinterest: Pinterest) -> None:
    second = subprocess.run(
        command("--port", str(pinterest.port)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.splitlines() == [
        f"simulator: can't start on 127.0.0.1:{pinterest.port}: Address already in use"
    ]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_people_pins_images_tokens_and_settings_survive_a_restart(
    tmp_path: Path, end: signal.Signals
) -> None:
    with running("--data", str(tmp_path)) as first:
        first.config(order="shuffled")
        granted = first.control("POST", "/grant", {"username": "alderandoat"})
        first.token = granted["access_token"]
        made = first.post_pin().json()
        before = first.pins()
        first.process.send_signal(end)
        first.process.wait(timeout=5)
    with running("--data", str(tmp_path)) as second:
        second.token = granted["access_token"]
        assert second.pins() == before
        assert second.get(f"/pins/{made['id']}")["title"] == "A calm desk"
        assert second.control("GET", "/config")["order"] == "shuffled"
        path = made["media"]["images"]["600x"]["url"].partition("/images/")[2]
        assert requests.get(f"{second.url}/images/{path}", timeout=TIMEOUT).status_code == 200
        refreshed = second.token_call(grant_type="refresh_token", refresh_token=granted["refresh_token"])
        assert refreshed.status_code == 200


def test_only_registered_redirect_uris_are_served_when_some_are_given() -> None:
    with running("--redirect-uri", CALLBACK, "--app-id", "mine", "--app-secret", "hush") as pinterest:
        query = {"client_id": "mine", "response_type": "code", "scope": "boards:read", "state": "1"}

        def status(redirect_uri: str) -> int:
            asked = {**query, "redirect_uri": redirect_uri}
            return requests.get(f"{pinterest.url}/oauth/", params=asked, timeout=TIMEOUT).status_code

        assert status(CALLBACK) == 200
        assert status("http://localhost:8000/elsewhere/") == 400
        assert pinterest.token_call(APP, grant_type="refresh_token").status_code == 401
        assert pinterest.token_call(("mine", "hush"), grant_type="refresh_token").status_code == 400


def test_links_to_images_begin_with_the_public_address() -> None:
    with running("--public-url", "https://pins.example/") as pinterest:
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
        since = pinterest.control("GET", "/calls")["next"]
        for path in ("/boards", "/nowhere", "/user_account"):
            session.get(f"{pinterest.url}/v5{path}", timeout=TIMEOUT)
        assert (
            session.post(f"{pinterest.url}/v5/boards", json={"name": ""}, timeout=TIMEOUT).status_code == 400
        )
        assert session.delete(f"{pinterest.url}/v5/pins/1", timeout=TIMEOUT).status_code == 404
    assert len({call["connection"] for call in pinterest.calls(since)}) == 1


def test_an_unread_body_does_not_become_the_next_request(pinterest: Pinterest) -> None:
    """A refused upload leaves its file on the wire."""
    with requests.Session() as session:
        form: dict[str, Any] = {"key": (None, "unknown"), "file": ("a.mp4", b"x" * 200_000)}
        refused = session.post(f"{pinterest.url}/upload/?x=1", files=form, timeout=TIMEOUT)
        assert refused.status_code == 403
        assert session.get(f"{pinterest.url}/_control/health", timeout=TIMEOUT).status_code == 200


def test_head_answers_without_a_body(pinterest: Pinterest) -> None:
    with requests.Session() as session:
        first = session.head(pinterest.url, timeout=TIMEOUT)
        assert int(first.headers["Content-Length"]) > 0
        assert session.get(f"{pinterest.url}/_control/health", timeout=TIMEOUT).json() == {"status": "ok"}
