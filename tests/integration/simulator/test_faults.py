"""Each way in which a call can be made to go wrong, and whether it was done all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests

from tests.integration.simulator.harness import EVERY_SCOPE, TIMEOUT, Pinterest, error_of

POST_PIN = {"method": "POST", "path": "/v5/pins$", "times": 1}


def stored(pinterest: Pinterest) -> int:
    return len(pinterest.pins())


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_with_the_work_undone_or_done(
    pinterest: Pinterest, kind: str, made: int
) -> None:
    pinterest.fault(kind, **POST_PIN)
    with pytest.raises(requests.ConnectionError):
        pinterest.post_pin()
    assert stored(pinterest) == made
    logged = pinterest.calls()[-1]
    assert (logged["fault"], logged["status"], logged["path"]) == (kind, None, "/v5/pins")
    assert pinterest.post_pin().status_code == 201


def test_a_status_of_ones_choice_without_and_with_the_work_done(pinterest: Pinterest) -> None:
    pinterest.fault(
        "status", status=503, body={"code": 0, "message": "Down"}, headers={"X-Why": "test"}, **POST_PIN
    )
    answer = pinterest.post_pin()
    assert (answer.status_code, answer.json()["message"], answer.headers["X-Why"]) == (503, "Down", "test")
    assert "x-pinterest-rid" in answer.headers
    assert "x-ratelimit-limit" in answer.headers
    assert stored(pinterest) == 0
    pinterest.fault("status", status=500, commit=True, **POST_PIN)
    assert pinterest.post_pin().status_code == 500
    assert stored(pinterest) == 1


def test_a_status_has_a_fitting_body_of_its_own_and_takes_text(pinterest: Pinterest) -> None:
    pinterest.fault("status", status=429, times=1, headers={"Retry-After": "7", "x-ratelimit-remaining": "0"})
    answer = pinterest.call("GET", "/boards")
    assert error_of(answer) == (429, 8)
    assert (answer.headers["Retry-After"], answer.headers["x-ratelimit-remaining"]) == ("7", "0")
    pinterest.fault("status", status=502, times=1, body="<h1>Bad gateway</h1>")
    assert pinterest.call("GET", "/boards").text == "<h1>Bad gateway</h1>"


def test_a_date_that_a_rule_sets_stands_alone(pinterest: Pinterest) -> None:
    pinterest.fault("status", status=404, headers={"date": "Mon, 01 Jan 2001 00:00:00 GMT"})
    answer = pinterest.call("GET", "/user_account")
    assert answer.headers["Date"] == "Mon, 01 Jan 2001 00:00:00 GMT"  # two would be joined


def test_a_slow_answer_comes_late(pinterest: Pinterest) -> None:
    pinterest.fault("slow", seconds=0.3, **POST_PIN)
    answer = pinterest.post_pin()
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() >= 0.3
    assert pinterest.calls()[-1]["ms"] >= 300


@pytest.mark.parametrize(("commit_first", "made"), [(False, 0), (True, 1)])
def test_a_slow_call_is_done_after_or_before_the_wait(
    pinterest: Pinterest, commit_first: bool, made: int
) -> None:
    pinterest.fault("slow", seconds=5, commit_first=commit_first, **POST_PIN)
    board = pinterest.board()
    body = json.dumps(
        {"board_id": board, "media_source": {"source_type": "image_url", "url": "https://a.example/"}}
    )
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{pinterest.url}/v5/pins",
            data=body,
            headers={"Authorization": f"Bearer {pinterest.token}"},
            timeout=(TIMEOUT, 0.3),
        )
    assert stored(pinterest) == made
    while stored(pinterest) == 0:
        pass


def test_a_garbled_answer_hides_that_it_was_done(pinterest: Pinterest) -> None:
    pinterest.fault("garble", **POST_PIN)
    answer = pinterest.post_pin()
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        answer.json()
    assert stored(pinterest) == 1
    pin = pinterest.pins()[0]["id"]
    pinterest.fault("garble", method="DELETE", times=1)
    assert pinterest.call("DELETE", f"/pins/{pin}").status_code == 200
    assert stored(pinterest) == 0


def test_an_expired_token_stays_dead(pinterest: Pinterest) -> None:
    other = pinterest.token_of()
    pinterest.fault("expire", **POST_PIN)
    assert error_of(pinterest.post_pin()) == (401, 2)
    assert error_of(pinterest.call("GET", "/boards")) == (401, 2)
    assert pinterest.call("GET", "/boards", token=other).status_code == 200


def test_a_rule_applies_to_the_person_the_method_and_the_path_it_names(pinterest: Pinterest) -> None:
    other = pinterest.token_of("northlightstudio")
    pinterest.fault("status", status=500, username="northlightstudio", method="get", path=r"/boards(/\d+)?$")
    assert pinterest.call("GET", "/boards").status_code == 200
    assert pinterest.call("GET", "/user_account", token=other).status_code == 200
    assert pinterest.call("POST", "/boards", {}, token=other).status_code == 400
    assert pinterest.call("GET", "/boards", token=other).status_code == 500


def test_a_rule_reaches_the_token_calls_of_its_person(pinterest: Pinterest) -> None:
    tokens = pinterest.grant("northlightstudio", scope=EVERY_SCOPE)
    pinterest.fault("drop_after", path="/oauth/token$", username="northlightstudio")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    with pytest.raises(requests.ConnectionError):
        pinterest.token_call(**form)
    pinterest.no_faults()
    assert error_of(pinterest.token_call(**form)) == (401, 2)


def test_the_first_rule_that_matches_fires_until_it_is_used_up(pinterest: Pinterest) -> None:
    first = pinterest.fault("status", status=500, times=1)["id"]
    second = pinterest.fault("status", status=503, times=2)["id"]
    assert first != second
    assert [pinterest.call("GET", "/boards").status_code for _ in range(4)] == [500, 503, 503, 200]
    rules = pinterest.control("faults")["faults"]
    assert [(rule["id"], rule["hits"]) for rule in rules] == [(first, 1), (second, 2)]


def test_no_times_means_always_until_cleared(pinterest: Pinterest) -> None:
    pinterest.fault("status", status=500, times=None)
    assert {pinterest.call("GET", "/boards").status_code for _ in range(5)} == {500}
    assert pinterest.no_faults() == {"faults": []}
    assert pinterest.call("GET", "/boards").status_code == 200


def test_chance_is_the_same_for_the_same_seed(pinterest: Pinterest) -> None:
    def run(seed: int) -> list[int]:
        pinterest.no_faults()
        pinterest.fault("status", status=500, probability=0.5, seed=seed)
        return [pinterest.call("GET", "/boards").status_code for _ in range(20)]

    first = run(1)
    assert set(first) == {200, 500}
    assert run(1) == first
    assert run(2) != first


@pytest.mark.parametrize("rule", [{"kind": "explode"}, {"path": "("}, {"times": "two"}, {"when": 1}])
def test_a_wrong_rule_is_refused(pinterest: Pinterest, rule: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match=r"kind|regular|times|when"):
        pinterest.control("faults", {"kind": "status", **rule})
    assert pinterest.control("faults") == {"faults": []}


def test_numbers_can_be_left_unknown(pinterest: Pinterest) -> None:
    pin = pinterest.post_pin().json()["id"]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    query = {"start_date": today, "end_date": today, "metric_types": "SAVE,IMPRESSION"}

    def asked(**rule: object) -> tuple[set[str], object]:
        if rule:
            pinterest.fault("unknown", path="/analytics", times=1, **rule)
        (day,) = pinterest.get(f"/pins/{pin}/analytics", **query)["all"]["daily_metrics"]
        return set(day["metrics"]), day["metrics"].get("SAVE", "missing")

    assert asked() == ({"SAVE", "IMPRESSION"}, 0)
    assert asked(metrics=["SAVE"], value=None) == ({"SAVE", "IMPRESSION"}, None)
    assert asked(metrics=["SAVE"], value="n/a") == ({"SAVE", "IMPRESSION"}, "n/a")
    assert asked(metrics=["SAVE"]) == ({"IMPRESSION"}, "missing")
    assert asked(value=None) == ({"SAVE", "IMPRESSION"}, None)
    assert asked(metrics=[]) == (set(), "missing")
