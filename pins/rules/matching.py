"""Is a Pin that stands on Pinterest one that we sent? Decides from what was read; asks nobody.

Pinterest has no idempotency key: after a lost answer, words, picture and time are all there is to go by.
`judge` looks at all sent Pins of one board that nobody has explained yet and at all newcomers there at
once, because twins can only be told apart together.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias
from urllib.parse import urlsplit

# Pinterest's times have whole seconds, and clocks differ. More of that, once measured, is added (`before`).
BEFORE_SENT: Final = timedelta(minutes=2)
# Of 64 bits of the difference hash: recompressing and scaling a picture changes a few.
SAME_HASH: Final = 8
# Of 255, in each of red, green and blue: two plain pictures have the same hash.
SAME_COLOR: Final = 32


@dataclass(frozen=True)
class Words:
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""

    @cached_property
    def plain(self) -> Mapping[str, str]:
        """As compared: Pinterest trims, joins spaces, writes hosts its own way. Empty ones are left out."""
        texts = {"title": self.title, "description": self.description, "alt_text": self.alt_text}
        plain = {name: " ".join(unicodedata.normalize("NFC", text).split()) for name, text in texts.items()}
        return {name: text for name, text in (plain | {"link": _plain_link(self.link)}).items() if text}


@dataclass(frozen=True, slots=True)
class Picture:
    dhash: str  # 16 hex digits
    color: str  # #rrggbb


@dataclass(frozen=True, slots=True)
class Sent:
    """A Pin of ours whose call has left. `in_flight`: its answer may still come. `parent`: of a save, the Pin
    that is saved; its words may not be known. `before`: how much older it may look on Pinterest."""

    attempt: int
    words: Words
    picture: Picture
    sent_at: datetime
    in_flight: bool = False
    parent: str = ""
    before: timedelta = BEFORE_SENT

    def may_be(self, newcomer: Newcomer) -> bool:
        """By its time."""
        return newcomer.created_at is None or newcomer.created_at >= self.sent_at - self.before


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A Pin on the board that belongs to none of our rows. `created_at` None: Pinterest didn't say. `parent`:
    which Pin it was saved from, if it was."""

    id: str
    words: Words
    created_at: datetime | None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    newcomer: Newcomer


@dataclass(frozen=True, slots=True)
class Doubt:
    """This newcomer may be it, or not: a person must say."""

    newcomer: Newcomer


