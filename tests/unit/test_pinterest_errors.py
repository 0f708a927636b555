"""The one table that reads Pinterest's codes and wording."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.pinterest import errors
from accounts.pinterest.errors import PinterestError, from_response

NOW = datetime(2026, 10, 19, 12, 0, tzinfo=UTC)
TRIAL = "Apps with Trial access may not create Pins in production. Use API Sandbox."


def read(
    status: int,
    code: int | None = None,
    message: str = "",
    *,
    is_write: bool = True,
    detail: str = "",
    headers: dict[str, str] | None = None,
) -> PinterestError:
    body = json.dumps({"code": code, "message": message, "message_detail": detail}).encode()
    return from_response(status, body, headers=headers or {}, is_write=is_write, now=NOW)


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, 2, "Authentication failed.", errors.AuthExpired),
        (
            401,
            3,
            "Your application does not have access to this restricted feature.",
            errors.RestrictedFeature,
        ),
        (403, 29, TRIAL, errors.TrialTier),
        (403, 29, "You are not permitted to access that resource.", errors.Refused),
        (404, 40, "Board not found.", errors.Refused),
        (400, 1, "Invalid request", errors.Refused),
        (413, None, "", errors.Refused),
        (429, 8, "This request exceeded a rate limit.", errors.RateLimited),
        (429, 8, "Your account was blocked for spam.", errors.Spam),
        (409, 409, "Could not get exclusive access to the board.", errors.Unavailable),
    ],
)
def test_what_proves_that_nothing_was_made(
    status: int, code: int | None, message: str, expected: type[PinterestError]
) -> None:
    assert type(read(status, code, message)) is expected


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 301, 302, 307, 304, 199, 600])
def test_a_write_may_have_landed_behind_any_other_answer(status: int) -> None:
    assert type(read(status, is_write=True)) is errors.OutcomeUnknown
    assert type(read(status, is_write=False)) is errors.Unavailable


def test_spam_may_be_told_by_the_detail_alone() -> None:
    found = read(429, 8, "Too many requests", detail="Looks like SPAM to us")
    assert type(found) is errors.Spam


def test_a_word_that_only_contains_spam_is_no_spam() -> None:
    assert type(read(429, 8, "The antispammer let you pass")) is errors.RateLimited


@pytest.mark.parametrize(
    ("status", "code", "message", "field"),
    [
        (404, 40, "Board not found.", "board"),
        (404, 50, "Pin not found.", "pin"),
        (404, 2031, "Section not found.", "section"),
        (400, 1, "Invalid request: body.title is longer than 100 characters", "title"),
        (400, 1, "'aaaa' is too long at 'alt_text'", "alt_text"),
        (400, 1, "Invalid: board_section_id", "section"),
        (400, 1, "board_id does not match ^\\d+$", "board"),
        (400, 1, "The format of the image is not supported", "media"),
        (400, 1, "Sorry, we blocked this link because it may lead to spam.", "link"),
        (400, 1, "media_source is required", "media"),
        (400, 1, "Something else", ""),
        (403, 29, "You are not permitted to access that resource.", ""),
    ],
)
def test_a_refusal_names_our_field(status: int, code: int, message: str, field: str) -> None:
    found = read(status, code, message)
    assert isinstance(found, errors.Refused)
    assert found.field == field
    assert found.message == message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "17"}, 17.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Mon, 19 Oct 2026 12:01:30 GMT"}, 90.0),
        ({"retry-after": "Mon, 19 Oct 2026 11:00:00 GMT"}, errors.DEFAULT_WAIT),  # over: it says nothing
        # Theirs, so counted from their own clock.
        ({"retry-after": "Mon, 19 Oct 2026 11:00:10 GMT", "date": "Mon, 19 Oct 2026 11:00:00 GMT"}, 10.0),
        ({"retry-after": "999999999"}, errors.LONGEST_WAIT),
        ({"retry-after": "soon", "x-ratelimit-reset": "37"}, 37.0),
        ({"x-ratelimit-reset": "42", "x-ratelimit-remaining": "0"}, 42.0),
        ({}, errors.DEFAULT_WAIT),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    found = read(429, 8, "This request exceeded a rate limit.", headers=headers)
    assert isinstance(found, errors.RateLimited)
    assert found.retry_after == seconds


def test_every_error_carries_what_support_asks_for() -> None:
    found = read(400, 1, "No", headers={"x-pinterest-rid": "1234567890"})

    assert (found.http_status, found.code, found.message, found.request_id) == (400, 1, "No", "1234567890")
    assert str(found) == "No (HTTP 400, code 1, request 1234567890)"


def test_a_message_is_never_longer_than_its_column() -> None:
    assert len(read(400, 1, "x" * 5000).message) == errors.LONGEST_MESSAGE


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"code": "x"}', b'{"code": "-1"}', b'{"code": true}', b'{"message": ["a"]}']
)
def test_a_body_that_says_nothing_leaves_the_status_to_speak(body: bytes) -> None:
    found = from_response(400, body, headers={}, is_write=True)

    assert type(found) is errors.Refused
    assert found.code is None
    assert found.message == "Pinterest answered 400."


@pytest.mark.parametrize("odd", ["\0", "\ud83d"])
def test_words_can_be_stored_whatever_they_hold(odd: str) -> None:
    found = read(400, 1, f"Half {odd}")

    assert found.message == "Half \N{REPLACEMENT CHARACTER}"


@given(st.integers(100, 599), st.binary(max_size=200), st.booleans())
def test_there_is_an_error_for_every_answer(status: int, body: bytes, is_write: bool) -> None:
    found = from_response(status, body, headers={"retry-after": str(body)}, is_write=is_write)
    assert isinstance(found, PinterestError)
    assert found.plain
