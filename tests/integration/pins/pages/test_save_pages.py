"""The pages that save a Pin of Pinterest's: by its address or from its page; changed later; editors only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import Board, PinterestAccount, User, Workspace
from pins.models import Attempt, AttemptState, Pin, PinKind, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

PARENT = "4011110111101111"


@pytest.fixture
def page(bob: User, client_of: SignIn) -> Client:
    return client_of(bob)


@pytest.fixture
def board(offline: PinterestAccount) -> Board:
    board = offline.boards.first()
    assert board is not None
    return board


def form(board: Board, **changes: str) -> dict[str, str]:
    at = timezone.now() + timedelta(days=2)
    sent = {
        "address": f"https://www.pinterest.com/pin/{PARENT}/",
        "destination": f"board-{board.pk}",
        "choice": "at",
        "date": f"{at:%Y-%m-%d}",
        "time": "10:30",
    }
    return sent | changes


def make_save(page: Client, board: Board, **changes: str) -> Pin:
    assert page.post("/pins/save/", form(board, **changes)).status_code == 302
    return Pin.objects.get()


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_pin_is_saved_by_its_address(page: Client, board: Board, bob: User) -> None:
    assert "Any public Pin" in page.get("/pins/save/").text
    answer = page.post("/pins/save/", form(board))
    pin = Pin.objects.get()
    assert answer["Location"] == f"/pins/{pin.pk}/"
    assert (pin.kind, pin.parent_pinterest_id, pin.status) == (PinKind.SAVE, PARENT, Status.SCHEDULED)
    assert (pin.board, pin.created_by) == (board, bob)
    assert said(answer) == ["Pin scheduled."]
    text = page.get(f"/pins/{pin.pk}/").text
    assert f"Save of Pin {PARENT}" in text
    assert f"/pins/{pin.pk}/save/" in text  # its "Edit"
    assert "No link" not in text
    assert f"Save of Pin {PARENT}" in page.get("/pins/").text


def test_a_published_pin_leads_to_its_save_with_what_it_says(
    page: Client, workspace: Workspace, offline: PinterestAccount
) -> None:
    out = factories.make_pin(workspace, offline, status=Status.PUBLISHED, pinterest_id=PARENT, title="A lamp")
    assert f"/pins/save/?pin={out.pinterest_id}" in page.get(f"/pins/{out.pk}/").text
    text = page.get(f"/pins/save/?pin={out.pinterest_id}").text
    assert "A lamp" in text
    assert f'value="{out.pinterest_id}"' in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "https://example.com/pin/1234567/"}, "This is no Pin’s address."),
        ({"address": ""}, "This field is required."),
        ({"destination": ""}, "Choose a board."),
        ({"date": "2020-01-01"}, "That time is past."),
        ({"time": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    page: Client, board: Board, changes: dict[str, str], words: str
) -> None:
    answer = page.post("/pins/save/", form(board, **changes))
    assert answer.status_code == 422
    assert words in answer.text
    kept = form(board, **changes)
    assert not kept["address"] or kept["address"] in answer.text
    assert f'value="{kept["destination"]}" selected' in answer.text
    for name in ("date", "time"):
        assert f'name="{name}" value="{kept[name]}"' in answer.text or not kept[name]
    assert answer.context["choice"] == "at"
    assert not Pin.objects.exists()


def test_a_draft_needs_no_board_and_no_time(page: Client, board: Board) -> None:
    pin = make_save(page, board, choice="draft", destination="", date="", time="")
    assert (pin.status, pin.board) == (Status.DRAFT, None)
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Choose a board." in text


def test_its_board_and_time_can_be_changed(page: Client, board: Board, offline: PinterestAccount) -> None:
    pin = make_save(page, board)
    other = factories.make_board(offline, name="Lamps")
    shown = page.get(f"/pins/{pin.pk}/save/")
    assert 'name="address"' not in shown.text
    assert shown.context["form"]["destination"].value() == f"board-{board.pk}"
    assert page.post(f"/pins/{pin.pk}/save/", form(other, time="11:45")).status_code == 302
    pin.refresh_from_db()
    assert (pin.board, pin.parent_pinterest_id, pin.status) == (other, PARENT, Status.SCHEDULED)
    assert pin.publish_at is not None
    assert pin.publish_at.astimezone(pin.workspace.zone).strftime("%H:%M") == "11:45"
    assert page.post(f"/pins/{pin.pk}/save/", form(other, choice="draft")).status_code == 302
    pin.refresh_from_db()
    assert pin.status == Status.DRAFT
    assert not pin.publish_at


def test_one_that_is_out_can_not_be_changed_here(page: Client, board: Board) -> None:
    pin = make_save(page, board)
    Pin.objects.filter(pk=pin.pk).update(
        status=Status.PUBLISHED, pinterest_id="77", published_at=timezone.now(), title="Linen"
    )
    assert page.get(f"/pins/{pin.pk}/save/")["Location"] == f"/pins/{pin.pk}/"


def test_the_composer_takes_no_saves(page: Client, board: Board) -> None:
    """It would send them as Pins of their own."""
    pin = make_save(page, board)
    assert page.get(f"/pins/compose/?batch={pin.pk}").status_code == 404
    for address in ("compose/", "compose/autosave/"):
        answer = page.post(f"/pins/{address}", {"batch": str(pin.pk), "title": "Mine", "choice": "draft"})
        assert answer.status_code == 404
    pin.refresh_from_db()
    assert (pin.kind, pin.title) == (PinKind.SAVE, "")


def test_a_save_in_doubt_is_compared_by_what_is_known_of_it(page: Client, board: Board) -> None:
    """Its words are Pinterest's: nothing is called missing or different that we have never known."""
    pin = make_save(page, board)
    Pin.objects.filter(pk=pin.pk).update(status=Status.NEEDS_REVIEW, reason_code="doubt")
    now = timezone.now()
    suspect = {"id": "77", "title": "Linen", "description": "", "link": "https://l.example/", "alt_text": ""}
    attempt = pin.attempts.create(
        state=AttemptState.UNKNOWN,
        started_at=now,
        sent_at=now,
        lease_until=now,
        suspect=suspect | {"parent": "99", "image_url": "", "created_at": ""},
    )
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Pin 99" in text
    assert text.count(">differs<") == 1  # the parent, and no word
    Attempt.objects.filter(pk=attempt.pk).update(suspect=None)
    assert "/_saved/" in page.get(f"/pins/{pin.pk}/").text


