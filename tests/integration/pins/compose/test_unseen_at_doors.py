"""What nobody sees is published by no door: pages, autosave, API, live changes, board names, addresses."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import Board, PinterestAccount, User, Workspace
from pins.live import changes
from pins.models import LiveChange, Media, Pin, Status
from tests.conftest import SignIn
from tests.integration.api.conftest import Caller
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

TYPED = {
    "title": "\ufeffA\u200b quiet\u00ad corner\u00a0",
    "description": "\u200eOak.\u2028Linen\U000e0041.\u3000",
    "alt_text": "A\u2060 chair\u2800",
    "link": "\u200bhttp://https://alderandoat\u200b.example./chair\u200b",
}
READ = {
    "title": "A quiet corner",
    "description": "Oak.\nLinen.",
    "alt_text": "A chair",
    "link": "https://alderandoat.example/chair",
}
# What a Persian and a family look like without their joiners is not what was written.
WRITTEN = {
    "title": "می\u200cخواهم \N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
    "description": "शक्\u200dति\n\N{WAVING WHITE FLAG}\ufe0f\u200d\N{RAINBOW}",
    "alt_text": "ไทย\u200bไทย",
    "link": "https://alderandoat.example/می\u200cخواهم",
}
NAMED = f"{READ['link']}\u200b?a=1"
WORDS = "The link has a zero-width space (U+200B) after “chair”, which nobody sees. Remove it."


def says(pin: Pin) -> dict[str, str]:
    pin.refresh_from_db()
    return {name: getattr(pin, name) for name in READ}


@pytest.fixture
def page(bob: User, client_of: SignIn) -> Client:
    return client_of(bob)


@pytest.fixture
def api(bob: User, workspace: Workspace) -> Callable[[str, str, object], tuple[int, Any]]:
    """api(method, path, body): status and JSON."""
    caller = Caller(bob, workspace)

    def call(method: str, path: str, body: object) -> tuple[int, Any]:
        answer = caller(method, path, body)
        return answer.status, answer.body

    return call


@pytest.mark.parametrize(("typed", "read"), [(TYPED, READ), (WRITTEN, WRITTEN)], ids=["taken out", "kept"])
def test_composer_and_autosave(
    page: Client, offline: PinterestAccount, typed: dict[str, str], read: dict[str, str]
) -> None:
    page.post("/pins/compose/autosave/", typed | {"batch": ""})
    draft = Pin.objects.get()
    assert says(draft) == read
    answer = page.post("/pins/compose/", typed | {"batch": str(draft.pk), "choice": "draft"})
    assert answer.status_code == 302
    assert says(draft) == read


@pytest.mark.parametrize(("typed", "read"), [(TYPED, READ), (WRITTEN, WRITTEN)], ids=["taken out", "kept"])
def test_the_api(api: Any, offline: PinterestAccount, typed: dict[str, str], read: dict[str, str]) -> None:
    board = offline.boards.get()
    place = {"account": f"acc_{offline.pk}", "board": f"brd_{board.pk}"}
    status, made = api("POST", "pins", typed | place)
    assert (status, {name: made[name] for name in read}) == (201, read)
    assert says(Pin.objects.get()) == read
    Pin.objects.update(**dict.fromkeys(read, ""))
    status, changed = api("PATCH", f"pins/{made['id']}", typed)
    assert (status, {name: changed[name] for name in read}) == (200, read)


def test_a_link_that_is_refused_names_what_and_where(
    api: Any, page: Client, offline: PinterestAccount
) -> None:
    board = offline.boards.get()
    place = {"account": f"acc_{offline.pk}", "board": f"brd_{board.pk}"}
    status, answer = api("POST", "pins", {"link": NAMED} | place)
    assert (status, answer["error"]["fields"]["link"]) == (422, [WORDS])
    answer = page.post("/pins/compose/", {"title": "Chair", "link": NAMED, "batch": "", "choice": "draft"})
    assert answer.status_code == 422
    assert WORDS in answer.text
    assert not Pin.objects.filter(status=Status.SCHEDULED)


def test_a_live_change_asks_for_what_is_read_and_only_for_that(
    page: Client, api: Any, workspace: Workspace, offline: PinterestAccount
) -> None:
    more: dict[str, Any] = dict(READ)
    pin = factories.make_pin(workspace, offline, status=Status.PUBLISHED, **more)
    given = {"destination": f"board-{pin.board_id}"}
    assert page.post(f"/pins/{pin.pk}/live/", TYPED | given).status_code == 302
    assert not LiveChange.objects.exists(), "it says so already"
    status, _ = api("PATCH", f"pins/pin_{pin.pk}", {"title": "\u200bAnother\u00a0", "link": TYPED["link"]})
    assert status == 202
    assert LiveChange.objects.get().words == {"title": "Another", "link": READ["link"]}
    status, answer = api("PATCH", f"pins/pin_{pin.pk}", {"link": NAMED})
    assert (status, answer["error"]["fields"]["link"]) == (422, [WORDS])


def test_what_pinterest_has_unseen_is_no_difference(workspace: Workspace, offline: PinterestAccount) -> None:
    """A find may say it with such characters: whoever changes its link leaves its title alone."""
    pin = factories.make_pin(workspace, offline, status=Status.PUBLISHED)
    Pin.objects.filter(pk=pin.pk).update(title="Old\u200b title")
    pin = Pin.objects.with_parts().prefetch_related(LiveChange.objects.for_pins()).get()
    assert changes.differing(pin, changes.wished(pin)) == {}


def test_names_of_boards_sections_and_workspaces(
    page: Client, alice: User, account: PinterestAccount, client_of: SignIn, simulator: Simulator
) -> None:
    boards = f"/accounts/{account.pk}/boards/"
    page.post(f"{boards}new/", {"name": "\ufeffOak\u200b desks\u00a0", "privacy": "PUBLIC"})
    board = Board.objects.get(name="Oak desks")
    page.post(f"{boards}{board.pk}/sections/new/", {"name": "می\u200cخواهم\u200b"})
    assert board.sections.get().name == "می\u200cخواهم"
    refused = page.post(f"{boards}new/", {"name": "Oak \u202eksed", "privacy": "PUBLIC"})
    assert refused.status_code == 422
    assert "a right-to-left override (U+202E) after “Oak”" in refused.text


@pytest.mark.parametrize(
    "given", ["\u200b1234567890\u200b", "https://www.pinterest.com/pin/\u200b1234567890/\u2060"]
)
def test_the_address_of_a_pin_to_save(api: Any, page: Client, offline: PinterestAccount, given: str) -> None:
    board = offline.boards.get()
    place = {"account": f"acc_{offline.pk}", "board": f"brd_{board.pk}"}
    status, answer = api("POST", "pins", {"parent_pinterest_id": given} | place)
    assert (status, answer["parent_pinterest_id"]) == (201, "1234567890")
    page.post("/pins/save/", {"address": given, "destination": f"board-{board.pk}", "choice": "draft"})
    assert [pin.parent_pinterest_id for pin in Pin.objects.all()] == ["1234567890"] * 2


def test_the_address_of_a_picture(api: Any, workspace: Workspace) -> None:
    status, _ = api("POST", "media", {"url": "\ufeffhttps://alder\u200bandoat.example/a.jpg\u200b"})
    assert (status, Media.objects.get().source_url) == (201, "https://alderandoat.example/a.jpg")
    status, answer = api("POST", "media", {"url": "https://alderandoat.example/a\u200b.jpg"})
    assert status == 422
    assert "a zero-width space (U+200B) after “a”" in answer["error"]["fields"]["url"][0]


def test_a_title_pasted_into_the_search_finds_its_pin(
    page: Client, workspace: Workspace, offline: PinterestAccount
) -> None:
    factories.make_pin(workspace, offline, title=READ["title"])
    assert READ["title"] in page.get("/pins/", {"q": TYPED["title"]}).text


def test_what_an_older_version_stored_is_read_anew(workspace: Workspace, offline: PinterestAccount) -> None:
    """But not what is on Pinterest: it is known again by its words."""
    waits = factories.make_pin(workspace, offline, status=Status.SCHEDULED)
    there = factories.make_pin(workspace, offline, status=Status.PUBLISHED)
    Pin.objects.update(**TYPED)
    import_module("pins.migrations.0018_words_as_read").read_anew(apps, None)
    assert (says(waits), says(there)) == (READ, TYPED)
