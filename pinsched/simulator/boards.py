"""Boards and their sections: rows, who may see them, and the calls under /boards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pinsched.simulator import paging, shapes
from pinsched.simulator.replies import (
    ApiError,
    Reply,
    board_missing,
    forbidden,
    invalid,
    json_reply,
    section_missing,
)
from pinsched.simulator.shapes import Text
from pinsched.simulator.store import Row, Store, new_id
from pinsched.simulator.world import Call, World, wire_time

PRIVACIES: Final = ("PUBLIC", "PROTECTED", "SECRET")
FILTERS: Final = ("ALL", "PUBLIC", "PROTECTED", "SECRET", "PUBLIC_AND_SECRET")
NAME_MOST: Final = 180
COVERS: Final = 5  # a board shows its newest Pin large and four more small

CREATE: Final = {
    "name": Text(least=1, most=NAME_MOST, nullable=False),
    "description": Text(),
    "privacy": Text(choices=PRIVACIES, nullable=False),
}
UPDATE: Final = {
    "name": Text(least=1, most=NAME_MOST, nullable=False),
    "description": Text(),
    "privacy": Text(choices=("PUBLIC", "SECRET"), nullable=False),
}
SECTION: Final = {"name": Text(least=1, most=NAME_MOST, nullable=False)}


@dataclass(frozen=True, slots=True)
class Board:
    seq: int
    id: str
    person_id: str
    name: str
    description: str | None
    privacy: str
    created_us: int


@dataclass(frozen=True, slots=True)
class Section:
    seq: int
    id: str
    board_id: str
    name: str


def _board(row: Row) -> Board:
    return Board(*(row[name] for name in Board.__slots__))


def _section(row: Row) -> Section:
    return Section(*(row[name] for name in Section.__slots__))


# Rows.


def by_id(store: Store, board_id: str) -> Board | None:
    row = store.one("SELECT * FROM boards WHERE id = ?", (board_id,))
    return _board(row) if row else None


def of_person(store: Store, person_id: str) -> list[Board]:
    rows = store.all("SELECT * FROM boards WHERE person_id = ? ORDER BY seq", (person_id,))
    return [_board(row) for row in rows]


def sections_of(store: Store, board_id: str) -> list[Section]:
    rows = store.all("SELECT * FROM sections WHERE board_id = ? ORDER BY seq", (board_id,))
    return [_section(row) for row in rows]


def section_of(store: Store, board_id: str, section_id: str) -> Section | None:
    row = store.one("SELECT * FROM sections WHERE id = ? AND board_id = ?", (section_id, board_id))
    return _section(row) if row else None


def add(
    world: World, person_id: str, name: str, *, description: str | None = None, privacy: str = "PUBLIC"
) -> Board | None:
    """The new board, or None when the person has one of that name."""
    with world.store.write():
        taken = world.store.one("SELECT 1 FROM boards WHERE person_id = ? AND name = ?", (person_id, name))
        if taken:
            return None
        board_id = new_id()
        world.store.run(
            "INSERT INTO boards (id, person_id, name, description, privacy, created_us) VALUES (?,?,?,?,?,?)",
            (board_id, person_id, name, description, privacy, world.now_us()),
        )
        return by_id(world.store, board_id)


def upsert(
    world: World, person_id: str, name: str, *, description: str | None = None, privacy: str | None = None
) -> Board:
    with world.store.write():
        if made := add(world, person_id, name, description=description, privacy=privacy or "PUBLIC"):
            return made
        world.store.run(
            "UPDATE boards SET description = COALESCE(?, description), privacy = COALESCE(?, privacy) "
            "WHERE person_id = ? AND name = ?",
            (description, privacy, person_id, name),
        )
        return next(board for board in of_person(world.store, person_id) if board.name == name)


def add_section(store: Store, board_id: str, name: str) -> Section | None:
    """The new section, or None when the board has one of that name."""
    with store.write():
        if store.one("SELECT 1 FROM sections WHERE board_id = ? AND name = ?", (board_id, name)):
            return None
        section_id = new_id()
        store.run("INSERT INTO sections (id, board_id, name) VALUES (?,?,?)", (section_id, board_id, name))
        return section_of(store, board_id, section_id)


def upsert_section(store: Store, board_id: str, name: str) -> Section:
    with store.write():
        made = add_section(store, board_id, name)
        return made or next(section for section in sections_of(store, board_id) if section.name == name)


# Who may see and change what.


def visible_privacies(scopes: Collection[str], scope: str) -> tuple[str, ...]:
    return PRIVACIES if scope in scopes else ("PUBLIC", "PROTECTED")


def readable(call: Call, board_id: str, scope: str = "boards:read_secret") -> Board:
    """The board, if it is the caller's. A secret one does not exist for a token without the scope."""
    shapes.id_in_path(board_id, "board_id")
    board = by_id(call.world.store, board_id)
    if board is None:
        raise board_missing()
    mine = board.person_id == call.person.id
    if board.privacy == "SECRET" and (not mine or scope not in call.scopes):
        raise board_missing()
    if not mine:
        raise forbidden()
    return board


