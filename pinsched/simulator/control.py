"""`/_control`: what tests and the demo seed use to arrange and to look behind the scenes. Loopback only."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from werkzeug.wrappers import Request

from pinsched.simulator import boards, faults, oauth, people, pictures, pin_rows, settings, shapes
from pinsched.simulator.boards import Board, Section
from pinsched.simulator.person import Person
from pinsched.simulator.pin_rows import NewPin, Pin
from pinsched.simulator.replies import ApiError, Reply, invalid, json_reply
from pinsched.simulator.shapes import Body, Text
from pinsched.simulator.world import World, as_datetime, as_us

Handler = Callable[[World, Request], Reply]

PERSON: Final = {
    "username": Text(least=1, pattern=r"^[A-Za-z0-9_.-]{1,60}$", nullable=False),
    "business_name": Text(),
    "account_type": Text(choices=people.ACCOUNT_TYPES),
}
BOARD: Final = {
    "name": Text(least=1, most=boards.NAME_MOST, nullable=False),
    "description": Text(),
    "privacy": Text(choices=boards.PRIVACIES),
}
PIN: Final = {
    "board": Text(least=1, nullable=False),
    "section": Text(),
    "title": Text(),
    "description": Text(),
    "link": Text(),
    "alt_text": Text(),
    "created_at": Text(least=1, nullable=False),
    "image_base64": Text(),
}


def answer(world: World, request: Request) -> Reply:
    """Every call below `/_control`; errors look like the API's."""
    try:
        _only_from_here(world, request)
        handler = ROUTES.get((request.method, request.path.removeprefix("/_control")))
        if handler is None:
            raise ApiError(404, 404, f"No such control call: {request.method} {request.path}")
        return handler(world, request)
    except ApiError as error:
        return error.reply()


def _only_from_here(world: World, request: Request) -> None:
    """Neither other machines nor a web page that this machine's browser happens to show."""
    address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104  # compared, not bound
    origin = request.headers.get("Origin")
    if not address.is_loopback or origin not in (None, world.public_url):
        raise ApiError(403, 403, "The control API answers to this machine only.")


def _health(world: World, request: Request) -> Reply:
    return json_reply({"status": "ok"})


def _people(world: World, request: Request) -> Reply:
    body = shapes.json_object(request.get_data())
    shapes.check(body, PERSON, required=["username"])
    board_plans = shapes.sub_objects(body, "boards", least=0, most=1000) if "boards" in body else []
    pin_plans = shapes.sub_objects(body, "pins", least=0, most=100_000) if "pins" in body else []
    with world.store.write():
        person = people.upsert(
            world,
            shapes.text(body, "username") or "",
            business_name=shapes.text(body, "business_name"),
            account_type=shapes.text(body, "account_type"),
        )
        for number, plan in enumerate(board_plans):
            _board(world, person, plan, f"body.boards.{number}")
        pins = _pins(world, person, pin_plans)
    return json_reply(
        {
            "id": person.id,
            "username": person.username,
            "boards": [_board_json(world, board) for board in boards.of_person(world.store, person.id)],
            "pins": [{"id": pin.id, "title": pin.title} for pin in pins],
        },
        201,
    )


def _board(world: World, person: Person, plan: Body, where: str) -> None:
    shapes.check(plan, BOARD, ["name"], where)
    board = boards.upsert(
        world,
        person.id,
        shapes.text(plan, "name") or "",
        description=shapes.text(plan, "description"),
        privacy=shapes.text(plan, "privacy"),
    )
    sections = plan.get("sections", [])
    if not isinstance(sections, list) or not all(isinstance(name, str) and name for name in sections):
        raise shapes.violation(f"{where}.sections", "is not an array of names")
    for name in sections:
        boards.upsert_section(world.store, board.id, name)


def _board_json(world: World, board: Board) -> dict[str, object]:
    sections = [boards.section_json(section) for section in boards.sections_of(world.store, board.id)]
    return {"id": board.id, "name": board.name, "privacy": board.privacy, "sections": sections}


