"""What nobody sees is taken out of texts, and what emoji and scripts are written with is not."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts import unseen

NEEDED = [
    "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",  # a family
    "\N{WAVING WHITE FLAG}\ufe0f\u200d\N{RAINBOW}",
    "\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\u200d\N{ROCKET}",
    "\N{WAVING BLACK FLAG}\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
    "1\ufe0f\u20e3 \N{HEAVY BLACK HEART}\ufe0f \N{COPYRIGHT SIGN}\ufe0e",
    "می\u200cخواهم",  # Persian: two halves that don't join
    "ه\u200d",  # the letter as it begins a word
    "क्\u200dष र\u200dक",  # Devanagari
    "ශ්\u200dරී",  # Sinhala
    "ไทย\u200bไทย",  # Thai, where a line may break
    "葛\U000e0100",  # which of two shapes
    "שלום C++\u200e (2026)\u200e",
    "Prix\u00a0: 10\u202f€",  # French
    "東京\u3000大阪",  # a Japanese blank
    "Ünïcödé – “quotes” …",
]
NEEDLESS = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u200e",
    "\u061c",
    "\u2066",
    "\u2069",
    "\u202c",
    "\ufe0f",
    "\ufe00",
    "\U000e0100",
    "\U000e0041",
    "\U000e007f",
    "\u2063",
    "\u034f",
    "\u115f",
    "\u17b4",
    "\u180e",
    "\ufff9",
    "\U000e0fff",
]


@pytest.mark.parametrize("text", NEEDED)
def test_what_a_text_needs_stays(text: str) -> None:
    assert unseen.without(text) == text
    assert unseen.without(f"Ab {text} c") == f"Ab {text} c"
    assert unseen.turning(text) < 0


@pytest.mark.parametrize("char", NEEDLESS, ids=lambda char: f"{ord(char):X}")
def test_what_it_does_not_need_goes_wherever_it_stands(char: str) -> None:
    for text in (
        f"{char}Oak desk",
        f"O{char}ak desk",
        f"Oak {char}desk",
        f"Oak desk{char}",
        f"Oak desk{char * 3}",
    ):
        assert unseen.without(text) == "Oak desk"


@pytest.mark.parametrize(
    "blank", [" ", "\u00a0", "\u2003", "\u200a", "\u202f", "\u3000", "\u2800", "\u3164", "\n"]
)
def test_blanks_go_at_the_ends_only(blank: str) -> None:
    assert unseen.without(f"{blank}\u200b{blank}Oak{blank}desk{blank}\ufeff{blank}") == f"Oak{blank}desk"
    assert unseen.without(blank) == ""


def test_separators_of_lines_become_line_breaks() -> None:
    assert unseen.without("one\u2028two\u2029three") == "one\ntwo\nthree"


def test_a_message_hidden_behind_an_emoji_goes() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all")
    assert unseen.without(f"Smile \N{GRINNING FACE}{hidden}!") == "Smile \N{GRINNING FACE}!"
    chain = "\ufe0f\ufe01\ufe02\U000e0101\U000e0102"
    assert unseen.without(f"\N{GRINNING FACE}{chain}") == "\N{GRINNING FACE}\ufe0f"


@pytest.mark.parametrize("char", ["\u202b", "\u202d", "\u202e", "\u2067"])
def test_what_turns_letters_around_is_found_not_taken(char: str) -> None:
    text = unseen.without(f"photo{char}gpj.exe\u202c")
    assert unseen.turning(text) == 5


def test_hebrew_may_turn_but_not_override() -> None:
    assert unseen.turning("\u2067שלום\u2069 abc") < 0
    assert unseen.turning("\u202eשלום") == 0


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\u200b", "a zero-width space (U+200B)"),
        ("\u200d", "a zero-width joiner (U+200D)"),
        ("\ufeff", "a byte order mark (U+FEFF)"),
        ("\u00ad", "a soft hyphen (U+00AD)"),
        ("\u00a0", "a no-break space (U+00A0)"),
        ("\u202e", "a right-to-left override (U+202E)"),
        ("\u3000", "an ideographic space (U+3000)"),
        ("\U000e0fff", "an unseen character (U+E0FFF)"),
    ],
)
def test_each_has_a_name(char: str, name: str) -> None:
    assert unseen.named(char) == name


def test_where_it_stands_is_said_by_the_word_before_it() -> None:
    assert unseen.place("Two oak\u200b desks", 7) == "after “oak”"
    assert unseen.place("\u200bTwo", 0) == "at the beginning"
    assert unseen.place("Two \u200b", 4) == "after “Two”"


@given(st.text(st.sampled_from([*"aB1 .\n", *NEEDLESS, *"".join(NEEDED), "\u202e", "\ud83d"])))
@example("\u200d\N{MAN}")
@example("\u200c\u17b4")  # it joins letters with one that is itself unseen, and goes
@example("\u2800\u200b\u2800")
def test_nothing_that_is_seen_changes(text: str) -> None:
    def seen(some: str) -> str:
        return "".join(re.sub(f"[{unseen.UNSEEN}\\s\u2800\u3164\uffa0]", "", some))

    found = unseen.without(text)
    assert seen(found) == seen(text)
    assert unseen.without(found) == found, "twice is once"
    assert len(found) <= len(text)


def test_the_list_is_unicodes() -> None:
    """Each format character is on it or drawn: signs of Arabic, Kaithi, hieroglyphs, shorthand, music."""
    drawn = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001345f"
                       "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]")  # fmt: skip
    formats = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
    assert len(formats) > 150
    assert [char for char in formats if not (re.match(f"[{unseen.UNSEEN}]", char) or drawn.match(char))] == []
