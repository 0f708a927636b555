"""From the consent page to tokens, and what becomes of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.integration.simulator.harness import CALLBACK, TIMEOUT, Answer, Pinterest, error_of


def code_for(
    pinterest: Pinterest, username: str = "alderandoat", scope: str = "boards:read pins:read"
) -> str:
    return pinterest.consent(username=username, scope=scope)["code"]


def exchange(pinterest: Pinterest, code: str, redirect_uri: str = CALLBACK) -> Answer:
    return pinterest.token_call(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)


def refresh(pinterest: Pinterest, token: str, **more: Any) -> Answer:
    return pinterest.token_call(
        grant_type="refresh_token", refresh_token=token, continuous_refresh="true", **more
    )


def page(pinterest: Pinterest, **changes: str) -> Answer:
    query = {
        "client_id": "simulator",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "boards:read,pins:write",
        "state": "s-1",
        **changes,
    }
    return requests.get(f"{pinterest.url}/oauth/", params=query, timeout=TIMEOUT)


def test_the_consent_page_shows_people_and_what_the_app_asks(pinterest: Pinterest) -> None:
    shown = page(pinterest)
    assert shown.status_code == 200
    for words in (
        "not Pinterest",
        "Alder &amp; Oat",
        "northlightstudio",
        "boards:read",
        "pins:write",
        "Cancel",
    ):
        assert words in shown.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "nobody"}, "no app with the client_id “nobody”"),
        ({"redirect_uri": "javascript:alert(1)"}, "not a web address"),
        ({"response_type": "token"}, "response_type=code"),
        ({"scope": ""}, "no scope"),
        ({"scope": "boards:read,boards:eat"}, "“boards:eat”"),
    ],
)
def test_a_wrong_request_is_explained_in_plain_words(
    pinterest: Pinterest, changes: dict[str, str], words: str
) -> None:
    shown = page(pinterest, **changes)
    assert shown.status_code == 400
    assert words in shown.text


def test_words_from_the_address_are_escaped(pinterest: Pinterest) -> None:
    assert "<script>" not in page(pinterest, client_id="<script>").text


def test_giving_access_sends_a_code_that_buys_tokens_of_that_person(pinterest: Pinterest) -> None:
    told = pinterest.consent(username="northlightstudio", scope="boards:read user_accounts:read")
    assert told["state"] == "s-1"
    tokens = exchange(pinterest, told["code"]).json()
    assert tokens["access_token"].startswith("pina_")
    assert tokens["refresh_token"].startswith("pinr_")
    assert tokens["response_type"] == "authorization_code"
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 30 * 24 * 3600
    assert tokens["refresh_token_expires_in"] == 60 * 24 * 3600
    assert set(tokens["scope"].split()) == {"boards:read", "user_accounts:read"}
    account = pinterest.get("/user_account", token=tokens["access_token"])
    assert account["username"] == "northlightstudio"
    assert account["business_name"] == "Northlight Studio"
    assert account["account_type"] == "BUSINESS"
    assert account["board_count"] == 3


def test_cancel_comes_back_with_access_denied_and_the_state(pinterest: Pinterest) -> None:
    told = pinterest.consent("cancel", username="alderandoat")
    assert (told["error"], told["state"]) == ("access_denied", "s-1")
    assert "code" not in told


def test_a_new_account_can_be_made_on_the_page(pinterest: Pinterest) -> None:
    told = pinterest.consent(new_username="fresh_start", scope="user_accounts:read")
    token = exchange(pinterest, told["code"]).json()["access_token"]
    assert pinterest.get("/user_account", token=token)["username"] == "fresh_start"


def test_a_code_works_once(pinterest: Pinterest) -> None:
    code = code_for(pinterest)
    assert exchange(pinterest, code).status_code == 200
    assert error_of(exchange(pinterest, code)) == (400, 1)


def test_a_code_is_bound_to_its_redirect_uri(pinterest: Pinterest) -> None:
    code = code_for(pinterest)
    assert error_of(exchange(pinterest, code, f"{CALLBACK}?x=1")) == (400, 1)


def test_a_code_is_short_lived(pinterest: Pinterest) -> None:
    code = code_for(pinterest)
    pinterest.config(clock_offset_seconds=601)
    assert error_of(exchange(pinterest, code)) == (400, 1)


def test_the_app_must_know_its_secret(pinterest: Pinterest) -> None:
    token = pinterest.grant()["refresh_token"]
    answer = pinterest.token_call(("simulator", "guess"), grant_type="refresh_token", refresh_token=token)
    assert error_of(answer) == (401, 2)
    assert refresh(pinterest, token).status_code == 200


def test_a_refresh_rotates_and_the_old_refresh_token_dies_at_once(pinterest: Pinterest) -> None:
    first = pinterest.grant(scope="boards:read pins:read")
    second = refresh(pinterest, first["refresh_token"]).json()
    assert second["response_type"] == "refresh_token"
    assert second["refresh_token"] != first["refresh_token"]
    assert second["refresh_token_expires_at"] > second["refresh_token_expires_in"]
    assert error_of(refresh(pinterest, first["refresh_token"])) == (401, 2)
    assert pinterest.call("GET", "/boards", token=second["access_token"]).status_code == 200
    assert refresh(pinterest, second["refresh_token"]).status_code == 200


def test_of_refreshes_at_once_one_wins(pinterest: Pinterest) -> None:
    old = pinterest.grant()["refresh_token"]
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(
            answer.status_code for answer in pool.map(lambda _: refresh(pinterest, old), range(6))
        )
    assert statuses == [200, 401, 401, 401, 401, 401]


def test_a_refresh_can_narrow_the_scope_but_not_widen_it(pinterest: Pinterest) -> None:
    def granted() -> str:
        body = {"username": "alderandoat", "scope": "boards:read pins:read"}
        token: str = pinterest.control("grant", body)["refresh_token"]
        return token

    assert refresh(pinterest, granted(), scope="boards:read").json()["scope"] == "boards:read"
    assert error_of(refresh(pinterest, granted(), scope="boards:write")) == (400, 1)


def test_tokens_expire(pinterest: Pinterest) -> None:
    pinterest.config(access_token_seconds=60, refresh_token_seconds=120)
    tokens = pinterest.grant()
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (60, 120)
    assert pinterest.call("GET", "/boards", token=tokens["access_token"]).status_code == 200
    pinterest.config(clock_offset_seconds=61)
    assert error_of(pinterest.call("GET", "/boards", token=tokens["access_token"])) == (401, 2)
    pinterest.config(clock_offset_seconds=121)
    assert error_of(refresh(pinterest, tokens["refresh_token"])) == (401, 2)


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_control_kills_one_kind_of_token(pinterest: Pinterest, kind: str) -> None:
    tokens = pinterest.grant()
    pinterest.kill_tokens(kind)
    access = pinterest.call("GET", "/boards", token=tokens["access_token"]).status_code
    renewed = refresh(pinterest, tokens["refresh_token"]).status_code
    assert (access, renewed) == ((401, 200) if kind == "access" else (200, 401))


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer nonsense", "Basic c2ltdWxhdG9yOng="])
def test_without_a_living_token_nothing_is_told(pinterest: Pinterest, header: str) -> None:
    answer = requests.get(f"{pinterest.url}/v5/boards", headers={"Authorization": header}, timeout=TIMEOUT)
    assert error_of(answer) == (401, 2)


@pytest.mark.parametrize(
    ("method", "path", "lacking"),
    [
        ("GET", "/user_account", "boards:read"),
        ("GET", "/boards", "pins:read"),
        ("POST", "/boards", "boards:read"),
        ("GET", "/pins", "boards:read"),
        ("POST", "/pins", "boards:read boards:write pins:read"),
        ("GET", "/terms/suggested", "user_accounts:read"),
    ],
)
def test_scopes_are_enforced(pinterest: Pinterest, method: str, path: str, lacking: str) -> None:
    token = pinterest.token_of(scope=lacking)
    assert error_of(pinterest.call(method, path, {}, token=token)) == (401, 3)


def test_revoking_is_for_system_users_only(pinterest: Pinterest) -> None:
    answer = requests.post(
        f"{pinterest.url}/v5/oauth/token/revoke",
        data={"token": pinterest.token},
        auth=("simulator", "simulator-secret"),
        timeout=TIMEOUT,
    )
    assert error_of(answer) == (403, 29)
