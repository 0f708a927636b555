"""What the client asks for and what it makes of the answers."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.pinterest import errors, sending
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import Board, ImageUrl, NewPin, Section
from pins.rules import metrics
from tests.unit.tiny_server import TinyServer, answer, serving


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "READ_PAUSES", (0.01, 0.02))


def client(server: TinyServer, **more: object) -> PinterestClient:
    return PinterestClient("pina_secret", api_url=f"{server.url}/v5/", **more)  # type: ignore[arg-type]


def pages(*contents: object) -> Callable[[socket.socket, int], None]:
    return lambda connection, number: answer(connection, contents[number])


def asked(server: TinyServer, number: int = 0) -> tuple[str, str, dict[str, list[str]]]:
    method, target, _ = server.requests[number].split(b"\r\n")[0].decode().split(" ")
    parts = urlsplit(target)
    return method, parts.path, parse_qs(parts.query)


def sent(server: TinyServer) -> object:
    return json.loads(server.requests[0].partition(b"\r\n\r\n")[2])


def test_boards_are_read_to_the_last_page() -> None:
    first = {"items": [{"id": "1", "name": "Desks", "pin_count": 4}], "bookmark": "two"}
    last = {"items": [{"id": "2", "name": "Lamps", "privacy": "SECRET"}], "bookmark": None}
    with serving(pages(first, last)) as server:
        found = list(client(server).boards())

        assert found == [Board("1", "Desks", pin_count=4), Board("2", "Lamps", privacy="SECRET")]
        assert asked(server) == ("GET", "/v5/boards", {"page_size": ["250"]})
        assert asked(server, 1) == ("GET", "/v5/boards", {"page_size": ["250"], "bookmark": ["two"]})


def test_a_bookmark_that_leads_back_ends_the_reading_with_an_error() -> None:
    """A list taken for complete would make boards vanish that are there."""
    again = {"items": [{"id": "1", "name": "Desks"}], "bookmark": "again"}
    with serving(lambda connection, number: answer(connection, again)) as server:
        with pytest.raises(errors.Unavailable, match="does not end"):
            list(client(server).boards())
        assert len(server.requests) == 2


@pytest.mark.parametrize("page", [{}, {"items": None}, [], {"items": [{"name": "without id"}]}])
def test_a_garbled_page_is_an_error_not_an_empty_list(page: object) -> None:
    with (
        serving(lambda connection, number: answer(connection, page)) as server,
        pytest.raises(errors.Unavailable, match="can't be read"),
    ):
        list(client(server).boards())


def test_an_empty_bookmark_is_the_end() -> None:
    with serving(pages({"items": [], "bookmark": ""})) as server:
        assert list(client(server).sections("7")) == []


def test_a_board_is_made() -> None:
    with serving(pages({"id": "9", "name": "Rugs", "privacy": "SECRET"})) as server:
        made = client(server).create_board("Rugs", description="On floors", privacy="SECRET")

        assert made == Board("9", "Rugs", privacy="SECRET")
        assert asked(server) == ("POST", "/v5/boards", {})
        assert sent(server) == {"name": "Rugs", "description": "On floors", "privacy": "SECRET"}


def test_a_section_is_made() -> None:
    with serving(pages({"id": "9", "name": "Round"})) as server:
        assert client(server).create_section("7", "Round") == Section("9", "Round")
        assert asked(server) == ("POST", "/v5/boards/7/sections", {})
        assert sent(server) == {"name": "Round"}


def test_a_pin_is_made() -> None:
    with serving(pages({"id": "11", "created_at": "2026-10-19T12:00:00"})) as server:
        made = client(server).create_pin(NewPin("7", ImageUrl("https://x.example/a.jpg"), title="Desks"))

        assert made.id == "11"
        assert made.created_at is not None
        assert made.created_at.isoformat() == "2026-10-19T12:00:00+00:00"


def test_an_ad_account_is_named_by_the_client_or_the_call() -> None:
    with serving(lambda connection, number: answer(connection, {"id": "1", "username": "x"})) as server:
        acting = client(server, ad_account_id="549")
        acting.user_account()
        acting.user_account(ad_account_id="777")
        client(server).user_account()

        named = [asked(server, number)[2].get("ad_account_id") for number in range(3)]
        assert named == [["549"], ["777"], None]


@pytest.mark.parametrize(("video", "asks"), [(False, False), (True, True)])
def test_video_numbers_are_asked_of_video_pins_only(video: bool, asks: bool) -> None:
    with serving(pages({"all": {"daily_metrics": []}})) as server:
        span = (date(2026, 7, 21), date(2026, 10, 19))
        client(server).pin_analytics("5", *span, metrics.asked(video=video))

        _, path, query = asked(server)
        assert path == "/v5/pins/5/analytics"
        assert (query["start_date"], query["end_date"]) == (["2026-07-21"], ["2026-10-19"])
        assert ("VIDEO_MRC_VIEW" in query["metric_types"][0]) is asks
        assert "IMPRESSION" in query["metric_types"][0]


@pytest.mark.parametrize("bad", ["", "../boards", "1/2", "a b", "٣", "1?x=1"])
def test_an_id_can_not_name_another_path(bad: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        PinterestClient("t", api_url="http://127.0.0.1:9").pin(bad)


def test_no_token_and_no_words_of_a_pin_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(pages({"id": "11"})) as server:
        client(server).create_pin(NewPin("7", ImageUrl("https://x.example/a.jpg"), title="Secret plan"))

    written = "".join(str(record.__dict__) for record in caplog.records if record.name.startswith("accounts"))
    assert "pinterest.call" in written
    assert "pina_secret" not in written
    assert "Secret plan" not in written
