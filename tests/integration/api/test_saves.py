"""Saves by the API: `parent_pinterest_id` names the Pin that is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from pins.api.shapes import VANISHED
from pins.models import Pin, Status
from tests.integration.api.conftest import Caller
from tests.integration.api.test_pins import KEYS
from tests.support import factories

pytestmark = pytest.mark.django_db

PARENT = "4011110111101111"
PUBLISHED: dict[str, Any] = {"status": Status.PUBLISHED, "pinterest_id": PARENT}


@pytest.fixture
def body(pin_body: dict[str, Any]) -> dict[str, Any]:
    return {name: pin_body[name] for name in ("account", "board")} | {"parent_pinterest_id": PARENT}


@pytest.mark.parametrize(
    "named", [PARENT, f"https://www.pinterest.com/pin/{PARENT}/", f"pinterest.de/pin/a--{PARENT}"]
)
def test_a_save_is_a_pin_of_its_own_kind(as_bob: Caller, body: dict[str, Any], named: str) -> None:
    answer = as_bob.post("pins", body | {"parent_pinterest_id": named})
    assert answer.status == 201
    assert set(answer.body) == KEYS | {"parent_pinterest_id"}
    assert (answer.body["kind"], answer.body["parent_pinterest_id"]) == ("save", PARENT)
    assert (answer.body["status"], answer.body["media"], answer.body["warnings"]) == ("draft", [], [])
    assert as_bob.get(f"pins/{answer.body['id']}").body == answer.body
    assert as_bob.get("pins").body["items"] == [answer.body]


def test_it_is_scheduled_without_a_picture(as_bob: Caller, body: dict[str, Any]) -> None:
    answer = as_bob.post("pins", body | {"publish_at": "2031-03-04T05:06:07Z"})
    assert (answer.status, answer.body["status"]) == (201, "scheduled")


@pytest.mark.parametrize("nothing", ["", "12", "https://example.com/pin/4011110111101111/", 12, "x" * 600])
def test_what_names_no_pin_is_refused(as_bob: Caller, body: dict[str, Any], nothing: object) -> None:
    answer = as_bob.post("pins", body | {"parent_pinterest_id": nothing})
    assert (answer.status, list(answer.fields)) == (422, ["parent_pinterest_id"])
    assert not Pin.objects.exists()


def test_it_has_no_words_and_no_picture_of_its_own(
    as_bob: Caller, body: dict[str, Any], pin_body: dict[str, Any]
) -> None:
    own = {"title": "Mine", "description": "", "media": pin_body["media"]}
    answer = as_bob.post("pins", body | own)
    assert (answer.status, sorted(answer.fields)) == (422, ["media", "title"])
    assert not Pin.objects.exists()


def test_its_place_and_time_can_change_its_words_can_not(
    as_bob: Caller, body: dict[str, Any], pin_body: dict[str, Any]
) -> None:
    pin = as_bob.post("pins", body).body
    refused = as_bob.patch(f"pins/{pin['id']}", {"title": "Mine", "media": pin_body["media"], "link": ""})
    assert (refused.status, sorted(refused.fields)) == (422, ["media", "title"])
    unknown = as_bob.patch(f"pins/{pin['id']}", {"parent_pinterest_id": "1234567"})
    assert (unknown.status, list(unknown.fields)) == (422, ["parent_pinterest_id"])
    moved = as_bob.patch(f"pins/{pin['id']}", {"publish_at": "2031-03-04T05:06:07Z", "title": ""})
    assert (moved.status, moved.body["status"], moved.body["kind"]) == (200, "scheduled", "save")


def test_a_pin_that_is_known_here_lends_its_words_at_once(as_bob: Caller, body: dict[str, Any]) -> None:
    account = factories.make_account(as_bob.token.workspace, username="lender")
    factories.make_board(account)
    factories.make_pin(as_bob.token.workspace, account, **PUBLISHED, title="A lamp")
    answer = as_bob.post("pins", body)
    assert (answer.status, answer.body["title"]) == (201, "A lamp")


def test_a_pin_of_another_workspace_lends_nothing(as_bob: Caller, body: dict[str, Any]) -> None:
    stranger = factories.make_workspace(factories.make_user("else@example.com"), name="Elsewhere")
    account = factories.make_account(stranger, username="other")
    factories.make_board(account)
    factories.make_pin(stranger, account, **PUBLISHED, title="Not yours")
    answer = as_bob.post("pins", body)
    assert (answer.status, answer.body["title"]) == (201, "")


def test_words_that_it_has_from_the_saved_pin_can_not_be_wiped(as_bob: Caller, body: dict[str, Any]) -> None:
    account = factories.make_account(as_bob.token.workspace, username="lender")
    factories.make_board(account)
    factories.make_pin(as_bob.token.workspace, account, **PUBLISHED, title="A lamp", alt_text="x" * 600)
    pin = as_bob.post("pins", body).body
    wiped = as_bob.patch(f"pins/{pin['id']}", {"title": ""})
    assert (wiped.status, list(wiped.fields)) == (422, ["title"])
    same = as_bob.patch(f"pins/{pin['id']}", {"title": "A lamp", "alt_text": pin["alt_text"], "media": []})
    assert (same.status, same.body["alt_text"]) == (200, "x" * 600)


def test_a_list_has_saves_and_others_side_by_side(
    as_bob: Caller, body: dict[str, Any], pin_body: dict[str, Any]
) -> None:
    as_bob.post("pins", body)
    as_bob.post("pins", pin_body)
    keys = [set(pin) for pin in as_bob.get("pins").body["items"]]
    assert keys == [KEYS, KEYS | {"parent_pinterest_id"}]


def test_a_pin_that_has_vanished_says_so(as_bob: Caller, body: dict[str, Any]) -> None:
    pin = as_bob.post("pins", body).body
    gone = {"pinterest_id": "77", "published_at": timezone.now(), "vanished_at": timezone.now()}
    Pin.objects.update(status=Status.PUBLISHED, **gone)
    assert as_bob.get(f"pins/{pin['id']}").body["reason"] == {"code": "gone", "message": VANISHED}
