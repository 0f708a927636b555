"""What stops a whole account, what passes, what is one Pin's fault: by code and words, any status."""

from __future__ import annotations

import json

import pytest

from accounts.pinterest import errors
from accounts.pinterest.errors import PinterestError, from_response

ANY_NO = (400, 401, 403, 404, 409, 422, 429)
ANY = (*ANY_NO, 500, 503)
SPAM = "Sorry! You've hit a block (Pins) we have in place to combat spam. Please try again later!"
PASSES = "Sorry! Something went wrong on our end."


def read(status: int, code: int | None, message: str, *, is_write: bool = True) -> PinterestError:
    body = json.dumps({"code": code, "message": message}).encode()
    return from_response(status, body, headers={}, is_write=is_write)


def of_a_write(status: int, says: type[PinterestError]) -> type[PinterestError]:
    """Whatever a 5xx speaks of, the Pin may have been made."""
    return errors.OutcomeUnknown if status >= 500 else says


@pytest.mark.parametrize("status", ANY)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (9, SPAM),
        (9, ""),
        (29, SPAM),
        (None, "You\u2019ve hit a block (comments) we have in place."),
        (1, "Sorry! We've had to block actions (Pins) from your area because of suspicious activity."),
        (8, "Your account was blocked for spam."),
        (7, "This looks like SPAM to us."),
        (1, "We noticed unusual activity on your account."),
    ],
)
def test_spam_stops_the_account(status: int, code: int | None, message: str) -> None:
    assert type(read(status, code, message)) is of_a_write(status, errors.Spam)
    assert type(read(status, code, message, is_write=False)) is errors.Spam


@pytest.mark.parametrize("status", ANY)
@pytest.mark.parametrize(
    "message",
    [
        "Your account has been suspended.",
        "Your account has been temporarily restricted. Please try again later.",
        "This user is deactivated",
        "A suspended account can not do this.",
        "Your account has been limited.",
        "This account was closed",
        "Your account has been put in safe mode. Reset your password.",
        "Your account violated our community guidelines.",
    ],
)
def test_a_suspension_stops_the_account(status: int, message: str) -> None:
    assert type(read(status, 3, message)) is of_a_write(status, errors.Suspended)
    assert type(read(status, 3, message, is_write=False)) is errors.Suspended


@pytest.mark.parametrize("status", ANY)
@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Sorry! We blocked this link because it may lead to spam.", "link"),
        ("Sorry, we've blocked this site: it may lead to spam.", "link"),
        ("Sorry! This link leads to spam we know.", "link"),
        ("The website looks like spam.", "link"),
        ("Sorry, we've blocked this description because it contains a link that may be spam.", "description"),
    ],
)
def test_one_blocked_text_is_its_own_pins_fault(status: int, message: str, field: str) -> None:
    """Code 9 was seen with a blocked link, and 429."""
    assert type(read(status, 9, message)) is of_a_write(status, errors.Refused)
    found = read(status, 9, message, is_write=False)
    assert isinstance(found, errors.Refused)
    assert found.field == field


@pytest.mark.parametrize(
    "message", ["'Don't spam, try again later' is too long", 'title "Spam on our end" is bad']
)
def test_what_a_refusal_quotes_is_the_persons_own(message: str) -> None:
    assert type(read(400, 1, message)) is errors.Refused


@pytest.mark.parametrize("status", [status for status in ANY if status not in (401, 429)])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (2787, PASSES),
        (2787, ""),
        (12, "Something went wrong on our end. Sorry about that."),
        (1, "The request timed out, please try again later."),
        (None, "This is temporarily not possible."),
        (500, "Internal server error"),
        (None, "We could not complete that request."),
        (1, "Pinterest is down for maintenance."),
        (1, "Oops! Something went wrong. Please try again."),
    ],
)
def test_what_passes_is_looked_for_and_no_refusal(status: int, code: int | None, message: str) -> None:
    written = read(status, code, message)
    assert type(written) is (errors.Unavailable if status == 409 and code != 2787 else errors.OutcomeUnknown)
    assert type(read(status, code, message, is_write=False)) is errors.Unavailable


