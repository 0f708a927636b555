"""Every request that the client can build, against what Pinterest's official description allows.

`fixtures/pinterest_rules.json` states the rules in our own words; `CASES` calls each method, each parameter
and each kind of media at least once; a server records what really leaves. A method without a rule or without
a recorded request fails here, so no call is added without a look into the description.
"""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final, get_args
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.pinterest import oauth
from accounts.pinterest.body import encode
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.operations.pins import PinFilter
from accounts.pinterest.sending import Sending
from accounts.pinterest.types import (
    Age,
    Audience,
    Carousel,
    Gender,
    ImageBase64,
    Interest,
    KeyFrame,
    MediaSource,
    NewPin,
    Origin,
    PinChanges,
    Region,
    Registration,
    Slide,
    SlotChanges,
    TrendKind,
    Video,
)
from tests.support.waiting import PATIENCE
from tests.unit.pinterest_cases import CASES, FAR, JPEG, PNG, SPAN, UPLOAD, Case
from tests.unit.pinterest_description import (
    OPERATIONS,
    RULES,
    SHAPES,
    Sent,
    breaches,
    breaches_of_query,
    breaches_of_request,
    in_path,
)
from tests.unit.tiny_server import TinyServer, answer, serving

METHODS: Final = sorted(
    name
    for name in {*dir(PinterestClient)} - {*dir(Sending)}
    if callable(getattr(PinterestClient, name)) and name[0] != "_"
)
TOKEN_CALLS: Final = ("exchange_code", "refresh")


def obliging(connection: socket.socket, sent: Sent) -> None:
    """Says yes to everything; each list has two pages."""
    if sent.method == "DELETE" or sent.path == "/bucket/":
        return answer(connection, raw=b"", status=204)
    if sent.path == "/v5/pins/analytics":
        return answer(connection, {})
    if sent.path == "/v5/terms/suggested":
        return answer(connection, ["desk setup"])
    turned = "bookmark" in dict(sent.query)
    yes = {"id": "1", "media_id": "1", "username": "alderandoat", "items": [], "access_token": "pina_1"}
    more: dict[str, object] = {
        "related_terms_list": [],
        "trends": [],
        "bookmark": None if turned else "two&=",
        "all": {},
    }
    upload = {"upload_url": "https://bucket.example/", "upload_parameters": {"key": "k"}}
    return answer(connection, {**yes, **more, **upload})


def recorded(
    ask: Callable[[PinterestClient, TinyServer], object],
    acting: str | None = None,
) -> tuple[list[Sent], list[CallRecord]]:
    """What left while `ask` was done, and what the client noted of it, acting for an ad account or not."""
    records: list[CallRecord] = []
    with serving(
        lambda connection, number: obliging(connection, Sent.read(server.requests[number]))
    ) as server:
        client = PinterestClient(
            "pina_test", api_url=f"{server.url}/v5", ad_account_id=acting, on_response=records.append
        )
        done = ask(client, server)
        if isinstance(done, Iterator):
            list(done)
        return [Sent.read(raw) for raw in server.requests], records


def test_every_method_of_the_client_has_a_rule_and_a_request() -> None:
    assert sorted(OPERATIONS) == METHODS
    assert sorted(CASES) == METHODS
    assert [name for name in METHODS if not CASES[name]] == ["upload_video"]


@pytest.mark.parametrize("name", METHODS)
def test_every_parameter_of_a_method_is_used_in_a_request(name: str) -> None:
    signature = inspect.signature(getattr(PinterestClient, name))
    used = {word for args, kwargs in CASES[name] for word in signature.bind(None, *args, **kwargs).arguments}
    if CASES[name]:
        assert used == set(signature.parameters)


def test_every_field_of_a_body_is_used_in_a_request() -> None:
    found: dict[type, set[str]] = {}

    def note(thing: object) -> None:
        if isinstance(thing, list | tuple):
            for one in thing:
                note(one)
        elif dataclasses.is_dataclass(thing):
            for one in dataclasses.fields(thing):
                if getattr(thing, one.name) != one.default:
                    found.setdefault(type(thing), set()).add(one.name)
                note(getattr(thing, one.name))

    for cases in CASES.values():
        note([args for args, _ in cases])
    bodies = (*get_args(MediaSource), KeyFrame, Slide, NewPin, PinChanges, SlotChanges)
    assert found == {body: {one.name for one in dataclasses.fields(body)} for body in bodies}


