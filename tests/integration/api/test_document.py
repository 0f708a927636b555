"""The OpenAPI document is written once, whoever asks how often, and clients may keep it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.rest import errors
from pinsched import openapi
from tests.support.work import calls

URL = "/api/v1/openapi.json"


def test_it_is_written_once(client: Client) -> None:
    openapi.written.cache_clear()
    assert calls(lambda: client.get(URL), of="get_openapi_schema") > 0
    assert calls(lambda: [client.get(URL) for _ in range(3)], of="get_openapi_schema") == 0
    assert openapi.written() is openapi.written()


def test_who_has_it_is_told_so(client: Client) -> None:
    first = client.get(URL)
    assert first.status_code == 200
    assert set(first["Cache-Control"].split(", ")) == {"max-age=300", "public"}
    assert first["X-Content-Type-Options"] == "nosniff"
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    other = client.get(URL, headers={"If-None-Match": '"of another version"'})
    assert other.json() == first.json()


def test_it_can_only_be_read(client: Client) -> None:
    answer = client.post(URL, {}, content_type="application/json")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


def documented(client: Client) -> dict[str, set[int]]:
    paths = client.get(URL).json()["paths"]
    return {
        f"{method} {path}": {int(code) for code in operation["responses"]}
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_each_status_that_we_answer_with_is_in_it(client: Client) -> None:
    for operation, statuses in documented(client).items():
        assert set(errors._BARE) <= statuses, operation


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_id_with_a_slash_is_another_path_and_no_surprise(method: str, client: Client) -> None:
    answer = client.generic(method.upper(), "/api/v1/pins/a%2Fretry")
    assert answer.status_code == 405
    assert answer.status_code in documented(client)[f"{method} /api/v1/pins/{{pin_id}}"]
    assert set(answer.json()["error"]) == {"code", "message", "fields"}


def test_a_body_in_chunks_is_refused_as_documented(client: Client) -> None:
    answer = client.generic("POST", "/api/v1/pins", headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code in documented(client)["post /api/v1/pins"]
