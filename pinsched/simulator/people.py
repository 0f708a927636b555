"""The simulated people, the two who are there from the start, and GET /user_account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pinsched.simulator import boards, growth
from pinsched.simulator.person import Person
from pinsched.simulator.replies import Reply, json_reply
from pinsched.simulator.store import Row, Store, new_id
from pinsched.simulator.world import Call, World

USERNAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}", re.ASCII)
ACCOUNT_TYPES: Final = ("PINNER", "BUSINESS")


@dataclass(frozen=True, slots=True)
class BoardPlan:
    name: str
    description: str
    sections: tuple[str, ...] = ()
    privacy: str = "PUBLIC"


FIRST_PEOPLE: Final = (
    (
        "alderandoat",
        "Alder & Oat",
        "BUSINESS",
        (
            BoardPlan("Home office ideas", "Desks, light, quiet corners to work in.", ("Desks", "Lighting")),
            BoardPlan("Small-space living", "Rooms that do more than one thing.", ("Storage", "Kitchens")),
            BoardPlan("Slow mornings", "Linen, porridge and the first light."),
            BoardPlan("Bookish corners", "Shelves, reading chairs and piles of books."),
            BoardPlan("Weekend baking", "Bread, buns and things with oats.", ("Bread", "Sweet", "With oats")),
            BoardPlan("House plants", "Green that survives us."),
            BoardPlan("Autumn catalogue drafts", "Not for everyone's eyes yet.", privacy="SECRET"),
        ),
    ),
    (
        "northlightstudio",
        "Northlight Studio",
        "BUSINESS",
        (
            BoardPlan("Ceramics", "Bowls, cups and glazes from the studio.", ("Glazes",)),
            BoardPlan("Print shop", "Lino, riso and letterpress."),
            BoardPlan("Studio days", "Behind the north window."),
        ),
    ),
)


def person(row: Row) -> Person:
    return Person(row["id"], row["username"], row["business_name"], row["account_type"], row["created_us"])


def everyone(store: Store) -> list[Person]:
    return [person(row) for row in store.all("SELECT * FROM people ORDER BY seq")]


def by_username(store: Store, username: str) -> Person | None:
    row = store.one("SELECT * FROM people WHERE username = ?", (username,))
    return person(row) if row else None


def by_id(store: Store, person_id: str) -> Person | None:
    row = store.one("SELECT * FROM people WHERE id = ?", (person_id,))
    return person(row) if row else None


def upsert(
    world: World, username: str, *, business_name: str | None = None, account_type: str | None = None
) -> Person:
    """Makes the person, or gives the existing one what is passed."""
    with world.store.write():
        known = by_username(world.store, username)
        if known is None:
            made = Person(new_id(), username, business_name, account_type or "BUSINESS", world.now_us())
            world.store.run(
                "INSERT INTO people (id, username, business_name, account_type, created_us) "
                "VALUES (?,?,?,?,?)",
                (made.id, made.username, made.business_name, made.account_type, made.created_us),
            )
            return made
        world.store.run(
            "UPDATE people SET business_name = ?, account_type = ? WHERE id = ?",
            (business_name or known.business_name, account_type or known.account_type, known.id),
        )
        return by_id(world.store, known.id) or known


def seed(world: World) -> None:
    """The two people a fresh simulator has, so that the consent page has someone to choose."""
    with world.store.write():
        for username, business_name, account_type, plans in FIRST_PEOPLE:
            someone = upsert(world, username, business_name=business_name, account_type=account_type)
            for plan in plans:
                board = boards.upsert(
                    world, someone.id, plan.name, description=plan.description, privacy=plan.privacy
                )
                for section in plan.sections:
                    boards.upsert_section(world.store, board.id, section)


def user_account(call: Call) -> Reply:
    store, me = call.world.store, call.person
    crowd = growth.crowd(me.id)
    return json_reply(
        {
            "id": me.id,
            "username": me.username,
            "account_type": me.account_type,
            "business_name": me.business_name,
            "about": f"{me.name}, living in PinSched's Pinterest simulator.",
            "profile_image": call.world.pictures.avatar_url(me.id),
            "website_url": f"https://{me.username.lower()}.example",
            "board_count": store.count("SELECT COUNT(*) FROM boards WHERE person_id = ?", (me.id,)),
            "pin_count": store.count("SELECT COUNT(*) FROM pins WHERE person_id = ?", (me.id,)),
            "follower_count": crowd.followers,
            "following_count": crowd.following,
            "monthly_views": crowd.monthly_views,
        }
    )