@pytest.mark.parametrize("status", [400, 403, 429, 503])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (8, "This request exceeded a rate limit."),
        (None, "Too many requests"),
        (0, "You have exceeded your rate limit"),
        (1, "You're doing that too fast. Slow down."),
        (1, "You have created too many Pins today."),
    ],
)
def test_a_rate_limit_is_one_by_whatever_status(status: int, code: int | None, message: str) -> None:
    assert type(read(status, code, message)) is of_a_write(status, errors.RateLimited)
    assert type(read(status, code, message, is_write=False)) is errors.RateLimited


@pytest.mark.parametrize("status", [302, 500, 502, 503, 504, 520])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (3, "Apps with Trial access may not create Pins in production."),
        (9, SPAM),
        (8, "Rate limit exceeded"),
        (29, "You lack the scope pins:write."),
        (40, "Board not found."),
        (409, "Could not get exclusive access to the board."),
    ],
)
def test_no_word_behind_a_5xx_proves_that_nothing_was_made(status: int, code: int, message: str) -> None:
    assert type(read(status, code, message)) is errors.OutcomeUnknown


@pytest.mark.parametrize("status", [407, 408, 421, 423, 425, 499])
def test_statuses_that_are_no_word_of_pinterests(status: int) -> None:
    assert type(read(status, None, "")) is errors.OutcomeUnknown
    assert type(read(status, None, "", is_write=False)) is errors.Unavailable


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (403, 29, "You are not permitted to access that resource.", errors.Refused),
        (404, 40, "Board not found.", errors.Refused),
        (400, 1, "Something went wrong, are your fields correct?", errors.Refused),
        (400, 1, "Sorry we could not fetch the image.", errors.Refused),
        (400, 1, "The account's board is not available", errors.Refused),
        (403, 1, "This user has blocked you.", errors.Refused),
        (403, 1, "This account has limited who can save its Pins.", errors.Refused),
        (400, 1, "This board has too many Pins.", errors.Refused),
        (401, 2, "Authentication failed.", errors.AuthExpired),
    ],
)
def test_what_lasts_stays_a_no(status: int, code: int, message: str, expected: type[PinterestError]) -> None:
    assert type(read(status, code, message)) is expected


@pytest.mark.parametrize(("code", "expected"), [("9", errors.Spam), ("8", errors.RateLimited)])
def test_a_code_in_quotes_is_one(code: str, expected: type[PinterestError]) -> None:
    body = json.dumps({"code": code, "message": "No."}).encode()
    assert type(from_response(403, body, headers={}, is_write=True)) is expected


GATEWAYS = [
    b"<html>\r\n<head><title>403 Forbidden</title></head><body><hr><center>nginx</center></body></html>",
    b"<!DOCTYPE html><title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>",
    b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>Reference #18.2d351ab8</BODY></HTML>",
    b"RBAC: access denied",
    b"error code: 1020",
    b"\xff\xfe",
    b"[]",
    b"[" * 100_000,
]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 410, 451])
@pytest.mark.parametrize("body", GATEWAYS, ids=lambda body: body[:12].decode("latin-1"))
def test_a_gateways_page_refuses_nothing(status: int, body: bytes) -> None:
    """It isn't Pinterest's word that the Pin is wrong, the permission over, or a live Pin gone."""
    written = from_response(status, body, headers={}, is_write=True)
    assert type(written) is errors.OutcomeUnknown
    assert written.message == f"A proxy or firewall between PinSched and Pinterest answered {status}."
    assert type(from_response(status, body, headers={}, is_write=False)) is errors.Unavailable


@pytest.mark.parametrize("status", [413, 414, 431])
def test_a_gateways_word_on_the_requests_size_is_a_no(status: int) -> None:
    assert type(from_response(status, GATEWAYS[0], headers={}, is_write=True)) is errors.Refused


@pytest.mark.parametrize("status", range(520, 531))
def test_cloudflares_own_statuses_pass(status: int) -> None:
    assert (
        type(from_response(status, b"error code: 1033", headers={}, is_write=True)) is errors.OutcomeUnknown
    )