@dataclass(frozen=True, slots=True)
class Wait:
    """It can't be told just now: a twin of it is in flight, or this newcomer's picture couldn't be seen."""

    newcomer: Newcomer


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing on the board could be it."""


Verdict: TypeAlias = Found | Doubt | Wait | Absent
# What a newcomer's picture looks like; None when it can't be seen just now.
Look: TypeAlias = Callable[[Newcomer], Picture | None]


class Likeness(Enum):
    SAME = "same"
    PARTLY = "partly"
    OTHER = "other"


def compare(ours: Words, theirs: Words) -> Likeness:
    mine, shown = ours.plain, theirs.plain
    if "alt_text" not in shown:  # not every list carries it
        mine = {name: text for name, text in mine.items() if name != "alt_text"}
    if mine == shown:
        return Likeness.SAME
    shared = {name for name, text in mine.items() if shown.get(name) == text}
    return Likeness.PARTLY if shared else Likeness.OTHER


def alike(one: Picture, other: Picture) -> bool:
    if not one.dhash or not other.dhash:
        return False
    apart = (int(one.dhash, 16) ^ int(other.dhash, 16)).bit_count()
    return apart <= SAME_HASH and all(
        abs(a - b) <= SAME_COLOR for a, b in zip(_channels(one.color), _channels(other.color), strict=True)
    )


def judge(sent: Sequence[Sent], newcomers: Sequence[Newcomer], look: Look) -> dict[int, Verdict]:
    """What became of each sent Pin that isn't in flight, by its attempt.

    A save is known by the Pin that it saves; others by their words, and those with the same words are told
    apart by their pictures. True twins are interchangeable, so each newcomer is given to the one that was
    sent first.
    """
    verdicts: dict[int, Verdict] = {}
    strangers: list[Newcomer] = []
    unseen: dict[tuple[int, ...], tuple[list[Sent], list[Newcomer]]] = {}
    # After a restore a whole queue is looked for: not each of it is held against each newcomer.
    alike_by = defaultdict[Hashable, list[Sent]](list)
    for one in sent:
        alike_by[_looks(one)].append(one)
    for newcomer in sorted(newcomers, key=lambda one: (one.created_at is not None, one.created_at, one.id)):
        near = alike_by.get(_looks(newcomer), ())
        claimants = [one for one in near if one.may_be(newcomer) and _is_like(one, newcomer)]
        if _pictures_matter(claimants):
            seen = look(newcomer)
            if seen is None:
                key = tuple(one.attempt for one in claimants)
                unseen.setdefault(key, (claimants, []))[1].append(newcomer)
                continue
            claimants = [one for one in claimants if alike(one.picture, seen)]
        given = _give(claimants, newcomer, verdicts)
        if not claimants or (newcomer.parent and not given):
            strangers.append(newcomer)
    for claimants, alikes in unseen.values():
        _give_unseen(claimants, alikes, verdicts)
    for one in sent:
        if not one.in_flight and one.attempt not in verdicts:
            verdicts[one.attempt] = _without_a_match(one, strangers)
    return verdicts


def _looks(one: Sent | Newcomer) -> Hashable:
    """What two that are alike have in common. Alt texts aside: not every list carries them."""
    if one.parent:
        return one.parent
    return tuple(one.words.plain.get(name, "") for name in ("title", "description", "link"))


def _is_like(one: Sent, newcomer: Newcomer) -> bool:
    if one.parent or newcomer.parent:
        return one.parent == newcomer.parent
    return compare(one.words, newcomer.words) is Likeness.SAME


def _give(claimants: Sequence[Sent], newcomer: Newcomer, verdicts: dict[int, Verdict]) -> bool:
    """To the first one sent that has none yet; but the answer of a twin in flight may name this very Pin.

    False if each has one.
    """
    free = [one for one in claimants if not isinstance(verdicts.get(one.attempt), Found)]
    settled = sorted((one for one in free if not one.in_flight), key=lambda one: (one.sent_at, one.attempt))
    if any(one.in_flight for one in free):
        verdicts.update((one.attempt, Wait(newcomer)) for one in settled)
    elif settled:
        verdicts[settled[0].attempt] = Found(newcomer)
    return bool(free)


def _give_unseen(
    claimants: Sequence[Sent], newcomers: Sequence[Newcomer], verdicts: dict[int, Verdict]
) -> None:
    """Pictures that can't be seen don't matter where there are as many newcomers as Pins: all were made."""
    all_there = len(newcomers) >= len(claimants) and all(one.words.plain for one in claimants)
    for newcomer in newcomers:
        if all_there:
            _give(claimants, newcomer, verdicts)
    for one in claimants:
        if not one.in_flight:
            verdicts.setdefault(one.attempt, Wait(newcomers[0]))


def _pictures_matter(claimants: Sequence[Sent]) -> bool:
    """Do the words alone not tell which one it is?"""
    if not claimants:
        return False
    first, *others = claimants
    if first.parent:
        return False
    return not first.words.plain or any(not alike(first.picture, other.picture) for other in others)


def _without_a_match(one: Sent, strangers: Sequence[Newcomer]) -> Verdict:
    for newcomer in strangers:
        if one.may_be(newcomer) and _is_like_in_part(one, newcomer):
            return Doubt(newcomer)
    return Absent()


def _is_like_in_part(one: Sent, newcomer: Newcomer) -> bool:
    """The same words with another picture too, or none on either side: a picture alone proves no absence. Nor
    does another parent, as a save of a save may name either, or none where we don't know the words."""
    if one.parent and (newcomer.parent or not one.words.plain):
        return True
    return compare(one.words, newcomer.words) is not Likeness.OTHER


def _plain_link(link: str) -> str:
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return link.strip()
    if not host:
        return link.strip()
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def _channels(color: str) -> tuple[int, int, int]:
    try:
        return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
    except ValueError:
        return 0, 0, 0
