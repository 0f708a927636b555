"""Boards and sections, their privacy, and paging."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.simulator.harness import Pinterest, error_of

SECRET = "Autumn catalogue drafts"


def names(pinterest: Pinterest, token: str | None = None, **query: Any) -> list[str]:
    return [board["name"] for board in pinterest.get("/boards", token=token, **query)["items"]]


def test_the_first_person_has_seven_boards_some_with_sections(pinterest: Pinterest) -> None:
    boards = pinterest.get("/boards")["items"]
    assert len(boards) == 7
    office = boards[0]
    assert office["name"] == "Home office ideas"
    assert office["owner"] == {"username": "alderandoat"}
    assert office["privacy"] == "PUBLIC"
    assert office["pin_count"] == 0
    sections = pinterest.get(f"/boards/{office['id']}/sections")["items"]
    assert [section["name"] for section in sections] == ["Desks", "Lighting"]


def test_boards_come_in_pages_without_loss_or_repeat(pinterest: Pinterest) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {}
    sizes = []
    while True:
        page = pinterest.get("/boards", page_size=3, **query)
        sizes.append(len(page["items"]))
        seen += [board["name"] for board in page["items"]]
        if page["bookmark"] is None:
            break
        query = {"bookmark": page["bookmark"]}
    assert sizes == [3, 3, 1]
    assert seen == names(pinterest)


def test_a_last_page_that_is_full_has_no_bookmark(pinterest: Pinterest) -> None:
    assert pinterest.get("/boards", page_size=7)["bookmark"] is None


@pytest.mark.parametrize(
    "query", [{"page_size": 0}, {"page_size": 251}, {"page_size": "x"}, {"bookmark": "!"}]
)
def test_a_wrong_page_is_refused(pinterest: Pinterest, query: dict[str, Any]) -> None:
    assert error_of(pinterest.call("GET", "/boards", **query)) == (400, 1)


def test_privacy_filters(pinterest: Pinterest) -> None:
    pinterest.call("POST", "/boards", {"name": "For some", "privacy": "PROTECTED"})
    assert len(names(pinterest)) == len(names(pinterest, privacy="ALL")) == 8
    assert names(pinterest, privacy="SECRET") == [SECRET]
    assert names(pinterest, privacy="PROTECTED") == ["For some"]
    assert "For some" not in names(pinterest, privacy="PUBLIC_AND_SECRET")
    assert len(names(pinterest, privacy="PUBLIC")) == 6
    assert error_of(pinterest.call("GET", "/boards", privacy="HIDDEN")) == (400, 1)


def test_a_secret_board_does_not_exist_without_the_secret_scope(pinterest: Pinterest) -> None:
    board = pinterest.board(SECRET)
    plain = pinterest.token_of(scope="boards:read boards:write pins:read pins:write")
    assert SECRET not in names(pinterest, token=plain)
    for path in (f"/boards/{board}", f"/boards/{board}/sections", f"/boards/{board}/pins"):
        assert pinterest.call("GET", path).status_code == 200
        assert error_of(pinterest.call("GET", path, token=plain)) == (404, 40)
    made = pinterest.post_pin(board_id=board).json()["id"]
    assert error_of(pinterest.call("GET", f"/pins/{made}", token=plain)) == (404, 50)
    assert pinterest.get("/pins", token=plain)["items"] == []
    assert len(pinterest.get("/pins")["items"]) == 1
    assert error_of(pinterest.post_pin(token=plain, board_id=board)) == (403, 29)
    assert error_of(pinterest.call("POST", "/boards", {"name": "x", "privacy": "SECRET"}, token=plain)) == (
        403,
        29,
    )


def test_boards_of_others_are_not_mine_and_unknown_ones_are_not_there(pinterest: Pinterest) -> None:
    theirs = pinterest.board("Ceramics", pinterest.token_of("northlightstudio"))
    assert error_of(pinterest.call("GET", f"/boards/{theirs}")) == (403, 29)
    assert error_of(pinterest.post_pin(board_id=theirs)) == (403, 29)
    assert error_of(pinterest.call("GET", "/boards/1")) == (404, 40)
    assert error_of(pinterest.call("GET", "/boards/ceramics")) == (400, 1)


def test_a_board_is_made_changed_and_deleted_with_its_pins(pinterest: Pinterest) -> None:
    answer = pinterest.call(
        "POST", "/boards", {"name": "Porches", "description": "Steps", "privacy": "PUBLIC"}
    )
    assert answer.status_code == 201
    board = answer.json()
    assert (board["name"], board["description"]) == ("Porches", "Steps")
    assert error_of(pinterest.call("POST", "/boards", {"name": "Porches"})) == (400, 58)
    assert error_of(pinterest.call("POST", "/boards", {"description": "nameless"})) == (400, 1)
    pin = pinterest.post_pin(board_id=board["id"]).json()["id"]
    assert pinterest.get(f"/boards/{board['id']}")["pin_count"] == 1
    changed = pinterest.call("PATCH", f"/boards/{board['id']}", {"name": "Autumn porches"}).json()
    assert (changed["name"], changed["description"]) == ("Autumn porches", "Steps")
    assert pinterest.call("DELETE", f"/boards/{board['id']}").status_code == 204
    assert error_of(pinterest.call("GET", f"/pins/{pin}")) == (404, 50)


def test_sections_are_made_and_hold_pins(pinterest: Pinterest) -> None:
    board = pinterest.board("Slow mornings")
    answer = pinterest.call("POST", f"/boards/{board}/sections", {"name": "Porridge"})
    assert answer.status_code == 201
    section = answer.json()
    assert section["name"] == "Porridge"
    for wrong in ({"name": "Porridge"}, {"name": ""}, {"name": "x" * 181}, {}):
        assert error_of(pinterest.call("POST", f"/boards/{board}/sections", wrong)) == (400, 1)
    made = pinterest.post_pin(board_id=board, board_section_id=section["id"]).json()
    pinterest.post_pin("Not in the section", board_id=board)
    inside = pinterest.get(f"/boards/{board}/sections/{section['id']}/pins")["items"]
    assert [pin["id"] for pin in inside] == [made["id"]]
    assert inside[0]["board_section_id"] == section["id"]
    assert len(pinterest.get(f"/boards/{board}/pins")["items"]) == 2
    assert error_of(pinterest.call("GET", f"/boards/{board}/sections/1/pins")) == (404, 2031)
