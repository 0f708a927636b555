"""The calls under /pins: make, read, list, change, delete and save."""

from __future__ import annotations

from typing import Final

from pinsched.simulator import boards, links, media_sources, pictures, pin_rows, shapes
from pinsched.simulator.media_sources import Source
from pinsched.simulator.pin_rows import NewPin, Pin
from pinsched.simulator.replies import (
    Reply,
    board_missing,
    forbidden,
    json_reply,
    pin_missing,
    section_missing,
)
from pinsched.simulator.shapes import DIGITS, Body, Text
from pinsched.simulator.store import Value
from pinsched.simulator.world import Call

FIELDS: Final = {
    "title": Text(most=100),
    "description": Text(most=800),
    "link": Text(most=2048),
    "alt_text": Text(most=500),
    "board_id": Text(pattern=DIGITS, nullable=False),
    "board_section_id": Text(pattern=DIGITS),
}
CREATE: Final = {
    **FIELDS,
    "dominant_color": Text(pattern=r"^#[0-9a-fA-F]{6}$"),
    "parent_pin_id": Text(pattern=DIGITS),
}
SAVE: Final = {"board_id": Text(pattern=DIGITS), "board_section_id": Text(pattern=DIGITS)}
PIN_FILTERS: Final = ("exclude_native", "exclude_repins", "has_been_promoted")
CREATIVE_TYPES: Final = frozenset(
    {
        *("REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "COLLECTION", "IDEA"),
        *("SHOWCASE", "QUIZ", "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION"),
    }
)


def create(call: Call) -> Reply:
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, CREATE, required=["board_id", "media_source"])
    board_id, section_id = _destination(call, body)
    link = links.checked(shapes.text(body, "link"))
    parent_id = shapes.text(body, "parent_pin_id")
    if parent_id and pin_rows.by_id(call.world.store, parent_id) is None:
        raise pin_missing()
    source = media_sources.read(call, body["media_source"])
    made = pin_rows.insert(
        call.world,
        NewPin(
            person_id=call.person.id,
            board_id=board_id,
            section_id=section_id,
            title=shapes.text(body, "title"),
            description=shapes.text(body, "description"),
            link=link,
            alt_text=shapes.text(body, "alt_text"),
            dominant_color=shapes.text(body, "dominant_color") or source.color,
            parent_pin_id=parent_id,
            source_type=source.kind,
            creative_type=source.creative_type,
            pictures=_kept(call, source),
            media_id=source.media_id,
        ),
    )
    return json_reply(pin_rows.as_json(call, made), 201)


def get(call: Call, pin_id: str) -> Reply:
    metrics = shapes.flag(call.request.args, "pin_metrics")
    return json_reply(pin_rows.as_json(call, readable(call, pin_id), metrics=metrics))


def update(call: Call, pin_id: str) -> Reply:
    pin = writable(call, pin_id)
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, FIELDS)
    board_id = shapes.text(body, "board_id") or pin.board_id
    section_id = shapes.text(body, "board_section_id") if "board_section_id" in body else pin.section_id
    if board_id != pin.board_id and "board_section_id" not in body:
        section_id = None
    _destination(call, {"board_id": board_id, "board_section_id": section_id})

    def changed(name: str, old: str | None) -> str | None:
        return shapes.text(body, name) if name in body else old

    call.world.store.run(
        "UPDATE pins SET title = ?, description = ?, link = ?, alt_text = ?, board_id = ?, section_id = ?, "
        "pictures = ? WHERE id = ?",
        (
            changed("title", pin.title),
            changed("description", pin.description),
            links.checked(changed("link", pin.link)),
            changed("alt_text", pin.alt_text),
            board_id,
            section_id,
            _slots(pin, body),
            pin.id,
        ),
    )
    return get(call, pin_id)


def delete(call: Call, pin_id: str) -> Reply:
    pin = writable(call, pin_id)
    call.world.store.run("DELETE FROM pins WHERE id = ?", (pin.id,))
    return Reply(204)


def save(call: Call, pin_id: str) -> Reply:
    """Any public Pin may be saved, whoever made it; a save of a save points at the Pin it was taken from."""
    shapes.id_in_path(pin_id, "pin_id")
    original = pin_rows.by_id(call.world.store, pin_id)
    if original is None:
        raise pin_missing()
    if original.person_id != call.person.id and _privacy(call, original) == "SECRET":
        raise forbidden()
    body = shapes.json_object(call.request.get_data())
    shapes.check(body, SAVE, required=["board_id"])
    board_id, section_id = _destination(call, body)
    made = pin_rows.insert(
        call.world,
        NewPin(
            person_id=call.person.id,
            board_id=board_id,
            section_id=section_id,
            title=original.title,
            description=original.description,
            link=original.link,
            alt_text=original.alt_text,
            dominant_color=original.dominant_color,
            parent_pin_id=original.id,
            source_type=original.source_type,
            creative_type=original.creative_type,
            pictures=original.pictures,
            media_id=original.media_id,
            saved=True,
        ),
    )
    return json_reply(pin_rows.as_json(call, made), 201)