def _pins(world: World, person: Person, plans: Sequence[Body]) -> list[Pin]:
    """Pins as wished, in that order. One that an earlier call made is not made again."""
    if not plans:
        return []
    places = {board.name: board for board in boards.of_person(world.store, person.id)}
    rooms = {board.id: boards.sections_of(world.store, board.id) for board in places.values()}
    rows = world.store.all("SELECT * FROM pins WHERE person_id = ?", (person.id,))
    known = {_likeness(pin): pin for pin in map(pin_rows.pin, rows)}
    made = []
    for number, plan in enumerate(plans):
        where = f"body.pins.{number}"
        shapes.check(plan, PIN, ["board", "created_at"], where)
        new, created_us = _new_pin(world, person, plan, places, rooms, where)
        likeness = (new.board_id, new.section_id, new.title, created_us)
        made.append(known.get(likeness) or pin_rows.insert(world, new, created_us=created_us))
    return made


def _likeness(pin: Pin) -> tuple[str, str | None, str | None, int]:
    return (pin.board_id, pin.section_id, pin.title, pin.created_us)


def _new_pin(
    world: World,
    person: Person,
    plan: Body,
    places: Mapping[str, Board],
    rooms: Mapping[str, list[Section]],
    where: str,
) -> tuple[NewPin, int]:
    board = places.get(shapes.text(plan, "board") or "")
    if board is None:
        raise shapes.violation(f"{where}.board", f"{person.username} has no board of this name")
    wished = shapes.text(plan, "section")
    section = next((one for one in rooms[board.id] if one.name == wished), None)
    if wished and section is None:
        raise shapes.violation(f"{where}.section", f"{board.name} has no section of this name")
    created_us = _instant(shapes.text(plan, "created_at") or "", where)
    if encoded := shapes.text(plan, "image_base64"):
        sent = pictures.read(encoded, full=world.settings.decode == "full")
        picture, color = world.pictures.keep(sent, store=world.settings.store_images), sent.color
    else:
        seed = f"{board.id[-6:]}{created_us % 10**12:x}"
        picture, color = pictures.unpictured(seed), pictures.UNKNOWN_COLOR
    new = NewPin(
        person_id=person.id,
        board_id=board.id,
        section_id=section.id if section else None,
        title=shapes.text(plan, "title"),
        description=shapes.text(plan, "description"),
        link=shapes.text(plan, "link"),
        alt_text=shapes.text(plan, "alt_text"),
        dominant_color=color,
        parent_pin_id=None,
        source_type="image_base64" if encoded else "seed",
        creative_type="REGULAR",
        pictures=pictures.dump([picture]),
    )
    return new, created_us


def _instant(raw: str, where: str) -> int:
    try:
        return as_us(datetime.fromisoformat(raw))
    except ValueError:
        raise shapes.violation(f"{where}.created_at", f"{shapes.shown(raw)} is not an ISO instant") from None


def _grant(world: World, request: Request) -> Reply:
    body = shapes.json_object(request.get_data())
    person = _named(world, body.get("username"))
    shapes.check(body, {"scope": Text()})
    scopes = oauth.scopes_in(shapes.text(body, "scope") or oauth.ALL_OF_A_PERSON)
    if unknown := [scope for scope in scopes if scope not in oauth.SCOPES]:
        raise invalid(f"There is no scope {unknown[0]}.")
    return json_reply(oauth.new_tokens(world, person.id, " ".join(scopes)))


def _named(world: World, username: object) -> Person:
    person = people.by_username(world.store, username) if isinstance(username, str) else None
    if person is None:
        raise ApiError(404, 404, f"There is nobody called {username!r}.")
    return person


def _show_config(world: World, request: Request) -> Reply:
    return json_reply(settings.as_json(world.settings))


def _change_config(world: World, request: Request) -> Reply:
    wishes = shapes.json_object(request.get_data())
    try:
        world.settings = settings.changed(world.settings, wishes)
    except settings.WrongSetting as wrong:
        raise invalid(str(wrong)) from None
    settings.save(world.store, world.settings)
    if "limits" in wishes or "tier" in wishes:
        world.limits.forgive()
    return _show_config(world, request)