def test_a_save_of_a_pin_that_is_gone_leads_to_another(page: Client, board: Board) -> None:
    pin = make_save(page, board)
    Pin.objects.filter(pk=pin.pk).update(status=Status.FAILED, reason_code="50", due_at=None)
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Save another Pin" in text
    assert "Change it" not in text
    assert said(page.post(f"/pins/{pin.pk}/save/", form(board, choice="draft"))) == ["Changed."]


def test_a_pin_that_has_vanished_can_only_be_deleted(
    page: Client, vera: User, client_of: SignIn, workspace: Workspace, offline: PinterestAccount
) -> None:
    now = timezone.now()
    out = factories.make_pin(
        workspace, offline, status=Status.PUBLISHED, pinterest_id=PARENT, vanished_at=now
    )
    text = page.get(f"/pins/{out.pk}/").text
    assert "This Pin is no longer on Pinterest" in text
    assert "Edit on Pinterest" not in text
    assert "Save to another board" not in text
    assert "delete it" in text
    assert "delete it" not in client_of(vera).get(f"/pins/{out.pk}/").text
    assert "No longer on Pinterest." in page.get("/pins/").text
    assert "it can’t be saved" in page.get(f"/pins/save/?pin={PARENT}").text


def test_only_editors_of_the_workspace_save(
    page: Client, board: Board, vera: User, client_of: SignIn, workspace: Workspace
) -> None:
    pin = make_save(page, board)
    stranger = factories.make_user("else@example.com")
    factories.make_workspace(stranger, name="Elsewhere")
    for user, status in ((vera, 403), (stranger, 404)):
        assert client_of(user).get(f"/pins/{pin.pk}/save/").status_code == status
        assert client_of(user).post(f"/pins/{pin.pk}/save/", form(board)).status_code == status
    assert client_of(vera).get("/pins/save/").status_code == 403
    assert client_of(vera).post("/pins/save/", form(board)).status_code == 403
    refused = client_of(stranger).post("/pins/save/", form(board))
    assert (refused.status_code, Pin.objects.count()) == (422, 1)  # that board isn't theirs to choose
    assert workspace.pins.count() == 1
