from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Board, BoardSection, Health, PinterestAccount, Workspace
from pins.models import Attempt, AttemptState, Media, MediaStatus, Pin, Status
from tests.integration.api.conftest import Caller
from tests.support import factories

pytestmark = pytest.mark.django_db

KEYS = {
    "id",
    "kind",
    "status",
    "account",
    "board",
    "section",
    "title",
    "description",
    "link",
    "alt_text",
    "media",
    "publish_at",
    "published_at",
    "pinterest_id",
    "pinterest_url",
    "reason",
    "next_try_at",
    "warnings",
    "created_at",
}


def test_a_pin_without_a_time_is_a_draft(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    answer = as_bob.post("pins", pin_body)
    assert answer.status == 201
    assert set(answer.body) == KEYS
    assert answer.body | pin_body == answer.body
    assert (answer.body["status"], answer.body["kind"]) == ("draft", "create")
    assert answer.body["publish_at"] is answer.body["pinterest_url"] is answer.body["reason"] is None
    assert answer.body["warnings"] == []
    assert as_bob.get(f"pins/{answer.body['id']}").body == answer.body


def test_an_instant_is_kept_to_the_microsecond(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    answer = as_bob.post("pins", pin_body | {"publish_at": "2031-03-04T05:06:07.123456+02:00"})
    assert answer.status == 201
    assert answer.body["status"] == "scheduled"
    assert answer.body["publish_at"] == "2031-03-04T03:06:07.123456Z"
    assert as_bob.get(f"pins/{answer.body['id']}").body["publish_at"] == "2031-03-04T03:06:07.123456Z"


def test_now_is_now(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    before = timezone.now()
    answer = as_bob.post("pins", pin_body | {"publish_at": "now"})
    assert answer.status == 201
    assert before <= datetime.fromisoformat(answer.body["publish_at"]) <= timezone.now()


def test_a_time_up_to_five_minutes_past_is_now(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    at = timezone.now() - timedelta(minutes=4, seconds=50)
    answer = as_bob.post("pins", pin_body | {"publish_at": at.isoformat()})
    assert answer.status == 201
    assert timezone.now() - datetime.fromisoformat(answer.body["publish_at"]) < timedelta(seconds=10)


def test_an_older_time_is_refused_and_leaves_no_draft(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    at = timezone.now() - timedelta(minutes=5, seconds=10)
    answer = as_bob.post("pins", pin_body | {"publish_at": at.isoformat()})
    assert (answer.status, list(answer.fields)) == (422, ["publish_at"])
    assert not Pin.objects.exists()


@pytest.mark.parametrize(
    "at",
    [
        "2031-03-04T05:06:07",
        "2031-03-04",
        "tomorrow",
        "",
        "2031-02-30T00:00:00Z",
        "2031-01-01T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2031-W01-1T00:00:00Z",
        1900000000,
        True,
        ["now"],
        {"at": "now"},
        "٢٠٣١-٠٣-٠٤T٠٥:٠٦:٠٧Z",
        "2031-03-04T05:06:07Z\x00",
        "\ud800",
        "9" * 100_000,
    ],
)
def test_what_is_no_instant_with_a_zone_is_refused(as_bob: Caller, pin_body: dict[str, Any], at: Any) -> None:
    answer = as_bob.post("pins", pin_body | {"publish_at": at})
    assert (answer.status, list(answer.fields)) == (422, ["publish_at"])
    assert not Pin.objects.exists()


def test_what_comes_later_says_so(as_bob: Caller, pin_body: dict[str, Any], workspace: Workspace) -> None:
    slot = as_bob.post("pins", pin_body | {"publish_at": "next_slot"})
    assert (slot.status, slot.code, list(slot.fields)) == (422, "not_available_yet", ["publish_at"])
    other = factories.make_media(workspace, color="#123456")
    several = as_bob.post("pins", pin_body | {"media": [*pin_body["media"], f"med_{other.pk}"]})
    assert (several.status, several.code, list(several.fields)) == (422, "not_available_yet", ["media"])
    assert not Pin.objects.exists()


@pytest.mark.parametrize("publish_at", [{}, {"publish_at": "now"}])
def test_what_pinterest_would_refuse_is_refused_at_its_field(
    as_bob: Caller, pin_body: dict[str, Any], publish_at: dict[str, str]
) -> None:
    wrong = {"title": "x" * 101, "description": "x" * 801, "link": "https://bit.ly/x", "alt_text": "x" * 501}
    answer = as_bob.post("pins", pin_body | wrong | publish_at)
    assert (answer.status, answer.code) == (422, "invalid")
    assert set(answer.fields) == set(wrong)
    assert not Pin.objects.exists()


def test_code_points_count_not_bytes(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    answer = as_bob.post("pins", pin_body | {"title": "🪴" * 100, "publish_at": "now"})
    assert (answer.status, answer.body["title"]) == (201, "🪴" * 100)


def test_only_a_draft_may_lack_its_picture(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    bare = pin_body | {"media": []}
    assert as_bob.post("pins", bare).status == 201
    refused = as_bob.post("pins", bare | {"publish_at": "now"})
    assert (refused.status, list(refused.fields)) == (422, ["media"])


def test_a_picture_may_still_be_processing_but_not_have_failed(
    as_bob: Caller, pin_body: dict[str, Any], picture: Media
) -> None:
    Media.objects.filter(pk=picture.pk).update(status=MediaStatus.PROCESSING)
    assert as_bob.post("pins", pin_body | {"publish_at": "now"}).status == 201
    Media.objects.filter(pk=picture.pk).update(status=MediaStatus.FAILED)
    for body in (pin_body, pin_body | {"publish_at": "now"}):
        assert list(as_bob.post("pins", body).fields) == ["media"]


@pytest.mark.parametrize("field", ["account", "board"])
def test_a_pin_goes_somewhere(as_bob: Caller, pin_body: dict[str, Any], field: str) -> None:
    without = {name: value for name, value in pin_body.items() if name != field}
    for body in (without, pin_body | {field: None}):
        answer = as_bob.post("pins", body)
        assert (answer.status, list(answer.fields)) == (422, [field])


def test_board_and_section_belong_together(
    as_bob: Caller,
    pin_body: dict[str, Any],
    workspace: Workspace,
    shop: PinterestAccount,
    section: BoardSection,
) -> None:
    other = factories.make_account(workspace, username="other")
    theirs, ours = factories.make_board(other, name="Theirs"), factories.make_board(shop, name="Lamps")
    wrong_account = as_bob.post("pins", pin_body | {"board": f"brd_{theirs.pk}"})
    assert (wrong_account.status, list(wrong_account.fields)) == (422, ["board"])
    wrong_board = as_bob.post("pins", pin_body | {"board": f"brd_{ours.pk}", "section": f"sec_{section.pk}"})
    assert (wrong_board.status, list(wrong_board.fields)) == (422, ["section"])
    good = as_bob.post("pins", pin_body | {"section": f"sec_{section.pk}"})
    assert (good.status, good.body["section"]) == (201, f"sec_{section.pk}")


def test_a_vanished_board_takes_no_pin(as_bob: Caller, pin_body: dict[str, Any], board: Board) -> None:
    Board.objects.filter(pk=board.pk).update(vanished_at=timezone.now())
    for body in (pin_body, pin_body | {"publish_at": "now"}):
        answer = as_bob.post("pins", body)
        assert (answer.status, list(answer.fields)) == (422, ["board"])


def test_warnings_refuse_nothing(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    answer = as_bob.post(
        "pins", {k: pin_body[k] for k in ("account", "board", "media")} | {"publish_at": "now"}
    )
    assert answer.status == 201
    fields = [one["field"] for one in answer.body["warnings"]]
    assert fields == ["title", "description", "link", "alt_text"]


# Changing ------------------------------------------------------------------------------------------------


def test_only_what_is_given_changes(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    made = as_bob.post("pins", pin_body).body
    changed = as_bob.patch(f"pins/{made['id']}", {"title": "Another", "alt_text": ""})
    assert changed.status == 200
    without = {"warnings"}
    expected = made | {"title": "Another", "alt_text": ""}
    assert {k: v for k, v in changed.body.items() if k not in without} == {
        k: v for k, v in expected.items() if k not in without
    }
    assert as_bob.patch(f"pins/{made['id']}", {}).body == changed.body


def test_patch_moves_into_the_queue_and_out(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    path = f"pins/{as_bob.post('pins', pin_body).body['id']}"
    queued = as_bob.patch(path, {"publish_at": "2031-01-01T00:00:00Z"})
    assert (queued.status, queued.body["status"]) == (200, "scheduled")
    moved = as_bob.patch(path, {"publish_at": "2031-01-02T00:00:00Z", "title": "Later"})
    assert (moved.body["publish_at"], moved.body["title"]) == ("2031-01-02T00:00:00Z", "Later")
    back = as_bob.patch(path, {"publish_at": None})
    assert (back.body["status"], back.body["publish_at"]) == ("draft", None)


def test_a_refused_change_changes_nothing(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    made = as_bob.post("pins", pin_body | {"publish_at": "2031-01-01T00:00:00Z"}).body
    path = f"pins/{made['id']}"
    for body in (
        {"title": "fine", "link": "https://bit.ly/x"},
        {"title": "fine", "media": []},
        {"title": "fine", "publish_at": "2001-01-01T00:00:00Z"},
        {"title": None},
        {"board": None},
        {"media": None},
        {"status": "published"},
    ):
        assert as_bob.patch(path, body).status == 422
    assert as_bob.get(path).body == made


def test_another_board_takes_the_pin_out_of_its_section(
    as_bob: Caller, pin_body: dict[str, Any], workspace: Workspace, section: BoardSection
) -> None:
    made = as_bob.post("pins", pin_body | {"section": f"sec_{section.pk}"}).body
    other = factories.make_account(workspace, username="other")
    board = factories.make_board(other, name="Theirs")
    moved = as_bob.patch(f"pins/{made['id']}", {"board": f"brd_{board.pk}"}).body
    assert (moved["account"], moved["board"], moved["section"]) == (
        f"acc_{other.pk}",
        f"brd_{board.pk}",
        None,
    )
    account_alone = as_bob.patch(f"pins/{made['id']}", {"account": pin_body["account"]})
    assert (account_alone.status, list(account_alone.fields)) == (422, ["board"])


def test_a_pin_on_its_way_cant_be_changed(
    as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board, picture: Media
) -> None:
    for status in (Status.PUBLISHING, Status.NEEDS_REVIEW):
        path = f"pins/pin_{factories.make_pin(workspace, shop, status=status, picture=picture).pk}"
        assert (as_bob.patch(path, {"title": "x"}).status, as_bob.delete(path).status) == (409, 409)
        for action, body in (("schedule", {"publish_at": "now"}), ("unschedule", None), ("retry", None)):
            answer = as_bob.post(f"{path}/{action}", body)
            assert (answer.status, answer.code) == (409, "wrong_state")


def test_a_published_pin(
    as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board, picture: Media
) -> None:
    pin = factories.make_pin(workspace, shop, status=Status.PUBLISHED, picture=picture)
    path = f"pins/pin_{pin.pk}"
    shown = as_bob.get(path).body
    assert shown["pinterest_url"].endswith(f"/pin/{pin.pinterest_id}/")
    plain = as_bob.delete(path)
    assert (plain.status, plain.code) == (409, "live")
    assert as_bob.delete(f"{path}?live=perhaps").fields == {
        "live": as_bob.delete(f"{path}?live=2").fields["live"]
    }
    assert as_bob.post(f"{path}/schedule", {"publish_at": "now"}).status == 409
    assert as_bob.get(path).body == shown


def test_a_deleted_pin_is_gone(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    path = f"pins/{as_bob.post('pins', pin_body | {'publish_at': '2031-01-01T00:00:00Z'}).body['id']}"
    gone = as_bob.delete(path)
    assert (gone.status, gone.text) == (204, "")
    assert as_bob.get(path).status == as_bob.delete(path).status == 404
    assert as_bob.get("pins").body["items"] == []


# Scheduling ----------------------------------------------------------------------------------------------


def test_schedule_unschedule(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    path = f"pins/{as_bob.post('pins', pin_body).body['id']}"
    queued = as_bob.post(f"{path}/schedule", {"publish_at": "2031-01-01T00:00:00Z"})
    assert (queued.status, queued.body["status"]) == (200, "scheduled")
    again = as_bob.post(f"{path}/schedule", {"publish_at": "2031-01-02T00:00:00Z"})
    assert again.body["publish_at"] == "2031-01-02T00:00:00Z"
    assert as_bob.post(f"{path}/unschedule").body["status"] == "draft"
    twice = as_bob.post(f"{path}/unschedule")
    assert (twice.status, twice.code) == (409, "wrong_state")
    for body in (None, {}, {"publish_at": None}, {"publish_at": "2031-01-01T00:00:00Z", "at": 1}):
        assert as_bob.post(f"{path}/schedule", body).status == 422


def test_only_a_failed_pin_is_tried_again(
    as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board, picture: Media
) -> None:
    pin = factories.make_pin(
        workspace,
        shop,
        status=Status.FAILED,
        picture=picture,
        reason_code="link_shortener",
        reason_message="Pinterest blocks it.",
    )
    path = f"pins/pin_{pin.pk}"
    failed = as_bob.get(path).body
    assert failed["reason"] == {"code": "link_shortener", "message": "Pinterest blocks it."}
    answer = as_bob.post(f"{path}/retry")
    assert (answer.status, answer.body["status"], answer.body["reason"]) == (200, "scheduled", None)
    assert as_bob.post(f"{path}/retry").status == 409


def test_a_waiting_pin_says_why(
    as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board, picture: Media
) -> None:
    at = datetime(2031, 1, 1, tzinfo=UTC)
    later = at + timedelta(minutes=3)
    pin = factories.make_pin(
        workspace, shop, status=Status.SCHEDULED, publish_at=at, due_at=later, picture=picture
    )
    assert as_bob.get(f"pins/pin_{pin.pk}").body["next_try_at"] == "2031-01-01T00:03:00Z"
    PinterestAccount.objects.filter(pk=shop.pk).update(
        health=Health.HELD, health_code="spam", health_message="On hold."
    )
    assert as_bob.get(f"pins/pin_{pin.pk}").body["reason"] == {"code": "spam", "message": "On hold."}


def test_what_is_due_soon_is_told_to_the_dispatcher(
    as_bob: Caller, pin_body: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    for at, messages in (("now", 1), ("2031-01-01T00:00:00Z", 0)):
        with django_capture_on_commit_callbacks() as asked:
            assert as_bob.post("pins", pin_body | {"publish_at": at}).status == 201
        assert len(asked) == messages


def test_attempts(as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board) -> None:
    pin = factories.make_pin(workspace, shop, status=Status.FAILED)
    now = timezone.now()
    for state in (AttemptState.DEFERRED, AttemptState.REFUSED):
        Attempt.objects.create(
            pin=pin, state=state, started_at=now, lease_until=now, http_status=400, code="7", message="No."
        )
    answer = as_bob.get(f"pins/pin_{pin.pk}/attempts?limit=1")
    assert [one["state"] for one in answer.body["items"]] == ["deferred"]
    rest = as_bob.get(answer.body["next"].removeprefix("http://localhost:8000"))
    (last,) = rest.body["items"]
    assert (last["state"], last["http_status"], last["code"], last["message"]) == ("refused", 400, "7", "No.")
    assert rest.body["next"] is last["request_id"] is None
