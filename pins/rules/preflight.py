"""What Pinterest would refuse, said while composing. Composer, CSV, API and worker all ask here.

`check_text` and `check_pin` return what must be put right; `warnings` what might be. `as_read` is what of a
text is stored and sent: nobody sees a difference, and no link that looks right leads elsewhere. No network:
whether a link answers is not known here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, TypeAlias

from accounts import unseen
from pins.rules import links

# Pinterest's limits, in code points.
TITLE_MAX: Final = 100
DESCRIPTION_MAX: Final = 800
LINK_MAX: Final = links.LONGEST
ALT_TEXT_MAX: Final = 500

MEDIA_MAX: Final = 5  # pictures in one Pin
LOOKS_RIGHT: Final = (600, 900)  # a smaller 2:3 cut of a picture looks soft

MediaStatus: TypeAlias = Literal["processing", "ready", "failed"]

_FIELDS: Final = (
    ("title", "title", TITLE_MAX),
    ("description", "description", DESCRIPTION_MAX),
    ("link", "link", LINK_MAX),
    ("alt_text", "alt text", ALT_TEXT_MAX),
)
_ONE_LINE: Final = frozenset({"title", "link"})
_LINE_BREAKS: Final = frozenset("\t\n\r")


class OnPinterest(Protocol):
    """A board or a section."""

    @property
    def vanished_at(self) -> datetime | None:
        """When it was missed there first."""


class OfAccount(Protocol):
    pk: int
    account_id: int


class OfBoard(Protocol):
    board_id: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: the field it belongs to, a code for programs, a sentence for people."""

    field: str
    code: str
    message: str


def check_text(*, title: str, description: str, link: str, alt_text: str) -> list[Problem]:
    """What Pinterest would refuse of the words. Empty words are fine: Pinterest asks for none."""
    texts = as_read({"title": title, "description": description, "link": link, "alt_text": alt_text})
    problems: list[Problem] = []
    for field, name, limit in _FIELDS:
        unreadable = list(_unreadable(field, name, texts[field]))
        problems += [*unreadable, *_too_long(field, name, texts[field], limit)]
        if field == "link" and texts[field] and not unreadable:
            problems += [Problem(field, *wrong)] if (wrong := links.problem(texts[field][:LINK_MAX])) else []
    return problems


def as_read(texts: Mapping[str, str]) -> dict[str, str]:
    """By field: without what cannot be seen, where the text doesn't need it and nothing else is read then."""
    return {
        field: links.mended(text) if field == "link" else unseen.without(text)
        for field, text in texts.items()
    }


def check_pin(
    *,
    title: str,
    description: str,
    link: str,
    alt_text: str,
    board: OnPinterest | None,
    section: OnPinterest | None = None,
    media: Sequence[MediaStatus],
) -> list[Problem]:
    """What stands between a Pin and its time slot: its words, its board and its pictures."""
    return [
        *check_text(title=title, description=description, link=link, alt_text=alt_text),
        *check_board(board),
        *check_media(media),
        *check_section(section),
    ]


def is_web_address(link: str) -> bool:
    """Whether a page may lead there: drafts and Pins of others hold whatever somebody typed."""
    return links.parts(link) is not None


def check_board(board: OnPinterest | None) -> list[Problem]:
    if board is None:
        return [Problem("board", "no_board", "Choose a board.")]
    if board.vanished_at is not None:
        message = "This board is no longer on Pinterest. Choose another one."
        return [Problem("board", "board_vanished", message)]
    return []


def check_section(section: OnPinterest | None) -> list[Problem]:
    if section is None or section.vanished_at is None:
        return []
    message = "This section is no longer on Pinterest. Choose another one."
    return [Problem("section", "section_vanished", message)]


def misplaced(account: int | None, board: OfAccount | None, section: OfBoard | None) -> list[Problem]:
    """Whether an account (by its key), a board and a section belong together."""
    if board is not None and board.account_id != account:
        message = "This board belongs to another account. Choose one of this account."
        return [Problem("board", "other_account", message)]
    if section is not None and (board is None or section.board_id != board.pk):
        message = "This section belongs to another board. Choose one of this board."
        return [Problem("section", "other_board", message)]
    return []


def check_media(media: Sequence[MediaStatus]) -> list[Problem]:
    """Pictures may still be processing: publishing waits for them."""
    if not media:
        return [Problem("media", "no_media", "Add a picture.")]
    problems = []
    if over := max(0, len(media) - MEDIA_MAX):
        message = f"Remove {_some(over, 'picture')}. A Pin holds up to {MEDIA_MAX}."
        problems.append(Problem("media", "too_many_media", message))
    if failed := media.count("failed"):
        message = f"Replace {_some(failed, 'picture')} that could not be prepared."
        problems.append(Problem("media", "media_failed", message))
    return problems


def warnings(
    *, title: str, description: str, link: str, alt_text: str, sizes: Sequence[tuple[int, int]] = ()
) -> list[Problem]:
    """What Pinterest takes, but works less well. `sizes` are the pictures' own, as shown."""
    missing = (
        (title, "title", "no_title", "Without a title, fewer searches find this Pin."),
        (
            description,
            "description",
            "no_description",
            "Without a description, fewer searches find this Pin.",
        ),
        (link, "link", "no_link", "Without a link, this Pin leads nowhere."),
        (
            alt_text,
            "alt_text",
            "no_alt_text",
            "Without alt text, a screen reader has no words for the picture.",
        ),
    )
    found = [Problem(field, code, message) for text, field, code, message in missing if not text.strip()]
    return found + [_soft(width, height) for width, height in sizes if _is_soft(width, height)]


# Words


def _unreadable(field: str, name: str, text: str) -> Iterator[Problem]:
    if any(unicodedata.category(char) == "Cs" for char in set(text)):
        message = f"The {name} has a broken character, often half of an emoji. Type it again."
        yield Problem(field, "broken_character", message)
    controls = {char for char in set(text) if unicodedata.category(char) == "Cc"}
    if controls - _LINE_BREAKS:
        message = f"The {name} has an invisible control character. Type it again, or paste it as plain text."
        yield Problem(field, "control_character", message)
    elif controls and field in _ONE_LINE:
        yield Problem(field, "line_break", f"The {name} has a line break or a tab. Put it on one line.")

    elif field != "link" and (at := unseen.turning(text)) >= 0:
        where = unseen.place(text, at)
        message = f"The {name} has {unseen.named(text[at])} {where}, which turns letters around. Remove it."
        yield Problem(field, "unseen_character", message)


def _too_long(field: str, name: str, text: str, limit: int) -> Iterator[Problem]:
    if over := max(0, len(text) - limit):
        yield Problem(field, "too_long", f"Shorten the {name} by {_some(over, 'character')}.")


# Pictures


def _is_soft(width: int, height: int) -> bool:
    """Whether the largest 2:3 cut is smaller than what looks right on Pinterest."""
    return min(width * 3, height * 2) < LOOKS_RIGHT[0] * 3


def _soft(width: int, height: int) -> Problem:
    wide, high = LOOKS_RIGHT
    message = (
        f"The picture has {width} x {height} pixels and may look soft. From {wide} x {high} it looks right."
    )
    return Problem("media", "small_picture", message)


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
