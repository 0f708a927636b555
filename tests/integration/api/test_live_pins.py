"""PATCH and DELETE of Pins that are on Pinterest: accepted at once, done by a worker, told by `reason`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import health
from accounts.models import Board, BoardSection, PinterestAccount, User, Workspace
from pins.live import execute
from pins.models import LiveChange, LiveState, Media, Pin, Status
from pins.publish import dispatch
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.integration.api.conftest import Caller
from tests.support import factories, publishing
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def pin(workspace: Workspace, shop: PinterestAccount, section: BoardSection, picture: Media) -> Pin:
    """Published, on an account that no call is made for."""
    return factories.make_pin(
        workspace, shop, status=Status.PUBLISHED, picture=picture, board=section.board, section=section
    )


@pytest.fixture
def path(pin: Pin) -> str:
    return f"pins/pin_{pin.pk}"


def open_change() -> LiveChange:
    return LiveChange.objects.unfinished().get()


def test_a_change_is_accepted_and_the_pin_says_so(as_bob: Caller, path: str, bob: User) -> None:
    before = as_bob.get(path).body
    answer = as_bob.patch(path, {"title": "Another", "alt_text": ""})
    assert answer.status == 202
    reason = {"code": "changing", "message": "This Pin is being changed on Pinterest."}
    assert answer.body == before | {"reason": reason}
    assert as_bob.get(path).body == answer.body
    assert as_bob.get("pins").body["items"] == [answer.body]
    asked = open_change()
    assert (asked.words, asked.created_by) == ({"title": "Another", "alt_text": ""}, bob)


def test_nothing_given_changes_nothing(as_bob: Caller, path: str) -> None:
    before = as_bob.get(path).body
    answer = as_bob.patch(path, {})
    assert (answer.status, answer.body) == (202, before)
    assert not LiveChange.objects.exists()


def test_another_board_ends_the_section(as_bob: Caller, path: str, shop: PinterestAccount, pin: Pin) -> None:
    lamps = factories.make_board(shop, name="Lamps")
    assert as_bob.patch(path, {"board": f"brd_{lamps.pk}"}).status == 202
    assert open_change().wanted == {"board": lamps, "section": None}
    assert as_bob.patch(path, {"board": f"brd_{pin.board_id}"}).status == 202
    assert open_change().wanted == {"board": pin.board, "section": None}


def test_a_section_alone_can_be_given_and_taken(as_bob: Caller, path: str, pin: Pin) -> None:
    assert as_bob.patch(path, {"section": None}).status == 202
    assert open_change().wanted == {"board": pin.board, "section": None}
    assert as_bob.patch(path, {"section": f"sec_{pin.section_id}"}).status == 202
    assert open_change().wanted == {"board": pin.board, "section": pin.section}


def test_what_pinterest_would_refuse_is_refused_at_its_field(
    as_bob: Caller, path: str, workspace: Workspace, board: Board
) -> None:
    other = factories.make_account(workspace, username="other")
    theirs = factories.make_board(other, name="Theirs")
    wrong: dict[str, Any] = {
        "title": "x" * 101,
        "description": "x" * 801,
        "link": "https://bit.ly/x",
        "alt_text": "x" * 501,
        "board": f"brd_{theirs.pk}",
    }
    answer = as_bob.patch(path, wrong)
    assert (answer.status, answer.code, set(answer.fields)) == (422, "invalid", set(wrong))
    for field in ("title", "board"):
        assert as_bob.patch(path, {field: None}).fields == {field: ["This can’t be null."]}
    assert not LiveChange.objects.exists()


def test_account_picture_and_time_stay(
    as_bob: Caller, path: str, pin: Pin, workspace: Workspace, shop: PinterestAccount, picture: Media
) -> None:
    other = factories.make_account(workspace, username="other")
    wrong: dict[str, Any] = {
        "account": f"acc_{other.pk}",
        "media": [f"med_{factories.make_media(workspace, color='#123456').pk}"],
        "publish_at": "2031-01-01T00:00:00Z",
    }
    for field, value in wrong.items():
        answer = as_bob.patch(path, {"title": "Another", field: value})
        assert (answer.status, list(answer.fields)) == (422, [field])
    assert not LiveChange.objects.exists()
    same = {"account": f"acc_{shop.pk}", "media": [f"med_{picture.pk}"], "publish_at": None}
    assert as_bob.patch(path, {"title": "Another"} | same).status == 202
    assert open_change().wanted == {"title": "Another"}


def test_while_pinterest_may_be_at_it_both_are_refused(as_bob: Caller, path: str) -> None:
    as_bob.patch(path, {"title": "Another"})
    LiveChange.objects.update(state=LiveState.SENT)
    for answer in (as_bob.patch(path, {"title": "Third"}), as_bob.delete(f"{path}?live=true")):
        assert (answer.status, answer.code) == (409, "wrong_state")


def test_what_waits_says_why_and_until_when(as_bob: Caller, path: str, shop: PinterestAccount) -> None:
    as_bob.patch(path, {"title": "Another"})
    later = timezone.now() + timedelta(minutes=1)
    LiveChange.objects.update(code="rate_limited", message="Pinterest asked for a pause.", due_at=later)
    shown = as_bob.get(path).body
    assert shown["reason"] == {"code": "rate_limited", "message": "Pinterest asked for a pause."}
    assert shown["next_try_at"] is not None
    health.hold(shop, code="spam", message="On hold.", now=timezone.now())
    assert as_bob.get(path).body["reason"] == {"code": "spam", "message": "On hold."}


def test_a_refusal_is_told_with_pinterests_words(as_bob: Caller, path: str) -> None:
    as_bob.patch(path, {"title": "Another"})
    LiveChange.objects.update(state=LiveState.REFUSED, code="1", message="Sorry! Not this.")
    shown = as_bob.get(path).body
    assert (shown["status"], shown["reason"]) == ("published", {"code": "1", "message": "Sorry! Not this."})
    again = as_bob.patch(path, {"description": "Better"})
    assert (again.status, again.body["reason"]["code"]) == (202, "changing")
    assert open_change().words == {"description": "Better"}


def test_deleting_twice_is_deleting_once(as_bob: Caller, path: str) -> None:
    first, second = as_bob.delete(f"{path}?live=true"), as_bob.delete(f"{path}?live=true")
    assert first.status == second.status == 202
    assert first.body == second.body
    assert first.body["reason"]["code"] == "deleting"
    assert LiveChange.objects.count() == 1
    assert as_bob.patch(path, {"title": "x"}).status == 409


def test_viewers_and_strangers_change_nothing(as_vera: Caller, as_charlie: Caller, path: str) -> None:
    for caller, status in ((as_vera, 403), (as_charlie, 404)):
        assert caller.patch(path, {"title": "Another"}).status == status
        assert caller.delete(f"{path}?live=true").status == status
    assert not LiveChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_accepted_is_done(
    as_bob: Caller, workspace: Workspace, account: PinterestAccount, simulator: Simulator
) -> None:
    made = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.publish_now(made, now=timezone.now())
    for claim in dispatch.claim(now=timezone.now()):
        publishing.send(claim.attempt)
    path = f"pins/pin_{made.pk}"

    as_bob.patch(path, {"title": "Another"})
    assert [execute.carry_out(pk) for pk in execute.due(timezone.now())] == [Outcome.DONE]
    shown = as_bob.get(path).body
    assert (shown["title"], shown["reason"]) == ("Another", None)
    assert simulator.pins()[0]["title"] == "Another"

    as_bob.delete(f"{path}?live=true")
    assert [execute.carry_out(pk) for pk in execute.due(timezone.now())] == [Outcome.DONE]
    assert as_bob.get(path).status == as_bob.delete(f"{path}?live=true").status == 404
    assert simulator.pins() == []


def test_the_document_says_202(as_bob: Caller) -> None:
    paths = as_bob.get("openapi.json").body["paths"]
    (address,) = [found for found in paths if found.endswith("/pins/{pin_id}")]
    for method in ("patch", "delete"):
        content = paths[address][method]["responses"]["202"]["content"]["application/json"]
        assert [kind["$ref"].rpartition("/")[2] for kind in content["schema"]["anyOf"]] == [
            "SaveOut",
            "PinOut",
        ]
