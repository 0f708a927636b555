"""What people send is read in a number of steps that grows with its length, and no faster."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import RequestFactory
from pydantic import ValidationError

from accounts.rest import body
from accounts.rest.errors import ApiError
from pins.api.shapes import NewPin
from pins.rules import preflight
from tests.support.work import calls


class Counted(str):
    """A name that notes how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


def comparisons(names: list[str]) -> int:
    pairs: list[tuple[str, Any]] = [(Counted(name), 1) for name in names]
    Counted.compared = 0
    with pytest.raises(ApiError) as refused:
        body._no_twins(pairs)
    assert refused.value.status == 422
    return Counted.compared


def test_doubled_fields_are_found_in_one_go() -> None:
    once, four = (comparisons([f"f{n}" for n in range(size)] + ["f0"]) for size in (2_000, 8_000))
    assert four <= 4 * once + 20
    once, four = (comparisons([f"f{n}" for n in range(size)] * 2) for size in (2_000, 8_000))
    assert four <= 4 * once + 20


def refusal_of(raw: bytes) -> ApiError:
    request = RequestFactory().post("/", raw, content_type="application/json")
    with pytest.raises(ApiError) as refused:
        body.read_json(request)
    return refused.value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"[" * 500_000, "invalid_json"),
        (b'{"a":' * 200_000, "invalid_json"),
        (b"1" * 500_000, "invalid_json"),
        (b'{"a": -' + b"9" * 5_000 + b"}", "invalid_json"),
        (json.dumps({f"f{n}": n for n in range(body.MOST_NAMES + 1)}).encode(), "invalid"),
        (b'{"a": 1, "a": 2}', "invalid"),
        (b"{" + b'"a": 1, ' * 40_000 + b'"b": 2}', "invalid"),
    ],
    ids=["deep list", "deep object", "long number", "long whole number", "fields", "twice", "many times"],
)
def test_bombs_are_refused_with_few_words(raw: bytes, code: str) -> None:
    refused = refusal_of(raw)
    assert refused.code == code
    assert len(refused.fields) <= body.NAMED


def test_a_list_that_is_too_long_is_not_gone_through() -> None:
    def read(length: int) -> None:
        with pytest.raises(ValidationError):
            NewPin.model_validate({"account": "acc_1", "board": "brd_1", "media": ["x"] * length})

    assert calls(lambda: read(100_000)) < calls(lambda: read(10)) + 20


def said(link: str) -> set[str]:
    found = preflight.check_text(title="", description="", link=link, alt_text="")
    assert not preflight.is_web_address(link)
    return {problem.code for problem in found}


def work_on_link(part: str, count: int) -> int:
    return calls(lambda: said("https://a" + part * count))


def test_a_link_is_taken_apart_only_if_it_could_be_one() -> None:
    assert said("https://a" + ".a" * 300_000) == {"too_long"}
    assert said("https://a" + "\u0301\u0316" * 300_000) == {"too_long", "link_incomplete"}
    for part in (".a", "\u0301\u0316"):
        assert work_on_link(part, 200_000) <= work_on_link(part, 2_000)


def work_on_labels(count: int) -> int:
    return calls(lambda: preflight.check_text(title="", description="", link=_labels(count), alt_text=""))


def _labels(count: int) -> str:
    return f"https://{'a.' * count}bit.ly/x"


def test_the_end_of_a_host_tells_a_shortener_however_long_it_is() -> None:
    work_on_labels(1)  # what is made once is made here
    assert work_on_labels(900) <= work_on_labels(2) + 20
    found = preflight.check_text(title="", description="", link=_labels(900), alt_text="")
    assert [problem.code for problem in found] == ["link_shortener"]
