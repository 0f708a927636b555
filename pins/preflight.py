"""What Pinterest would refuse, said while composing. Composer, CSV, API and worker all ask here.

`check_text` and `check_pin` return what must be put right; `warnings` what might be. No network: whether a
link answers is not known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, urlsplit

# Pinterest's limits, in code points.
TITLE_MAX: Final = 100
DESCRIPTION_MAX: Final = 800
LINK_MAX: Final = 2048
ALT_TEXT_MAX: Final = 500

MEDIA_MAX: Final = 5  # pictures in one Pin
LOOKS_RIGHT: Final = (600, 900)  # a smaller 2:3 cut of a picture looks soft

MediaStatus: TypeAlias = Literal["processing", "ready", "failed"]

# Pinterest treats links through these as spam.
# fmt: off
SHORTENERS: Final = frozenset({
    "adf.ly", "bc.vc", "bit.do", "bit.ly", "bl.ink", "buff.ly", "clck.ru", "cutt.ly", "goo.gl", "is.gd",
    "j.mp", "lnkd.in", "ouo.io", "ow.ly", "q.gs", "rb.gy", "rebrand.ly", "s.id", "shorte.st",
    "shorturl.at", "soo.gd", "t.co", "t.ly", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im", "v.gd",
    "x.co",
})
# fmt: on
_MOST_LABELS: Final = max(name.count(".") + 1 for name in SHORTENERS)

_FIELDS: Final = (
    ("title", "title", TITLE_MAX),
    ("description", "description", DESCRIPTION_MAX),
    ("link", "link", LINK_MAX),
    ("alt_text", "alt text", ALT_TEXT_MAX),
)
_ONE_LINE: Final = frozenset({"title", "link"})
_LINE_BREAKS: Final = frozenset("\t\n\r")
_HOST: Final = re.compile(r"[^\s.:/?#@%<>\"'(),;^`{|}\\]{1,63}(\.[^\s.:/?#@%<>\"'(),;^`{|}\\]{1,63})*\.?")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: the field it belongs to, a code for programs, a sentence for people."""

    field: str
    code: str
    message: str


def check_text(*, title: str, description: str, link: str, alt_text: str) -> list[Problem]:
    """What Pinterest would refuse of the words. Empty words are fine: Pinterest asks for none."""
    texts = {"title": title, "description": description, "link": link, "alt_text": alt_text}
    problems: list[Problem] = []
    for field, name, limit in _FIELDS:
        unreadable = list(_unreadable(field, name, texts[field]))
        problems += [*unreadable, *_too_long(field, name, texts[field], limit)]
        if field == "link" and link and not unreadable:
            problems += _bad_link(link[:LINK_MAX])
    return problems


def check_pin(
    *,
    title: str,
    description: str,
    link: str,
    alt_text: str,
    has_board: bool,
    board_vanished: bool = False,
    media: Sequence[MediaStatus],
) -> list[Problem]:
    """What stands between a Pin and its time slot: its words, its board and its pictures."""
    return [
        *check_text(title=title, description=description, link=link, alt_text=alt_text),
        *check_board(has_board=has_board, vanished=board_vanished),
        *check_media(media),
    ]


def is_web_address(link: str) -> bool:
    """Whether a page may lead there: drafts and Pins of others hold whatever somebody typed."""
    parts = _split(link)
    return parts is not None and bool(parts.hostname)


def check_board(*, has_board: bool, vanished: bool = False) -> list[Problem]:
    if not has_board:
        return [Problem("board", "no_board", "Choose a board.")]
    if vanished:
        message = "This board is no longer on Pinterest. Choose another one."
        return [Problem("board", "board_vanished", message)]
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


def _too_long(field: str, name: str, text: str, limit: int) -> Iterator[Problem]:
    if over := max(0, len(text) - limit):
        yield Problem(field, "too_long", f"Shorten the {name} by {_some(over, 'character')}.")


# Links


def _bad_link(link: str) -> Iterator[Problem]:
    if re.search(r"\s", link):
        yield Problem("link", "link_blank", "The link has a blank in it. Remove it, or write it as %20.")
        return
    parts = _split(link)
    if parts is None or not parts.hostname:
        message = "This is not a complete web address. It looks like https://example.com/page."
        yield Problem("link", "link_incomplete", message)
    elif parts.username is not None or parts.password is not None:
        message = "The link has a user name or password in it, which everyone would see. Remove it."
        yield Problem("link", "link_credentials", message)
    elif shortener := _shortener(parts.hostname):
        message = f"Pinterest blocks links shortened by {shortener} as spam. Use the page's full address."
        yield Problem("link", "link_shortener", message)


def _split(link: str) -> SplitResult | None:
    """The parts of an http(s) address with a host and a port that make sense; browsers read \\ as /.

    None of a longer one than Pinterest takes: taking it apart puts accents in order, which takes the square
    of their number.
    """
    if len(link) > LINK_MAX:
        return None
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        sensible = parts.port != 0 and parts.scheme in ("http", "https") and "\\" not in link
    except ValueError:
        return None
    return parts if sensible and ("[" in parts.netloc or _HOST.fullmatch(host)) else None


def _shortener(host: str) -> str | None:
    labels = unicodedata.normalize("NFKC", host).lower().rstrip(".").split(".")
    ends = (".".join(labels[-count:]) for count in range(1, _MOST_LABELS + 1))
    return next((name for name in ends if name in SHORTENERS), None)


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
