"""The OpenAPI document is written once, whoever asks how often, and clients may keep it."""

from __future__ import annotations

from django.test import Client

from pinsched import openapi
from tests.work import calls

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