def _add_fault(world: World, request: Request) -> Reply:
    try:
        rule = world.faults.add(shapes.json_object(request.get_data()))
    except faults.WrongRule as wrong:
        raise invalid(str(wrong)) from None
    return json_reply({"id": rule.id}, 201)


def _show_faults(world: World, request: Request) -> Reply:
    return json_reply({"faults": world.faults.as_json()})


def _clear_faults(world: World, request: Request) -> Reply:
    world.faults.clear()
    return _show_faults(world, request)


def _calls(world: World, request: Request) -> Reply:
    raw = request.args.get("since", "0")
    if not raw.isascii() or not raw.isdigit():
        raise shapes.violation("query.since", f"{shapes.shown(raw)} is not a number")
    records, newest = world.calls.since(int(raw))
    return json_reply({"calls": [record.as_json() for record in records], "next": newest})


def _show_pins(world: World, request: Request) -> Reply:
    where, args = "", []
    if "username" in request.args:
        where, args = "WHERE pins.person_id = ?", [_named(world, request.args["username"]).id]
    rows = world.store.all(
        "SELECT pins.*, people.username, boards.name AS board_name, sections.name AS section_name FROM pins "  # noqa: S608
        "JOIN people ON people.id = pins.person_id JOIN boards ON boards.id = pins.board_id "
        f"LEFT JOIN sections ON sections.id = pins.section_id {where} ORDER BY pins.seq",
        args,
    )
    shown = [
        {
            **_pin_json(pin_rows.pin(row)),
            "username": row["username"],
            "board": row["board_name"],
            "section": row["section_name"],
        }
        for row in rows
    ]
    return json_reply({"pins": shown})


def _pin_json(pin: Pin) -> dict[str, object]:
    """`image` is the first picture; a carousel has all of them in `images`."""
    shown = [
        {"sha256": one.sha256, "width": one.width, "height": one.height, "url": one.url, "name": one.name,
         "title": one.title, "description": one.description, "link": one.link}
        for one in pictures.load(pin.pictures)
    ]  # fmt: skip
    return {
        "id": pin.id,
        "created_seq": pin.seq,
        "created_at": as_datetime(pin.created_us).isoformat(timespec="microseconds"),
        "board_id": pin.board_id,
        "board_section_id": pin.section_id,
        "title": pin.title,
        "description": pin.description,
        "link": pin.link,
        "alt_text": pin.alt_text,
        "dominant_color": pin.dominant_color,
        "parent_pin_id": pin.parent_pin_id,
        "source_type": pin.source_type,
        "creative_type": pin.creative_type,
        "media_id": pin.media_id,
        "saved": bool(pin.saved),
        "sha256": shown[0]["sha256"],
        "width": shown[0]["width"],
        "height": shown[0]["height"],
        "images": shown,
    }


def _kill_tokens(world: World, request: Request) -> Reply:
    body = shapes.json_object(request.get_data())
    person = _named(world, body.get("username"))
    kinds = body.get("kill", ["access", "refresh"])
    if not isinstance(kinds, list) or not set(kinds) <= {"access", "refresh"}:
        raise shapes.violation("body.kill", "is not a list of 'access' and 'refresh'")
    return json_reply({"killed": {kind: oauth.kill_tokens(world, person, kind) for kind in kinds}})


def _reset(world: World, request: Request) -> Reply:
    with world.store.write():
        world.store.wipe()
        world.settings = world.first
        people.seed(world)
    world.faults.clear()
    world.calls.clear()
    world.limits.forgive()
    world.pictures.wipe()
    return json_reply({"status": "reset"})


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/health"): _health,
    ("POST", "/people"): _people,
    ("POST", "/grant"): _grant,
    ("GET", "/config"): _show_config,
    ("POST", "/config"): _change_config,
    ("GET", "/faults"): _show_faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("GET", "/calls"): _calls,
    ("GET", "/pins"): _show_pins,
    ("POST", "/tokens"): _kill_tokens,
    ("POST", "/reset"): _reset,
}
