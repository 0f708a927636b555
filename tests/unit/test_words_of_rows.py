"""What rows say of themselves on pages. No database."""

from __future__ import annotations

import pytest

from accounts.models import PinterestAccount
from pins.models import Attempt, AttemptState, Fit, Media, MediaStatus
from pinsched.templatetags.desk import attempt_words


@pytest.mark.parametrize(
    ("kind", "count", "words"),
    [
        ("PINNER", None, "@alder"),
        ("BUSINESS", None, "@alder, business account"),
        ("BUSINESS", 1, "@alder, business account, 1 follower"),
        ("", 1234, "@alder, 1,234 followers"),
    ],
)
def test_an_account_is_introduced_with_what_is_known_of_it(kind: str, count: int | None, words: str) -> None:
    assert PinterestAccount(username="alder", kind=kind, follower_count=count).introduction == words


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("oats.jpg", MediaStatus.READY, "oats.jpg"),
        ("", MediaStatus.PROCESSING, "this picture, being prepared"),
        ("oats.jpg", MediaStatus.FAILED, "oats.jpg, can’t be used"),
    ],
)
def test_a_pictures_caption_says_how_it_stands(name: str, status: MediaStatus, words: str) -> None:
    assert Media(name=name, status=status).caption == words


@pytest.mark.parametrize(
    ("fit", "own", "offered"),
    [(Fit.COLOR, "#aaaaaa", "#792350"), (Fit.CROP, "#aaaaaa", "#aaaaaa"), (Fit.CROP, "", "#792350")],
)
def test_the_chosen_colour_is_offered_else_the_pictures_own(fit: Fit, own: str, offered: str) -> None:
    assert Media(fit=fit, pad_color="#792350", dominant_color=own).offered_color == offered


def test_an_attempt_is_told_in_a_line() -> None:
    refused = Attempt(state=AttemptState.REFUSED, http_status=400, code="1", message="No good link.")
    assert attempt_words(refused) == "Refused, HTTP 400, 1: No good link."
    assert attempt_words(Attempt(state=AttemptState.CLAIMED)) == AttemptState.CLAIMED.label