def writable(call: Call, board_id: str, scope: str = "boards:write_secret") -> Board:
    board = by_id(call.world.store, board_id)
    if board is None:
        raise board_missing()
    if board.person_id != call.person.id or (board.privacy == "SECRET" and scope not in call.scopes):
        raise forbidden()
    return board


def readable_section(call: Call, board: Board, section_id: str) -> Section:
    shapes.id_in_path(section_id, "section_id")
    section = section_of(call.world.store, board.id, section_id)
    if section is None:
        raise section_missing()
    return section


# The calls.


def as_json(call: Call, board: Board) -> dict[str, object]:
    store = call.world.store
    newest = store.all(
        "SELECT pictures, created_us FROM pins WHERE board_id = ? ORDER BY created_us DESC, seq DESC LIMIT ?",
        (board.id, COVERS),
    )
    covers = [call.world.pictures.first_urls(row["pictures"]) for row in newest]
    return {
        "id": board.id,
        "name": board.name,
        "description": board.description,
        "owner": {"username": call.person.username},
        "privacy": board.privacy,
        "created_at": wire_time(board.created_us),
        "board_pins_modified_at": wire_time(newest[0]["created_us"] if newest else board.created_us),
        "pin_count": store.count("SELECT COUNT(*) FROM pins WHERE board_id = ?", (board.id,)),
        "follower_count": 0,
        "collaborator_count": 0,
        "is_ads_only": False,
        "media": {
            "image_cover_url": covers[0]["400x300"]["url"] if covers else None,
            "pin_thumbnail_urls": [cover["150x150"]["url"] for cover in covers[1:]],
        },
    }


def section_json(section: Section) -> dict[str, object]:
    return {"id": section.id, "name": section.name}


def list_boards(call: Call) -> Reply:
    query = call.request.args
    size = shapes.page_size(query)
    asked = shapes.choice(query, "privacy", FILTERS, "ALL") or "ALL"
    wanted = {"ALL": PRIVACIES, "PUBLIC_AND_SECRET": ("PUBLIC", "SECRET")}.get(asked, (asked,))
    visible = visible_privacies(call.scopes, "boards:read_secret")
    after = paging.place(query.get("bookmark")) or (0, 0)
    shown = [
        board
        for board in of_person(call.world.store, call.person.id)
        if board.privacy in wanted and board.privacy in visible and board.seq > after[1]
    ]
    return paging.page(
        shown[: size + 1], size, where=lambda board: (0, board.seq), show=lambda board: as_json(call, board)
    )


def create_board(call: Call) -> Reply:
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, CREATE, required=["name"])
    privacy = shapes.text(body, "privacy") or "PUBLIC"
    if privacy == "SECRET" and "boards:write_secret" not in call.scopes:
        raise forbidden()
    name, description = shapes.text(body, "name") or "", shapes.text(body, "description")
    board = add(call.world, call.person.id, name, description=description, privacy=privacy)
    if board is None:
        raise _name_taken()
    return json_reply(as_json(call, board), 201)


def get_board(call: Call, board_id: str) -> Reply:
    return json_reply(as_json(call, readable(call, board_id)))


def update_board(call: Call, board_id: str) -> Reply:
    shapes.id_in_path(board_id, "board_id")
    board = writable(call, board_id)
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, UPDATE)
    name = shapes.text(body, "name") or board.name
    others = (one for one in of_person(call.world.store, board.person_id) if one.id != board.id)
    if name in {one.name for one in others}:
        raise _name_taken()
    description = shapes.text(body, "description") if "description" in body else board.description
    privacy = shapes.text(body, "privacy") or board.privacy
    call.world.store.run(
        "UPDATE boards SET name = ?, description = ?, privacy = ? WHERE id = ?",
        (name, description, privacy, board.id),
    )
    return get_board(call, board_id)


def delete_board(call: Call, board_id: str) -> Reply:
    shapes.id_in_path(board_id, "board_id")
    board = writable(call, board_id)
    store = call.world.store
    with store.write():  # a board goes with what is on it
        store.run("DELETE FROM pins WHERE board_id = ?", (board.id,))
        store.run("DELETE FROM sections WHERE board_id = ?", (board.id,))
        store.run("DELETE FROM boards WHERE id = ?", (board.id,))
    return Reply(204)


def list_sections(call: Call, board_id: str) -> Reply:
    board = readable(call, board_id)
    size = shapes.page_size(call.request.args)
    after = paging.place(call.request.args.get("bookmark")) or (0, 0)
    rows = [section for section in sections_of(call.world.store, board.id) if section.seq > after[1]]
    return paging.page(rows[: size + 1], size, where=lambda section: (0, section.seq), show=section_json)


def create_section(call: Call, board_id: str) -> Reply:
    shapes.id_in_path(board_id, "board_id")
    board = writable(call, board_id)
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, SECTION, required=["name"])
    section = add_section(call.world.store, board.id, shapes.text(body, "name") or "")
    if section is None:
        raise invalid("Invalid board section parameters. The board has a section of this name.")
    return json_reply(section_json(section), 201)


def _name_taken() -> ApiError:
    return ApiError(400, 58, "You already have a board with this name.")
