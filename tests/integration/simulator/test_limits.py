"""Rate limits, the headers that tell of them, and the tiers."""

from __future__ import annotations

import re

import pytest

from tests.integration.simulator.harness import Answer, Pinterest, error_of


def rate(answer: Answer) -> tuple[str, str, str]:
    return (
        answer.headers["x-ratelimit-limit"],
        answer.headers["x-ratelimit-remaining"],
        answer.headers["x-ratelimit-reset"],
    )


def test_headers_name_every_window_and_count_down(pinterest: Pinterest) -> None:
    pinterest.config(limits={"safety_net": [5000, 1]})
    first, second = (pinterest.call("GET", "/user_account/analytics") for _ in range(2))
    limit, remaining, reset = rate(first)
    assert limit == (
        '60, 5000;w=1;name="safety_net_app_id_user_id", 60;w=60;name="org_analytics_app_id_user_id"'
    )
    assert remaining == "59"
    assert 58 <= int(reset) <= 60
    assert second.headers["x-ratelimit-remaining"] == "58"


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("GET", "/boards", '1000;w=60;name="org_read_app_id_user_id"'),
        ("POST", "/boards", '100;w=60;name="org_write_app_id_user_id"'),
        ("GET", "/pins/1/analytics", '60;w=60;name="org_analytics_app_id_user_id"'),
        ("GET", "/terms/suggested", 'name="ads_read_app_id_user_id"'),
        ("POST", "/oauth/token", '1000;w=60;name="org_read_app_id_user_id"'),
        ("GET", "/nowhere", "safety_net"),
    ],
)
def test_every_answer_carries_a_request_id_and_its_limits(
    pinterest: Pinterest, method: str, path: str, limit: str
) -> None:
    answer = pinterest.call(method, path)
    assert limit in answer.headers["x-ratelimit-limit"]
    assert re.fullmatch(r"\d+", answer.headers["x-pinterest-rid"])


def test_the_bare_and_the_broken_header(pinterest: Pinterest) -> None:
    pinterest.config(rate_headers="bare", limits={"safety_net": None})
    assert rate(pinterest.call("POST", "/boards", {}))[:2] == ("100", "99")
    pinterest.config(rate_headers="garbage")
    with pytest.raises(ValueError, match="invalid literal"):
        [int(value) for value in rate(pinterest.call("GET", "/boards"))]


@pytest.mark.parametrize("told", [True, False])
def test_the_request_too_many_is_a_429_and_does_nothing(pinterest: Pinterest, told: bool) -> None:
    pinterest.config(limits={"org_write": [2, 600]}, retry_after=told)
    assert [pinterest.post_pin().status_code for _ in range(2)] == [201, 201]
    refused = pinterest.post_pin()
    assert error_of(refused) == (429, 8)
    assert "rate limit" in refused.json()["message"]
    assert ("Retry-After" in refused.headers) == told
    assert not told or 590 <= int(refused.headers["Retry-After"]) <= 600
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert len(pinterest.pins()) == 2
    assert pinterest.call("GET", "/boards").status_code == 200


def test_a_window_opens_again(pinterest: Pinterest) -> None:
    pinterest.config(limits={"org_write": [1, 1]})
    pinterest.call("POST", "/boards", {})
    assert pinterest.call("POST", "/boards", {}).status_code == 429
    while (answer := pinterest.call("POST", "/boards", {})).status_code == 429:
        pass
    assert answer.status_code == 400


def test_limits_are_counted_per_person(pinterest: Pinterest) -> None:
    pinterest.config(limits={"org_write": [1, 600]})
    other = pinterest.token_of("northlightstudio")
    again = pinterest.token_of()
    assert pinterest.call("POST", "/boards", {}).status_code == 400
    assert pinterest.call("POST", "/boards", {}, token=again).status_code == 429
    assert pinterest.call("POST", "/boards", {}, token=other).status_code == 400


def test_the_safety_net_spans_the_categories(pinterest: Pinterest) -> None:
    pinterest.config(limits={"safety_net": [2, 600]})
    pinterest.call("GET", "/boards")
    pinterest.call("POST", "/boards", {})
    refused = pinterest.call("GET", "/user_account")
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-limit"].startswith("2, ")


def test_token_calls_count_as_reads_of_their_person(pinterest: Pinterest) -> None:
    token = pinterest.grant()["refresh_token"]
    pinterest.config(limits={"org_read": [1, 600]})
    pinterest.call("GET", "/boards")
    answer = pinterest.token_call(grant_type="refresh_token", refresh_token=token)
    assert error_of(answer) == (429, 8)
    pinterest.config(limits={})
    assert pinterest.token_call(grant_type="refresh_token", refresh_token=token).status_code == 200


def test_lifted_limits_let_everything_through(pinterest: Pinterest) -> None:
    pinterest.config(limits={"org_write": [1, 600]})
    pinterest.config(limits=None)
    assert {pinterest.call("POST", "/boards", {}).status_code for _ in range(5)} == {400}
    assert "1000000;w=60" in pinterest.call("POST", "/boards", {}).headers["x-ratelimit-limit"]


def test_the_trial_tier_makes_no_pins_in_production(pinterest: Pinterest) -> None:
    pinterest.config(tier="trial")
    refused = pinterest.post_pin()
    assert error_of(refused) == (403, 29)
    message = refused.json()["message"]
    assert message.startswith("Apps with Trial access may not create Pins in production")
    assert "API Sandbox" in message
    assert pinterest.call("POST", "/boards", {"name": "Allowed"}).status_code == 201
    assert pinterest.pins() == []


def test_the_trial_tier_counts_the_whole_app_by_the_day(pinterest: Pinterest) -> None:
    pinterest.config(tier="trial", limits={"trial": [3, 86400]})
    other = pinterest.token_of("northlightstudio")
    statuses = [
        pinterest.call("GET", "/boards", token=token).status_code for token in (other, None, other, None)
    ]
    assert statuses == [200, 200, 200, 429]


def test_the_sandbox_makes_pins_but_has_no_analytics(pinterest: Pinterest) -> None:
    pinterest.config(tier="sandbox")
    pin = pinterest.post_pin()
    assert pin.status_code == 201
    for path in (f"/pins/{pin.json()['id']}/analytics", "/pins/analytics", "/user_account/analytics"):
        assert error_of(pinterest.call("GET", path)) == (403, 29)


@pytest.mark.parametrize(
    "wish",
    [
        {"tier": "gold"},
        {"limits": {"org_sleep": [1, 2]}},
        {"limits": {"org_read": [1]}},
        {"latency_ms": -1},
        {"decode": "none"},
        {"speed": 1},
    ],
)
def test_a_wrong_setting_is_refused_and_changes_nothing(
    pinterest: Pinterest, wish: dict[str, object]
) -> None:
    before = pinterest.control("config")
    with pytest.raises(AssertionError, match=next(iter(wish))):
        pinterest.config(**wish)
    assert pinterest.control("config") == before