def list_pins(call: Call) -> Reply:
    query = call.request.args
    size, metrics = shapes.page_size(query), shapes.flag(query, "pin_metrics")
    asked = shapes.choice(query, "pin_filter", PIN_FILTERS, None)
    privacies = ["PUBLIC"]
    if shapes.choice(query, "pin_type", ("PRIVATE",), None):
        privacies = []
    elif shapes.flag(query, "include_protected_pins"):
        privacies.append("PROTECTED")
    if "pins:read_secret" in call.scopes:
        privacies.append("SECRET")
    shown = f"SELECT id FROM boards WHERE person_id = ? AND privacy IN ({_marks(privacies)})"  # noqa: S608
    where = ["pins.person_id = ?", f"pins.board_id IN ({shown})"]
    args: list[Value] = [call.person.id, call.person.id, *privacies]
    if asked:
        where.append({"exclude_native": "pins.saved = 1", "exclude_repins": "pins.saved = 0"}.get(asked, "0"))
    _only_creative_types(call, where, args)
    return pin_rows.listed(call, " AND ".join(where), args, size, metrics=metrics)


def list_of_board(call: Call, board_id: str) -> Reply:
    query = call.request.args
    size, metrics = shapes.page_size(query), shapes.flag(query, "pin_metrics")
    board = boards.readable(call, board_id, "pins:read_secret")
    where, args = ["pins.board_id = ?"], [board.id]
    _only_creative_types(call, where, args)
    return pin_rows.listed(call, " AND ".join(where), args, size, metrics=metrics)


def list_of_section(call: Call, board_id: str, section_id: str) -> Reply:
    size = shapes.page_size(call.request.args)
    board = boards.readable(call, board_id, "pins:read_secret")
    section = boards.readable_section(call, board, section_id)
    return pin_rows.listed(call, "pins.section_id = ?", [section.id], size, metrics=False)


def readable(call: Call, pin_id: str) -> Pin:
    """The caller's Pin; one on a secret board does not exist for a token without the secret scope."""
    shapes.id_in_path(pin_id, "pin_id")
    pin = pin_rows.by_id(call.world.store, pin_id)
    if pin is None:
        raise pin_missing()
    mine = pin.person_id == call.person.id
    if _privacy(call, pin) == "SECRET" and not (mine and "pins:read_secret" in call.scopes):
        raise pin_missing()
    if not mine:
        raise forbidden()
    return pin


def writable(call: Call, pin_id: str) -> Pin:
    pin = readable(call, pin_id)
    if _privacy(call, pin) == "SECRET" and "pins:write_secret" not in call.scopes:
        raise forbidden()
    return pin


def _privacy(call: Call, pin: Pin) -> str:
    board = boards.by_id(call.world.store, pin.board_id)
    return board.privacy if board else "PUBLIC"


def _destination(call: Call, body: Body) -> tuple[str, str | None]:
    board_id, section_id = shapes.text(body, "board_id"), shapes.text(body, "board_section_id")
    if board_id is None:
        raise board_missing()
    board = boards.writable(call, board_id, "pins:write_secret")
    if section_id and boards.section_of(call.world.store, board.id, section_id) is None:
        raise section_missing()
    return board.id, section_id


def _kept(call: Call, source: Source) -> str:
    store = call.world.settings.store_images
    keep = call.world.pictures.keep
    return pictures.dump(
        [keep(piece.sent, store=store) if piece.sent else piece.picture for piece in source.pieces]
    )


def _slots(pin: Pin, body: Body) -> str:
    """The pictures of a carousel with the words of `carousel_slots`, one slot after the other."""
    if "carousel_slots" not in body:
        return pin.pictures
    shown = pictures.load(pin.pictures)
    slots = shapes.sub_objects(body, "carousel_slots", least=1, most=len(shown))
    for index, slot in enumerate(slots):
        where = f"body.carousel_slots.{index}"
        shown[index] = media_sources.with_words(shown[index], slot, where)
    return pictures.dump(shown)


def _only_creative_types(call: Call, where: list[str], args: list[Value] | list[str]) -> None:
    asked = [part for raw in call.request.args.getlist("creative_types") for part in raw.split(",")]
    if unknown := [name for name in asked if name not in CREATIVE_TYPES]:
        raise shapes.violation("query.creative_types", f"{shapes.shown(unknown[0])} is not a creative type")
    if asked:
        where.append(f"pins.creative_type IN ({_marks(asked)})")
        args.extend(asked)


def _marks(values: list[str]) -> str:
    return ",".join("?" * len(values))