@pytest.mark.parametrize("name", [name for name in METHODS if CASES[name]])
@pytest.mark.parametrize("acting", [None, "549755885175"])
def test_what_leaves_is_what_the_description_allows(name: str, acting: str | None) -> None:
    rule = OPERATIONS[name]
    allowed = [OPERATIONS[other] for other in rule.get("made_of", [name])]
    for args, kwargs in CASES[name]:

        def ask(client: PinterestClient, server: TinyServer, one: Case = (args, kwargs)) -> object:
            return getattr(client, name)(*one[0], **one[1])

        sent, records = recorded(ask, acting)
        assert sent, f"{name} sent nothing"
        for request, record in zip(sent, records, strict=True):
            fits = [one for one in allowed if in_path(request, one["path"]) is not None]
            assert fits, f"{request.method} {request.path} is none of {name}'s"
            assert breaches_of_request(request, fits[0]) == []
            assert (record.method, record.category) == (request.method, fits[0]["category"])


def test_an_ad_account_is_named_wherever_the_description_allows_it_and_nowhere_else() -> None:
    for name, rule in OPERATIONS.items():
        takes = "ad_account_id" in inspect.signature(getattr(PinterestClient, name)).parameters
        parts = [OPERATIONS[other] for other in rule.get("made_of", [name])]
        assert takes == all("ad_account_id" in part.get("query", ()) for part in parts), name

    for name in METHODS:
        for args, kwargs in CASES[name][:1]:
            call = getattr(PinterestClient, name)

            def ask(client: PinterestClient, server: TinyServer, one: Case = (args, kwargs)) -> object:
                return getattr(client, name)(*one[0], **one[1])  # noqa: B023  # called at once

            sent, _ = recorded(ask, "549")
            named = {dict(request.query).get("ad_account_id") for request in sent}
            takes = "ad_account_id" in inspect.signature(call).parameters
            assert named == {kwargs.get("ad_account_id", "549") if takes else None}, name


@pytest.mark.parametrize(
    ("words", "operation", "parameter"),
    [
        (PinFilter, "pins", "pin_filter"),
        (Audience, "account_analytics", "content_type"),
        (Origin, "account_analytics", "source"),
        (Region, "trends", "region"),
        (TrendKind, "trends", "trend_type"),
        (Interest, "trends", "interests"),
        (Gender, "trends", "genders"),
        (Age, "trends", "ages"),
    ],
)
def test_the_words_we_know_are_the_words_that_are_allowed(words: Any, operation: str, parameter: str) -> None:
    rule = OPERATIONS[operation]
    shape = rule["query"].get(parameter) or rule["in_path"][parameter]
    shape = SHAPES[shape] if isinstance(shape, str) else shape
    assert list(get_args(words)) == shape.get("of", shape)["one_of"]


def test_a_video_goes_to_its_address_parameters_first_and_without_a_token() -> None:
    rule = OPERATIONS["upload_video"]["upload"]

    def upload(client: PinterestClient, server: TinyServer) -> None:
        place = Registration("5", f"{server.url}/bucket/", UPLOAD)
        client.upload_video(place, io.BytesIO(b"\0\0\0\x18ftypmp42"), deadline=PATIENCE)

    (sent,), records = recorded(upload)
    kind, _, boundary = sent.headers["content-type"].partition("; boundary=")
    parts = sent.body.split(f"--{boundary}".encode())
    names = [re.search(rb'; name="([^"]+)"', part) for part in parts[1:-1]]

    assert (sent.method, sent.path, kind) == ("POST", "/bucket/", "multipart/form-data")
    assert [name.group(1).decode() for name in names if name] == [*rule["parameters"], rule["file"]]
    assert [part.split(b"\r\n\r\n")[1][:-2].decode() for part in parts[1:-2]] == list(UPLOAD.values())
    assert parts[-2].endswith(b"\r\n\r\n\0\0\0\x18ftypmp42\r\n")
    assert parts[-1] == b"--\r\n"
    assert "authorization" not in sent.headers
    assert "pina_test" not in str(sent)
    assert records == []  # no call of the API, so none of its quota


@pytest.mark.parametrize("name", TOKEN_CALLS)
def test_a_token_call_is_what_the_description_allows(name: str) -> None:
    assert sorted(RULES["token_calls"]) == sorted(TOKEN_CALLS)
    rule = RULES["token_calls"][name]
    more = {"redirect_uri": "http://localhost:8000/callback/"} if name == "exchange_code" else {}

    def ask(client: PinterestClient, server: TinyServer) -> object:
        call: Any = getattr(oauth, name)
        return call("word", api_url=f"{server.url}/v5", client_id="app", client_secret="s", **more)

    (sent,), _ = recorded(ask)
    form = dict(parse_qsl(sent.body.decode(), strict_parsing=True))
    assert in_path(sent, rule["path"]) == {}
    assert (sent.method, sent.query) == (rule["method"], [])
    assert [*breaches(form, rule["form"], "form")] == []
    assert form["continuous_refresh"] == "true"
    assert sent.headers["authorization"].startswith("Basic ")
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"


