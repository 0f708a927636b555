"""The Pins of a chaos run: some with words of their own, some that share words, identical ones, wordless;
saves of somebody's Pins, once or several times; and a burst of one account.

Each is known by what Pinterest keeps of it, so that the verdict needs no bookkeeping of ours.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.models import Board, PinterestAccount, Workspace
from pins.compose import drafts
from pins.models import Media
from pins.schedule import queue
from tests.support import crowd
from tests.support.simulated import Simulator

PICTURES: Final = 12
NOTICE: Final = timedelta(seconds=20)  # from now to the first Pin: time to write them all down
BURST_AT: Final = 0.4  # of the time between the first and the last Pin

SOMEBODY: Final = "somebody"  # whose Pins are saved
SOURCES: Final = 4
AGE: Final = timedelta(days=90)

# What Pinterest shows of a Pin: person, board, section, title, description, link, alt text, picture, parent.
Likeness = tuple[str, str, str, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """One Pin that must be on Pinterest once, at its time."""

    pk: int
    likeness: Likeness
    publish_at: datetime


@dataclass(frozen=True, slots=True)
class Cast:
    """`leader` is the account whose Pins are due together at `burst_at`."""

    wishes: list[Wish]
    leader: PinterestAccount
    burst_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Words, place and picture, before there is a Pin. Of a save the words and picture are the parent's."""

    board: Board
    section: int  # 0 is none
    words: dict[str, Any]
    picture: Media | None
    sha256: str
    parent: str = ""


def likeness_on_pinterest(pin: Mapping[str, Any]) -> Likeness:
    """Of a Pin as the simulator's control API tells it."""
    words = ("title", "description", "link", "alt_text")
    names = ("username", "board_id", "board_section_id", *words, "sha256", "parent_pin_id")
    a, b, c, d, e, f, g, h, i = (str(pin[name] or "") for name in names)
    return (a, b, c, d, e, f, g, h, i)


def write(
    workspace: Workspace,
    pinterest: Simulator,
    *,
    accounts: int,
    pins: int,
    burst: int,
    minutes: float,
    dice: random.Random,
) -> Cast:
    """Accounts, pictures and scheduled Pins; due within so many minutes from NOTICE on. So many
    more, of one account, are due together."""
    connected = crowd.make_accounts(workspace, pinterest, accounts)
    pictures = [
        (picture, hashlib.sha256(crowd.sent_bytes(picture)).hexdigest())
        for picture in crowd.make_pictures(workspace, PICTURES, grain=0)
    ]
    sources = _sources(pinterest)
    begin = timezone.now() + NOTICE
    wishes: list[Wish] = []
    for n, account in enumerate(connected):
        share = pins // accounts + (n < pins % accounts)
        looks = _looks(account, pictures, sources, share, dice)
        times = [begin + timedelta(minutes=minutes * dice.random()) for _ in looks]
        for m in range(1, share):  # of identical Pins some are due together, so that both are in flight
            if looks[m] is looks[m - 1] and dice.random() < 0.6:
                times[m] = times[m - 1] + dice.choice((timedelta(0), timedelta(seconds=1)))
        wishes += [_write(workspace, account, look, at) for look, at in zip(looks, times, strict=True)]
    leader, burst_at = dice.choice(connected), begin + BURST_AT * timedelta(minutes=minutes)
    for n in range(burst):
        look = _own(f"{n} of the burst", leader.boards.order_by("name")[0], 0, dice.choice(pictures))
        wishes.append(_write(workspace, leader, look, burst_at))
    return Cast(wishes, leader, burst_at)


def _sources(pinterest: Simulator) -> list[Mapping[str, Any]]:
    """Public Pins, two of which say the same."""
    made = (timezone.now() - AGE).isoformat()
    plans = [{"board": "Cloth", "title": f"Linen {n // 2}", "created_at": made} for n in range(SOURCES)]
    pinterest.person(SOMEBODY, boards=[{"name": "Cloth"}], pins=plans)
    return [pin for pin in pinterest.pins() if pin["username"] == SOMEBODY]


def _looks(
    account: PinterestAccount,
    pictures: list[tuple[Media, str]],
    sources: list[Mapping[str, Any]],
    number: int,
    dice: random.Random,
) -> list[Look]:
    """Of 20, 11 are unlike any other, 4 share their words, 2 have none, 2 are saves, half of these twice or
    more, and of the rest are two or three."""
    boards = list(account.boards.order_by("name"))
    looks: list[Look] = []
    while len(looks) < number:
        n, draw, board = len(looks), dice.random(), dice.choice(boards)
        section = dice.randrange(3) if board.sections.exists() else 0
        picture = dice.choice(pictures)
        if draw < 0.55:
            looks.append(_own(f"{n} of {account.username}", board, section, picture))
        elif draw < 0.75:
            shared = {"title": "Desk of the week", "link": "https://alderandoat.example/"}
            looks.append(Look(board, section, shared, *picture))
        elif draw < 0.85:
            looks.append(Look(board, section, {}, *picture))
        elif draw < 0.95:
            looks += [_save(board, section, dice.choice(sources))] * dice.choice((1, 1, 2, 3))
        else:
            same = {"title": f"Lamp {n}", "description": "The same lamp again."}
            looks += [Look(board, section, same, *picture)] * dice.choice((2, 3))
    return looks[:number]


def _own(which: str, board: Board, section: int, picture: tuple[Media, str]) -> Look:
    """Like no other."""
    words = {
        "title": f"Vase no. {which}",
        "description": f"Glazed in kiln {which}.",
        "alt_text": "A vase",
        "link": f"https://alderandoat.example/{which.replace(' ', '-')}",
    }
    return Look(board, section, words, *picture)


def _save(board: Board, section: int, source: Mapping[str, Any]) -> Look:
    words = {name: source[name] or "" for name in ("title", "description", "link", "alt_text")}
    return Look(board, section, words, None, source["sha256"] or "", source["id"])


def _write(workspace: Workspace, account: PinterestAccount, look: Look, at: datetime) -> Wish:
    section = list(look.board.sections.order_by("name"))[look.section - 1] if look.section else None
    content = drafts.Content(account=account, board=look.board, section=section)
    pin = queue.create(
        workspace,
        content=content if look.parent else replace(content, **look.words),
        media=[look.picture] if look.picture else (),
        user=None,
        at=at,
        now=timezone.now(),
        parent=look.parent,
    )
    words = (look.words.get(name, "") for name in ("title", "description", "link", "alt_text"))
    title, description, link, alt_text = words
    likeness = (
        account.username,
        look.board.pinterest_id,
        section.pinterest_id if section else "",
        title,
        description,
        link,
        alt_text,
        look.sha256,
        look.parent,
    )
    return Wish(pin.pk, likeness, at)
