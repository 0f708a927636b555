"""Characters that nobody sees: which of them a text needs, and what the others are called. Pure.

Pasted words bring them along from web pages, PDFs and chats. Some scripts and emoji are written with them: a
Persian word with a non-joiner, a family of three emoji. Anywhere else they only make what is different look
the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# What is drawn as nothing, as Unicode lists it ("default ignorable"), and the marks of annotations.
UNSEEN: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff"
)
# What is drawn as a gap. Inside a text it is kept, as French and Japanese are written with some.
BLANK: Final = (
    " \t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\u2800\u3164\uffa0"
)
_UNSEEN: Final = re.compile(f"[{UNSEEN}]")

ZWSP: Final = "\u200b"
_FILLERS: Final = "\u115f\u1160"  # where a syllable of Hangul lacks a part
_JOINERS: Final = "\u200c\u200d"
# They turn the letters after them around: taken out, others would be read. An override does it in any text.
_OVERRIDES: Final = frozenset("\u202d\u202e")
_TURNING: Final = _OVERRIDES | frozenset("\u202b\u2067")
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")

# Scripts whose letters change their shape by a joiner: Arabic, Syriac, N'Ko, those of India and near it.
_SHAPED: Final = re.compile(
    "[\u0600-\u07ff\u0840-\u0fff\u1000-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\ua82f\ua880-\ua8ff\ua930-\ua9ff"
    "\uaa00-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefe\U00010a00-\U00010a5f\U00010d00-\U00010d3f"
    "\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
# Scripts without blanks between words: a line may break where a zero-width space stands.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u1aaf\u3040-\u30ff\u3400-\u9fff\ua980-\ua9ff\uaa60-\uaa7f"
    "\U00020000-\U0003ffff]"
)
_LOOKS: Final = frozenset("0123456789#*")  # of keys; and of what else a selector chooses the look
_WITH_LOOKS: Final = frozenset(("Lo", "Nd", "No", "Po", "Sm", "So"))
_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f")  # of Scotland, say
_NAMES: Final = {
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\ufeff": "byte order mark",
    "\t": "tab",
    "\n": "line break",
    "\r": "line break",
}
_SHOWN: Final = 20  # characters that say where one stands


def without(text: str, *, marks: bool = True) -> str:
    """The text as it is read: without blanks at its ends, and without unseen characters that it doesn't need.

    Line separators become line breaks. What would read differently without it stays, for `turning` to find. A
    text that is written from right to left keeps its marks of direction, unless `marks` is False.
    """
    text = in_lines(text)
    if _UNSEEN.search(text) is not None:
        text = "".join(_kept(text, marks and is_right_to_left(text)))
    return text.strip(BLANK)


def in_lines(text: str) -> str:
    """With line breaks for the separators of lines and paragraphs."""
    return re.sub("[\u2028\u2029]", "\n", text)


def _kept(text: str, marks: bool) -> Iterator[str]:
    flags, before, behind = _flags(text), "", _behind(text)
    for at, char in enumerate(text):
        if (
            not _UNSEEN.match(char)
            or at in flags
            or char in _TURNING
            or (marks and char in _DIRECTIONS)
            or _is_needed(char, before, behind[at])
        ):
            yield (before := char)


def _behind(text: str) -> dict[int, str]:
    """For each unseen character the next one that stays for certain: unseen ones may go themselves."""
    found: dict[int, str] = {}
    for at in reversed([each.start() for each in _UNSEEN.finditer(text)]):
        found[at] = found.get(at + 1, text[at + 1 : at + 2])
    return found


def _flags(text: str) -> set[int]:
    """Where letters stand that are drawn as a flag together."""
    return {at for flag in _FLAG.finditer(text) for at in range(flag.start() + 1, flag.end())}


def turning(text: str) -> int:
    """Where a character stands that turns others around without being seen; -1 if none does."""
    wanted = _OVERRIDES if is_right_to_left(text) else _TURNING
    return next((at for at, char in enumerate(text) if char in wanted), -1)


def turning_in(text: str) -> str:
    """Those alone."""
    return "".join(char for char in text if char in _TURNING)


def without_turning(text: str) -> str:
    """At the end of a text they turn nothing."""
    return "".join(char for char in text if char not in _TURNING)


def first(text: str) -> int:
    """Where an unseen character stands that the text has no need of; -1 if none does."""
    flags, behind = _flags(text), _behind(text)
    for found in _UNSEEN.finditer(text):
        at = found.start()
        if at not in flags and not _is_needed(found[0], text[max(0, at - 1) : at], behind[at]):
            return at
    return -1


def named(char: str) -> str:
    """ "a zero-width space (U+200B)" """
    known = _NAMES.get(char) or unicodedata.name(char, "unseen character").lower()
    name = known.replace("zero width", "zero-width")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(char):04X})"


def place(text: str, at: int, *, between: str = r"\s") -> str:
    """ "after “page”": where it stands, by the word before it, which ends at one of `between`."""
    before = _UNSEEN.sub("", text[:at])
    word = (re.split(f"[{between}]", before)[-1] or before)[-_SHOWN:].strip()
    return f"after “{word}”" if word else "at the beginning"


def is_right_to_left(text: str) -> bool:
    """Whether it has a letter of a script that is written so."""
    return not text.isascii() and any(
        char not in _DIRECTIONS and unicodedata.bidirectional(char) in ("R", "AL") for char in text
    )


def _is_needed(char: str, before: str, after: str) -> bool:
    """By what is drawn before it (of what was kept) and stands behind it."""
    if char in _JOINERS:
        shapes = bool(_SHAPED.match(before) or _SHAPED.match(after))
        return shapes or (char == "\u200d" and _is_drawn(before) and _is_drawn(after))
    if char == ZWSP:
        return bool(_UNSPACED.match(before) and _UNSPACED.match(after))
    if "\ufe00" <= char <= "\ufe0f":
        return before in _LOOKS or (not before.isascii() and unicodedata.category(before) in _WITH_LOOKS)
    if "\U000e0100" <= char <= "\U000e01ef":
        return "\u3400" <= before <= "\U0003ffff" and unicodedata.category(before) == "Lo"
    if char == "\u034f":
        return bool(after) and unicodedata.combining(after) > 0
    return _is_of(char, before, after)


def _is_of(char: str, before: str, after: str) -> bool:
    """Marks that belong to one script alone: Hangul, Khmer, Mongolian."""
    if char in _FILLERS:
        return any("\u1100" <= beside <= "\u11ff" and beside not in _FILLERS for beside in (before, after))
    if char in "\u17b4\u17b5":
        return "\u1780" <= before <= "\u17ff"
    return "\u180b" <= char <= "\u180f" and "\u1800" <= before <= "\u18af"


def _is_drawn(char: str) -> bool:
    """A part of an emoji: a picture, its skin, its look."""
    return char == "\ufe0f" or (char != "" and unicodedata.category(char) in ("So", "Sk"))
