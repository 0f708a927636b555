"""The control API, on which tests and the demo rely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.integration.simulator.harness import TIMEOUT, Pinterest, base64_of, picture

PLAN = {
    "username": "bloom.and-co",
    "business_name": "Bloom & Co",
    "boards": [
        {"name": "Roses", "description": "Old ones", "sections": ["Climbing", "Wild"]},
        {"name": "Hidden", "privacy": "SECRET"},
    ],
    "pins": [
        {
            "board": "Roses",
            "section": "Wild",
            "title": "Dog rose",
            "description": "By the lane",
            "link": "https://bloom.example/",
            "alt_text": "A rose",
            "created_at": "2026-01-02T03:04:05.678901Z",
            "image_base64": base64_of(picture(size=(320, 480))),
        },
        {"board": "Hidden", "title": "Later", "created_at": "2026-02-01T00:00:00+02:00"},
    ],
}


def test_people_arrive_with_boards_sections_and_pins(pinterest: Pinterest) -> None:
    made = pinterest.control("people", PLAN)
    assert made["username"] == "bloom.and-co"
    assert [board["name"] for board in made["boards"]] == ["Roses", "Hidden"]
    assert [section["name"] for section in made["boards"][0]["sections"]] == ["Climbing", "Wild"]
    assert [pin["title"] for pin in made["pins"]] == ["Dog rose", "Later"]
    token = pinterest.token_of("bloom.and-co")
    rose = pinterest.get(f"/pins/{made['pins'][0]['id']}", token=token)
    assert rose["created_at"] == "2026-01-02T03:04:05"
    assert rose["board_section_id"] == made["boards"][0]["sections"][1]["id"]
    stored = pinterest.pins("bloom.and-co")
    assert [pin["created_at"] for pin in stored] == [
        "2026-01-02T03:04:05.678901+00:00",
        "2026-01-31T22:00:00.000000+00:00",
    ]
    assert (stored[0]["width"], stored[0]["height"], stored[0]["board"]) == (320, 480, "Roses")
    assert (stored[0]["section"], stored[0]["link"], stored[0]["alt_text"]) == (
        "Wild",
        "https://bloom.example/",
        "A rose",
    )


def test_a_moved_clock_moves_new_pins_and_the_date_of_answers_alike(pinterest: Pinterest) -> None:
    pinterest.config(clock_offset_seconds=-180)
    answer = pinterest.post_pin()
    made = datetime.fromisoformat(answer.json()["created_at"]).replace(tzinfo=UTC)
    assert abs(parsedate_to_datetime(answer.headers["Date"]) - made) <= timedelta(seconds=20)
    assert -200 < pinterest.ahead() < -160


def test_the_same_plan_twice_changes_nothing(pinterest: Pinterest) -> None:
    assert pinterest.control("people", PLAN) == pinterest.control("people", PLAN)
    more = {"username": "bloom.and-co", "boards": [{"name": "Roses", "sections": ["Tea"]}]}
    grown = pinterest.control("people", more)
    assert [section["name"] for section in grown["boards"][0]["sections"]] == ["Climbing", "Wild", "Tea"]
    assert grown["pins"] == []
    account = pinterest.get("/user_account", token=pinterest.token_of("bloom.and-co"))
    assert (account["business_name"], account["pin_count"], account["board_count"]) == ("Bloom & Co", 2, 2)


def test_a_plan_with_a_mistake_is_refused_whole(pinterest: Pinterest) -> None:
    wrong = {**PLAN, "pins": [{"board": "Tulips", "title": "?", "created_at": "2026-01-01T00:00:00"}]}
    answer = requests.post(f"{pinterest.url}/_control/people", json=wrong, timeout=TIMEOUT)
    assert answer.status_code == 400
    assert "board" in answer.json()["message"]
    missing = requests.get(f"{pinterest.url}/_control/pins?username=bloom.and-co", timeout=TIMEOUT)
    assert missing.status_code == 404


def test_calls_are_logged_with_who_what_and_how_it_ended(pinterest: Pinterest) -> None:
    since = pinterest.mark()
    answer = pinterest.call("GET", "/boards", page_size=2)
    pinterest.call("GET", "/user_account", token="nobody's")
    log = pinterest.control(f"calls?since={since}")
    first, second = log["calls"]
    assert (first["method"], first["path"], first["status"]) == ("GET", "/v5/boards", 200)
    assert (first["username"], second["username"]) == ("alderandoat", None)
    assert (first["query"], first["fault"], second["status"]) == ("page_size=2", None, 401)
    assert first["rid"] == answer.headers["x-pinterest-rid"]
    assert first["seq"] < second["seq"] == log["next"]
    assert first["connection"] != second["connection"]
    assert first["ms"] >= 0
    assert first["at"] <= second["at"]
    assert pinterest.calls(log["next"]) == []


def test_token_calls_are_logged_with_their_person(pinterest: Pinterest) -> None:
    token = pinterest.grant("northlightstudio")["refresh_token"]
    pinterest.token_call(grant_type="refresh_token", refresh_token=token)
    assert pinterest.calls()[-1]["username"] == "northlightstudio"


def test_latency_is_added_to_api_calls(pinterest: Pinterest) -> None:
    pinterest.config(latency_ms=120)
    assert pinterest.call("GET", "/boards").elapsed.total_seconds() >= 0.12


def test_a_reset_leaves_two_people_and_nothing_else(pinterest: Pinterest) -> None:
    pinterest.control("people", PLAN)
    pinterest.post_pin()
    pinterest.config(tier="trial")
    pinterest.fault("status", status=500)
    pinterest.reset()
    assert pinterest.control("pins") == {"pins": []}
    assert pinterest.control("config")["tier"] == "standard"
    assert pinterest.control("faults") == {"faults": []}
    assert pinterest.calls() == []
    assert pinterest.call("GET", "/boards").status_code == 401
    gone = requests.post(
        f"{pinterest.url}/_control/grant", json={"username": "bloom.and-co"}, timeout=TIMEOUT
    )
    assert gone.status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_web_page_cannot_reach_the_control_api(pinterest: Pinterest, origin: str) -> None:
    answer = requests.post(f"{pinterest.url}/_control/reset", headers={"Origin": origin}, timeout=TIMEOUT)
    assert answer.status_code == 403
    assert pinterest.call("GET", "/boards").status_code == 200
