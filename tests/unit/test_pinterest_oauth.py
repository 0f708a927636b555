from __future__ import annotations

import base64
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.pinterest import errors, oauth
from accounts.pinterest.types import TokenGrant
from tests.support.waiting import PATIENCE
from tests.unit.tiny_server import TinyServer, answer, serving

PAIR = {
    "access_token": "pina_new",
    "refresh_token": "pinr_new",
    "expires_in": 2592000,
    "refresh_token_expires_in": 5184000,
    "scope": "boards:read,pins:read",
}


def refresh(server: TinyServer) -> TokenGrant:
    return oauth.refresh(
        "pinr_old", api_url=server.url, client_id="app", client_secret="s3cret", deadline=PATIENCE
    )


def exchange(server: TinyServer) -> TokenGrant:
    return oauth.exchange_code(
        "the-code",
        api_url=server.url,
        client_id="app",
        client_secret="s3cret",
        redirect_uri="http://localhost:8000/cb/",
        deadline=PATIENCE,
    )


def test_the_consent_address_separates_scopes_by_commas() -> None:
    url = oauth.authorize_url(
        oauth_url="https://www.pinterest.com/oauth/",
        client_id="app",
        redirect_uri="http://localhost:8000/cb/",
        state="s t",
        scopes=("boards:read", "pins:read"),
    )

    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["app"],
        "redirect_uri": ["http://localhost:8000/cb/"],
        "response_type": ["code"],
        "scope": ["boards:read,pins:read"],
        "state": ["s t"],
    }


def test_a_code_becomes_a_pair() -> None:
    with serving(lambda connection, number: answer(connection, PAIR)) as server:
        grant = exchange(server)

        assert grant == TokenGrant("pina_new", "pinr_new", 2592000, 5184000, ("boards:read", "pins:read"))
        head, _, form = server.requests[0].decode().partition("\r\n\r\n")
        assert f"Basic {base64.b64encode(b'app:s3cret').decode()}" in head
        assert parse_qs(form) == {
            "grant_type": ["authorization_code"],
            "code": ["the-code"],
            "redirect_uri": ["http://localhost:8000/cb/"],
            "continuous_refresh": ["true"],
        }


def test_an_old_token_becomes_a_pair() -> None:
    with serving(lambda connection, number: answer(connection, PAIR)) as server:
        assert refresh(server).refresh_token == "pinr_new"
        form = parse_qs(server.requests[0].decode().partition("\r\n\r\n")[2])
        assert form == {
            "grant_type": ["refresh_token"],
            "refresh_token": ["pinr_old"],
            "continuous_refresh": ["true"],
        }


def test_without_a_new_refresh_token_the_old_one_lives_on() -> None:
    told = {"access_token": "pina_new", "scope": "pins:read boards:read"}
    with serving(lambda connection, number: answer(connection, told)) as server:
        grant = refresh(server)

    assert grant.refresh_token == "pinr_old"
    assert grant.scopes == ("pins:read", "boards:read")
    assert (grant.expires_in, grant.refresh_expires_in) == (oauth.ACCESS_LIFETIME, oauth.REFRESH_LIFETIME)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_any_no_is_the_end_of_the_grant(status: int) -> None:
    with serving(lambda connection, number: answer(connection, {"code": 2}, status=status)) as server:
        with pytest.raises(errors.DeadGrant) as caught:
            refresh(server)
        assert caught.value.http_status == status


@pytest.mark.parametrize("status", [408, 500, 502, 503, 301])
def test_no_word_on_the_grant_means_to_ask_again(status: int) -> None:
    with serving(lambda connection, number: answer(connection, {}, status=status)) as server:
        with pytest.raises(errors.Unavailable):
            refresh(server)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "told",
    [
        {"code": 2787, "message": "Sorry! Something went wrong on our end."},
        {"code": 9, "message": "Sorry! You've hit a block (logins) we have in place to combat spam."},
    ],
)
def test_what_passes_is_not_the_end_of_the_grant(status: int, told: dict[str, object]) -> None:
    with (
        serving(lambda connection, number: answer(connection, told, status=status)) as server,
        pytest.raises(errors.Unavailable),
    ):
        refresh(server)


def test_a_limit_is_not_the_end_of_the_grant() -> None:
    with (
        serving(lambda connection, number: answer(connection, {"code": 8}, status=429)) as server,
        pytest.raises(errors.RateLimited),
    ):
        refresh(server)


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"access_token": ""}', b'{"access_token": 5}'])
def test_an_answer_that_can_not_be_read_means_to_ask_again(raw: bytes) -> None:
    with (
        serving(lambda connection, number: answer(connection, raw=raw)) as server,
        pytest.raises(errors.Unavailable),
    ):
        refresh(server)


def test_a_lost_answer_means_to_ask_again() -> None:
    def drop(connection: socket.socket, number: int) -> None:
        connection.close()

    with serving(drop) as server:
        with pytest.raises(errors.Unavailable):
            refresh(server)
        assert len(server.requests) == 1
        with pytest.raises(errors.OutcomeUnknown):
            exchange(server)


@pytest.mark.parametrize("number", [-5, 0, "soon", True, 10**12, float("inf"), None])
def test_a_lifetime_that_can_not_be_is_taken_for_the_usual_one(number: object) -> None:
    told = {"access_token": "a", "expires_in": number}
    with serving(lambda connection, _: answer(connection, told)) as server:
        assert refresh(server).expires_in == oauth.ACCESS_LIFETIME
