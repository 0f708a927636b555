"""The Pins of a chaos run: some with words of their own, some that share words, identical ones, wordless.

Each is known by what Pinterest keeps of it, so that the verdict needs no bookkeeping of ours.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.models import Board, PinterestAccount, Workspace
from pins import compose, schedule
from pins.models import Media
from tests import crowd
from tests.simulated import Simulator

PICTURES: Final = 12
NOTICE: Final = timedelta(seconds=20)  # from now to the first Pin: time to write them all down

# What Pinterest shows of a Pin: person, board, section, title, description, link, alt text, picture.
Likeness = tuple[str, str, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """One Pin that must be on Pinterest once, at its time."""

    pk: int
    likeness: Likeness
    publish_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Words, place and picture, before there is a Pin."""

    board: Board
    section: int  # 0 is none
    words: dict[str, str]
    picture: Media


def likeness_on_pinterest(pin: Mapping[str, Any]) -> Likeness:
    """Of a Pin as the simulator's control API tells it."""
    names = ("username", "board_id", "board_section_id", "title", "description", "link", "alt_text", "sha256")
    first, *rest = (str(pin[name] or "") for name in names)
    a, b, c, d, e, f, g = rest
    return (first, a, b, c, d, e, f, g)


def write(
    workspace: Workspace,
    pinterest: Simulator,
    *,
    accounts: int,
    pins: int,
    minutes: float,
    dice: random.Random,
) -> list[Wish]:
    """Accounts, pictures and scheduled Pins; due within so many minutes from NOTICE on."""
    connected = crowd.make_accounts(workspace, pinterest, accounts)
    pictures = crowd.make_pictures(workspace, PICTURES, grain=0)
    hashes = {picture.pk: hashlib.sha256(crowd.sent_bytes(picture)).hexdigest() for picture in pictures}
    begin = timezone.now() + NOTICE
    wishes: list[Wish] = []
    for n, account in enumerate(connected):
        share = pins // accounts + (n < pins % accounts)
        looks = _looks(account, pictures, share, dice)
        times = [begin + timedelta(minutes=minutes * dice.random()) for _ in looks]
        for m in range(1, share):  # of identical Pins some are due together, so that both are in flight
            if looks[m] is looks[m - 1] and dice.random() < 0.6:
                times[m] = times[m - 1] + dice.choice((timedelta(0), timedelta(seconds=1)))
        wishes += [
            _write(workspace, account, look, at, hashes) for look, at in zip(looks, times, strict=True)
        ]
    return wishes


def _looks(account: PinterestAccount, pictures: list[Media], number: int, dice: random.Random) -> list[Look]:
    """6 of 10 are unlike any other, 2 share their words, 1 has none, and of the rest are two or three."""
    boards = list(account.boards.order_by("name"))
    looks: list[Look] = []
    while len(looks) < number:
        n, draw, board = len(looks), dice.random(), dice.choice(boards)
        section = dice.randrange(3) if board.sections.exists() else 0
        picture = dice.choice(pictures)
        if draw < 0.6:
            own = {
                "title": f"Vase no. {n} of {account.username}",
                "description": f"Glazed in kiln {n}.",
                "alt_text": "A vase",
            }
            looks.append(Look(board, section, own | {"link": f"https://alderandoat.example/{n}"}, picture))
        elif draw < 0.8:
            looks.append(
                Look(
                    board,
                    section,
                    {"title": "Desk of the week", "link": "https://alderandoat.example/"},
                    picture,
                )
            )
        elif draw < 0.9:
            looks.append(Look(board, section, {}, picture))
        else:
            same = Look(
                board, section, {"title": f"Lamp {n}", "description": "The same lamp again."}, picture
            )
            looks += [same] * dice.choice((2, 3))
    return looks[:number]


def _write(
    workspace: Workspace, account: PinterestAccount, look: Look, at: datetime, hashes: Mapping[int, str]
) -> Wish:
    section = list(look.board.sections.order_by("name"))[look.section - 1] if look.section else None
    content = compose.Content(account=account, board=look.board, section=section, **look.words)
    now = timezone.now()
    pin = schedule.create(workspace, content=content, media=[look.picture], user=None, at=at, now=now)
    likeness = (
        account.username,
        look.board.pinterest_id,
        section.pinterest_id if section else "",
        pin.title,
        pin.description,
        pin.link,
        pin.alt_text,
        hashes[look.picture.pk],
    )
    return Wish(pin.pk, likeness, at)