def texts(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=most)


SLIDES: Final = st.builds(Slide, st.just(JPEG), texts(100), texts(100), texts(100))
COVERS: Final = st.one_of(st.builds(KeyFrame, st.integers(0, 900)), st.sampled_from([FAR, PNG]))
SOURCES: Final = st.one_of(
    st.builds(ImageBase64, st.sampled_from(["image/jpeg", "image/png"]), st.binary(min_size=1, max_size=50)),
    st.just(FAR),
    st.builds(Video, st.just("5"), COVERS),
    st.lists(SLIDES, min_size=2, max_size=5).flatmap(
        lambda slides: st.builds(Carousel, st.just(tuple(slides)), st.integers(0, len(slides) - 1))
    ),
)
IDS: Final = st.from_regex("[0-9]{1,18}", fullmatch=True)


@settings(max_examples=60)
@given(
    st.builds(
        NewPin, IDS, SOURCES, texts(100), texts(800), texts(2048), texts(500), st.one_of(st.just(""), IDS)
    )
)
def test_any_pin_within_the_limits_keeps_the_rules(pin: NewPin) -> None:
    body = json.loads(encode(pin.payload()))
    assert [*breaches(body, OPERATIONS["create_pin"]["body"], "body")] == []
    assert body.get("title", "") == pin.title
    assert body.get("description", "") == pin.description


@pytest.mark.parametrize(
    "make",
    [
        lambda: Carousel((Slide(JPEG),)),
        lambda: Carousel((Slide(JPEG),) * 6),
        lambda: Carousel((Slide(JPEG), Slide(FAR))),
        lambda: Carousel((Slide(JPEG), Slide(PNG)), cover=2),
        lambda: Carousel((Slide(JPEG), Slide(PNG)), cover=-1),
        lambda: KeyFrame(-1),
        lambda: PinChanges(board_id=""),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").update_pin("1", PinChanges()),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").update_board("1"),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").update_board("1", name=""),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").pins_analytics([], *SPAN, []),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").pins_analytics(["1"] * 101, *SPAN, []),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").related_terms([]),
        lambda: PinterestClient("t", api_url="http://127.0.0.1:9").trends("XX", "growing"),  # type: ignore[arg-type]
    ],
)
def test_what_can_not_be_asked_is_said_before_anything_is_sent(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"[A-Z].*\."):
        make()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["title"], "t" * 101, "body.title has 101 characters"),
        (["title"], 7, "body.title is no text"),
        (["board_id"], None, "body.board_id is null"),
        (["board_id"], "seven", "body.board_id looks wrong"),
        (["note"], "n", "body.note is not known"),
        (["media_source"], "jpeg", "body.media_source is no object"),
        (["media_source", "source_type"], "image", "body.media_source.source_type is image"),
        (["media_source", "index"], 5, "body.media_source.index is 5"),
        (["media_source", "index"], "0", "body.media_source.index is no whole number"),
        (["media_source", "items"], [], "body.media_source.items has 0 items"),
        (["media_source", "items", 0, "content_type"], "image/webp", "items.0.content_type is image/webp"),
        (["media_source", "items", 1, "size"], 1, "items.1.size is not known"),
        (["media_source", "source_type"], "video_id", "body.media_source has none of"),
    ],
)
def test_the_rules_catch_what_breaks_them(path: list[Any], value: object, words: str) -> None:
    """A contract test that can't fail would prove nothing."""
    body = json.loads(encode(NewPin("7", Carousel((Slide(JPEG), Slide(PNG)))).payload()))
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(words in found for found in breaches(body, OPERATIONS["create_pin"]["body"], "body"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("start_date=2026-07-21&end_date=2026-10-19", "metric_types is missing"),
        ("start_date=21.7.2026&end_date=2026-10-19&metric_types=SAVE", "start_date looks wrong"),
        ("start_date=2026-07-21&end_date=2026-10-19&metric_types=SAVE&metric_types=PIN_CLICK", "2 times"),
        ("start_date=2026-07-21&end_date=2026-10-19&metric_types=APPLAUSE", "metric_types.0 is APPLAUSE"),
        ("start_date=2026-07-21&end_date=2026-10-19&metric_types=USER_FOLLOW,VIDEO_START", "mixes"),
        ("start_date=2026-07-21&end_date=2026-10-19&metric_types=SAVE&page_size=5", "page_size is not known"),
    ],
)
def test_the_rules_catch_a_wrong_query(query: str, words: str) -> None:
    rule = OPERATIONS["pin_analytics"]
    assert any(words in found for found in breaches_of_query(parse_qsl(query), rule))
