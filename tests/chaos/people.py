"""What people do meanwhile: they change and delete Pins that are on Pinterest already."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from accounts.health import AccountUnusable
from accounts.models import PinterestAccount, Workspace
from accounts.pinterest.errors import PinterestError
from pins.live import changes, library
from pins.models import LiveChange, LiveState, Origin, Pin, Status
from tests.support import factories
from tests.support.simulated import Simulator

READ_EVERY: Final = 2.0  # seconds between two readings of some account's library
AGE: Final = timedelta(days=3)  # of the Pins that are there before it begins
REFUSED_FOR_CERTAIN: Final = range(400, 500)
LOOKED: Final = (200, 404)  # answers to a reading that tell what became of the Pin


@dataclass(frozen=True, slots=True)
class LiveWish:
    """What is to become of a Pin that is on Pinterest, asked for at so many seconds; no words: its end."""

    at: float
    pk: int
    pinterest_id: str
    words: Mapping[str, str]

    @property
    def path(self) -> str:
        return f"/v5/pins/{self.pinterest_id}"

    def __str__(self) -> str:
        asked = [
            f"{c.kind} {c.state}({c.code or c.http_status or ''})"
            for c in LiveChange.objects.filter(pin=self.pk)
        ]
        return f"Pin {self.pk} ({self.pinterest_id}): {', '.join(asked) or 'nothing asked'}"


@dataclass
class People:
    wishes: list[LiveWish]
    accounts: Sequence[PinterestAccount]
    waiting: list[LiveWish] = field(default_factory=list)
    libraries: int = 0  # read to their end
    anew: int | None = None  # the number of the last call before a backup was restored

    def __post_init__(self) -> None:
        self.waiting = sorted(self.wishes, key=lambda wish: wish.at)
        self._next_reading = READ_EVERY
        self._turn = cycle(self.accounts)

    def act(self, elapsed: float) -> None:
        """Ask for what is due. While the database is away they try again, as people do."""
        while self.waiting and self.waiting[0].at <= elapsed:
            try:
                _ask(self.waiting[0])
            except DatabaseError:
                connections.close_all()
                return
            self.waiting.pop(0)

    def ask_anew(self, last_call: int) -> None:
        """After a restore: what was asked for since the backup, the product has forgotten."""
        self.waiting, self.anew = sorted(self.wishes, key=lambda wish: wish.at), last_call

    def read_a_library(self, elapsed: float) -> None:
        """Once a day is too seldom to meet a Pin whose answer was lost."""
        if elapsed < self._next_reading:
            return
        self._next_reading = elapsed + READ_EVERY
        try:
            library.sync(next(self._turn))
            self.libraries += 1
        except DatabaseError:
            connections.close_all()
        except (AccountUnusable, PinterestError):
            return

    def finds(self) -> int:
        return Pin.objects.filter(origin=Origin.FOUND).count()

    # What came of it ---------------------------------------------------------------------------------------

    def others(self, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Pins and calls that have nothing to do with these wishes."""
        ids, paths = ({getattr(wish, name) for wish in self.wishes} for name in ("pinterest_id", "path"))
        return [row for row in rows if row.get("id") not in ids and row.get("path") not in paths]

    def undone(self, live_pins: Iterable[Mapping[str, Any]]) -> list[str]:
        """Not as wished, on Pinterest or with us."""
        there = {pin["id"]: pin for pin in live_pins}
        here = Pin.objects.in_bulk([wish.pk for wish in self.wishes])
        return [
            f"{wish}; wanted {dict(wish.words) or 'its end'}, here {_said(here[wish.pk])}, "
            f"there {there.get(wish.pinterest_id, 'nothing')}"
            for wish in self.wishes
            if not _fulfilled(wish, here, there)
        ]

    def waits(self) -> list[float]:
        """Seconds from asking to done, sorted."""
        done = LiveChange.objects.filter(pin__in=[wish.pk for wish in self.wishes], state=LiveState.DONE)
        return sorted((c.settled_at - c.created_at).total_seconds() for c in done if c.settled_at)

    def blind(self, calls: Iterable[Mapping[str, Any]]) -> list[str]:
        """Sent again though what became of the call before was never looked up."""
        wishes = {wish.path: wish for wish in self.wishes}
        in_doubt: set[str] = set()
        found, restored = [], self.anew is None
        for call in calls:
            if not restored and self.anew is not None and call["seq"] > self.anew:
                restored = True
                in_doubt.clear()  # nobody can know any more what was sent
            if (wish := wishes.get(call["path"])) is None:
                continue
            if call["method"] == "GET":
                if call["status"] in LOOKED:
                    in_doubt.discard(wish.path)
                continue
            if wish.path in in_doubt:
                found.append(str(wish))
            if call["status"] not in REFUSED_FOR_CERTAIN:
                in_doubt.add(wish.path)
        return found


def write(
    workspace: Workspace, pinterest: Simulator, *, changes: int, begin: float, end: float, dice: random.Random
) -> People:
    """Pins that were posted days ago; between `begin` and `end` two of three shall change, the third go."""
    accounts = list(PinterestAccount.objects.filter(workspace=workspace).order_by("pk"))
    wishes = []
    for n in range(changes):
        account = accounts[n % len(accounts)]
        pin = _posted(workspace, pinterest, account, f"An old bowl, no. {n}")
        new = {"title": f"A bowl, no. {n}", "description": f"Glazed anew in kiln {n}."}
        words = {} if n % 3 == 2 else new
        wishes.append(LiveWish(dice.uniform(begin, end), pin.pk, pin.pinterest_id, words))
    return People(wishes, accounts)


def _posted(workspace: Workspace, pinterest: Simulator, account: PinterestAccount, title: str) -> Pin:
    board = account.boards.order_by("name")[0]
    plan = {"board": board.name, "title": title, "created_at": (timezone.now() - AGE).isoformat()}
    (made,) = pinterest.person(account.username, pins=[plan])["pins"]
    return factories.make_pin(
        workspace,
        account,
        status=Status.PUBLISHED,
        publish_at=timezone.now() - AGE,
        board=board,
        title=title,
        link="",
        pinterest_id=made["id"],
    )


def _ask(wish: LiveWish) -> None:
    if LiveChange.objects.filter(pin=wish.pk).exists():  # an answer of the database was lost, the wish wasn't
        return
    pin, now = Pin.objects.get(pk=wish.pk), timezone.now()
    if wish.words:
        changes.change(pin, given=wish.words, user=None, now=now)
    else:
        changes.delete(pin, user=None, now=now)


def _said(pin: Pin) -> str:
    return f"{pin.status} “{pin.title}” “{pin.description}”, changed {pin.updated_at}"


def _fulfilled(wish: LiveWish, here: Mapping[int, Pin], there: Mapping[str, Mapping[str, Any]]) -> bool:
    ours, theirs = here[wish.pk], there.get(wish.pinterest_id)
    if not wish.words:
        return theirs is None and ours.status == Status.DELETED
    return theirs is not None and all(
        getattr(ours, name) == word == theirs[name] for name, word in wish.words.items()
    )
