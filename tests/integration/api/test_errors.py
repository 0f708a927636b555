"""Whatever a client sends, the answer is one envelope and never a 500. `Answer` checks the envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, PinterestAccount, Role, User, Workspace
from pins.models import Pin
from tests.integration.api.conftest import Answer, Caller
from tests.support import factories

pytestmark = pytest.mark.django_db

BORROWED = [
    HealthCheck.function_scoped_fixture
]  # all examples of a test share its rows: they only must not crash

# Method, path, role needed: every operation there is.
OPERATIONS = [
    ("GET", "accounts", Role.VIEWER),
    ("GET", "boards", Role.VIEWER),
    ("POST", "media", Role.EDITOR),
    ("GET", "media/{med}", Role.VIEWER),
    ("POST", "pins", Role.EDITOR),
    ("GET", "pins", Role.VIEWER),
    ("GET", "pins/{pin}", Role.VIEWER),
    ("PATCH", "pins/{pin}", Role.EDITOR),
    ("DELETE", "pins/{pin}", Role.EDITOR),
    ("POST", "pins/{pin}/schedule", Role.EDITOR),
    ("POST", "pins/{pin}/unschedule", Role.EDITOR),
    ("POST", "pins/{pin}/retry", Role.EDITOR),
    ("GET", "pins/{pin}/attempts", Role.VIEWER),
    ("GET", "pins/{pin}/metrics", Role.VIEWER),
    ("GET", "metrics", Role.VIEWER),
]


@pytest.fixture
def ids(pin_body: dict[str, Any], as_bob: Caller) -> dict[str, str]:
    return {"pin": as_bob.post("pins", pin_body).body["id"], "med": pin_body["media"][0]}


def test_the_table_above_is_complete(client: Client) -> None:
    document = client.get("/api/v1/openapi.json")
    assert document.status_code == 200
    known = {
        (method.upper(), path.removeprefix("/api/v1/").replace("pin_id", "pin").replace("media_id", "med"))
        for path, methods in document.json()["paths"].items()
        for method in methods
    }
    assert known == {(method, path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "role"), OPERATIONS)
def test_who_may_do_it(
    method: str, path: str, role: Role, ids: dict[str, str], as_vera: Caller, as_charlie: Caller, bob: User
) -> None:
    path = path.format(**ids)
    seen = as_vera(method, path)
    if role == Role.VIEWER:
        assert seen.status == 200
    else:
        assert (seen.status, seen.code) == (403, "role")
    foreign = as_charlie(method, path, {"publish_at": "now"} if path.endswith("schedule") else None)
    if "_" in path:
        assert foreign.status == 404 if method != "PATCH" else foreign.status in (404, 422)
        assert as_charlie("PATCH", path, {"title": "x"}).status in (404, 405)
    elif method == "GET":
        assert foreign.body["items"] == []
    for authorization in ("", "Bearer", "Bearer ", "Bearer ps_nope", "Token x", f"Basic {as_vera.plain}"):
        unknown = as_vera(method, path, Authorization=authorization)
        assert (unknown.status, unknown.code) == (401, "unauthorized")
        assert unknown.headers["WWW-Authenticate"] == "Bearer"


def test_foreign_ids_in_a_body_are_unknown_at_their_field(
    as_charlie: Caller, pin_body: dict[str, Any], charlie: User
) -> None:
    elsewhere = charlie.workspaces.get()
    account = factories.make_account(elsewhere, username="elsewhere")
    board = factories.make_board(account)
    own = pin_body | {"account": f"acc_{account.pk}", "board": f"brd_{board.pk}", "media": []}
    made = as_charlie.post("pins", own)
    assert made.status == 201
    for field in ("account", "board", "media"):
        answer = as_charlie.post("pins", own | {field: pin_body[field]})
        assert (answer.status, list(answer.fields)) == (422, [field])
        patched = as_charlie.patch(f"pins/{made.body['id']}", {field: pin_body[field]})
        assert (patched.status, list(patched.fields)) == (422, [field])
    for path in ("boards", "pins"):
        answer = as_charlie.get(f"{path}?account={pin_body['account']}")
        assert (answer.status, list(answer.fields)) == (422, ["account"])


def test_a_token_ends_with_its_membership_and_follows_the_role(as_bob: Caller, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    assert as_bob.post("pins", {}).status == 403
    Membership.objects.filter(user=bob).delete()
    assert as_bob.get("pins").status == 401


def test_unknown_paths_and_methods(as_bob: Caller, ids: dict[str, str]) -> None:
    for path in ("", "nothing", "pins/", "pins/x/y/z", "docs", "/api/v1", "accounts/acc_1", "../../admin/"):
        for method in ("GET", "POST", "DELETE"):
            assert as_bob(method, path if path.startswith("/") else f"/api/v1/{path}").status == 404, path
    for method, path in (
        ("DELETE", "pins"),
        ("PUT", f"pins/{ids['pin']}"),
        ("GET", f"pins/{ids['pin']}/retry"),
    ):
        answer = as_bob(method, path)
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["Allow"]
    assert "<" not in as_bob.get("/api/v1/nothing").text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "1",
            "pin_0",
            "pin_01",
            "pin_-1",
            "pin_1.0",
            "PIN_1",
            "acc_1",
            "pin_",
            "pin_1%00",
            "pin_%D9%A1",
            "%00",
        ),
        *("pin_9223372036854775808", "pin_" + "9" * 5000, "%F0%9F%AA%B4", "%ED%A0%80", "pin_1%0A", "%2e%2e"),
    ],
)
def test_a_malformed_id_in_a_path_is_nothing(as_bob: Caller, name: str) -> None:
    assert as_bob.get(f"pins/{name}").status == 404
    assert as_bob.post(f"pins/{name}/retry").status == 404
    assert as_bob.get(f"media/{name}").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"   ", 400),
        (b"\xff\xfe", 400),
        (b'{"title": "\xff"}', 400),
        (b'{"title": NaN}', 400),
        (b'{"title": 1e999}', 422),
        (b'{"title": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
        (b"[]", 422),
        (b'"title"', 422),
        (b"null", 422),
        (b"0", 422),
        (b"", 422),
        (b'{"title": "a", "title": "b"}', 422),
        (b'{"title": {"x": 1, "x": 2}}', 422),
        (b'{"\\ud800": 1}', 422),
        (b'{"title": "\\ud800"}', 422),
        (b'{"title": "a\\u0000b"}', 422),
        (b'{"media": "med_1"}', 422),
        (b'{"media": [[1]]}', 422),
        (b'{"media": [null]}', 422),
        (b'{"media": {"0": "med_1"}}', 422),
        (b'{"account": 1}', 422),
        (b'{"account": {"id": "acc_1"}}', 422),
        (b'{"": 1, "__class__": 2, "model_config": 3}', 422),
        (b"\xef\xbb\xbf{}", 400),
    ],
)
def test_bodies_that_are_none(as_bob: Caller, body: bytes, status: int) -> None:
    assert as_bob.post("pins", body).status == status
    assert not Pin.objects.exists()


def test_unknown_fields_are_named(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    answer = as_bob.post("pins", pin_body | {"tilte": "x", "kind": "create", "ナ": 1})
    assert (answer.status, set(answer.fields)) == (422, {"tilte", "kind", "ナ"})


def test_each_bad_field_is_named(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    answer = as_bob.post(
        "pins", pin_body | {"title": 1, "link": None, "media": ["x", "y"], "publish_at": "soon"}
    )
    assert set(answer.fields) == {"title", "link", "media", "publish_at"}
    assert len(answer.fields["media"]) == 2


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_of_another_type(as_bob: Caller, kind: str) -> None:
    answer = as_bob.generic("POST", "pins", data=b"title=x", content_type=kind)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large(as_bob: Caller, pin_body: dict[str, Any], settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    for method, path in (("POST", "pins"), ("POST", "pins/pin_1/schedule"), ("PATCH", "pins/pin_1")):
        answer = as_bob(method, path, pin_body | {"title": "x" * 20_000})
        assert (answer.status, answer.code) == (413, "too_large")
    huge = as_bob.generic(
        "POST", "pins", data=b"{}", content_type="application/json", CONTENT_LENGTH="99999999999"
    )
    assert huge.status == 413


def test_a_body_in_chunks_is_not_taken_for_none(as_bob: Caller) -> None:
    answer = as_bob.generic(
        "POST", "pins", headers={"Transfer-Encoding": "chunked"}, CONTENT_TYPE="application/json"
    )
    assert (answer.status, answer.code) == (411, "length_required")


def test_what_django_refuses_before_us(as_bob: Caller) -> None:
    bad_host = as_bob.generic("GET", "pins", headers={"Host": "evil.example"})
    assert (bad_host.status, bad_host.code) == (400, "bad_request")
    too_many = as_bob.generic("GET", "pins?" + "&".join(f"f{n}=1" for n in range(2000)))
    assert too_many.status == 400
    accept_html = as_bob.get("nothing", Accept="text/html")
    assert accept_html.headers["Content-Type"].startswith("application/json")


def test_our_own_mistakes_are_in_the_envelope_too(
    as_bob: Caller, shop: PinterestAccount, caplog: Any
) -> None:
    PinterestAccount.objects.filter(pk=shop.pk).update(health="no such")
    answer = as_bob.get("accounts")
    assert (answer.status, answer.code) == (500, "internal")
    assert "no such" not in answer.text
    assert "no such" in caplog.text


def test_other_pages_keep_their_own_errors(client: Client) -> None:
    assert client.get("/api/v2/pins")["Content-Type"].startswith("text/html")


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["now", "pin_1"])
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))
names = st.sampled_from(
    [
        "account",
        "board",
        "section",
        "title",
        "description",
        "link",
        "alt_text",
        "media",
        "publish_at",
        "status",
    ]
)


@settings(max_examples=150, suppress_health_check=BORROWED)
@given(changes=st.dictionaries(names | st.text(), values, max_size=5), raw=st.booleans())
def test_no_body_crashes_us(
    as_bob: Caller, pin_body: dict[str, Any], ids: dict[str, str], changes: dict[str, Any], raw: bool
) -> None:
    body = json.dumps(pin_body | changes, ensure_ascii=raw).encode("utf-8", "surrogatepass")
    for method, path in (
        ("POST", "pins"),
        ("PATCH", f"pins/{ids['pin']}"),
        ("POST", f"pins/{ids['pin']}/schedule"),
    ):
        assert as_bob(method, path, body).status < 500


@settings(max_examples=150, suppress_health_check=BORROWED)
@given(
    query=st.dictionaries(
        st.sampled_from(["status", "account", "board", "q", "from", "to", "limit", "cursor", "group"]),
        st.text() | st.integers().map(str) | st.datetimes().map(str) | st.dates().map(str),
    )
)
def test_no_query_crashes_us(as_bob: Caller, ids: dict[str, str], query: dict[str, str]) -> None:
    from urllib.parse import quote

    text = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in query.items())
    for path in ("pins", "boards", "metrics", f"pins/{ids['pin']}/metrics", f"pins/{ids['pin']}/attempts"):
        assert as_bob.get(f"{path}?{text}").status < 500


def test_the_document_describes_it(client: Client, workspace: Workspace) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["info"]["title"] == "PinSched"
    create = document["paths"]["/api/v1/pins"]["post"]
    assert create["security"] == [{"Bearer": []}]
    assert {"201", "401", "403", "409", "422", "429"} <= set(create["responses"])
    assert set(document["paths"]["/api/v1/media"]["post"]["requestBody"]["content"]) == {
        "multipart/form-data",
        "application/json",
    }
    assert Answer(client.get("/api/v1/docs")).status == 404


def test_plain_http_is_refused_where_https_is_meant(as_bob: Caller, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    refused = as_bob.get("accounts")
    assert (refused.status, refused.code) == (403, "https_required")
    assert as_bob.get("accounts", X_Forwarded_Proto="https").status == 200
