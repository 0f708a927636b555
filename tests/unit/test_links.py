"""A link that looks right leads where it looks: what nobody sees is taken out, or named with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pins.rules import links

PLAIN = "https://example.com/page"
TAKEN_OUT = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u200e",
    "\u2066",
    "\U000e0041",
    "\ufe0f",
]
BLANKS = ["\u00a0", "\u2003", "\u202f", "\u3000", "\u2800", "\u3164", "\u2028"]  # the last is a line break


def problem(link: str) -> tuple[str, str]:
    found = links.problem(links.mended(link))
    assert found, f"{link!a} is fine"
    return found


def is_fine(link: str) -> bool:
    return links.mended(link) == link and links.problem(link) is None


@pytest.mark.parametrize("char", [*TAKEN_OUT, *BLANKS, " ", "\t", "\n"], ids=ascii)
def test_at_its_ends_it_is_taken_out(char: str) -> None:
    for link in (f"{PLAIN}{char}", f"{char}{PLAIN}", f"{char}{char}{PLAIN}{char}{char}"):
        assert links.mended(link) == PLAIN


@pytest.mark.parametrize("char", TAKEN_OUT, ids=ascii)
def test_in_scheme_and_host_it_is_taken_out(char: str) -> None:
    for at in range(1, len("https://example.com")):
        assert links.mended(f"{PLAIN[:at]}{char}{PLAIN[at:]}") == PLAIN


@pytest.mark.parametrize("char", TAKEN_OUT, ids=ascii)
@pytest.mark.parametrize("end", ["s", "?a=1", "#top", "/more"])
def test_inside_a_path_it_is_named(char: str, end: str) -> None:
    code, message = problem(f"{PLAIN}{char}{end}")
    assert code == "link_unseen"
    assert f"(U+{ord(char):04X}) after “page”" in message


def test_the_words_name_it_and_say_where() -> None:
    assert problem(f"{PLAIN}\u200b?x=1") == (
        "link_unseen",
        "The link has a zero-width space (U+200B) after “page”, which nobody sees. Remove it.",
    )


@pytest.mark.parametrize("char", ["\u202b", "\u202d", "\u202e", "\u2067"], ids=ascii)
def test_what_turns_letters_around_is_named_but_at_the_very_end(char: str) -> None:
    for link in (f"{char}{PLAIN}", f"https://exam{char}ple.com/", f"https://example.com/{char}gpj.exe"):
        assert problem(link)[0] == "link_unseen"
    assert links.mended(f"{PLAIN}{char}") == PLAIN


@pytest.mark.parametrize("char", BLANKS[:-1], ids=ascii)
def test_odd_blanks_inside_are_named(char: str) -> None:
    for link in (f"https://exam{char}ple.com/", f"{PLAIN}{char}two"):
        code, message = problem(link)
        assert code == "link_blank"
        assert f"(U+{ord(char):04X}) after" in message


@pytest.mark.parametrize(
    "link",
    [
        "https://fa.wikipedia.org/wiki/می\u200cخواهم",
        "https://example.com/\N{WOMAN}\u200d\N{ROCKET}",
        "https://example.com/\N{HEAVY BLACK HEART}\ufe0f",
        "https://example.com/می\u200cخواهم?q=ه\u200d",
        "https://i\N{HEAVY BLACK HEART}\ufe0f.example/",
        "https://xn--mnchen-3ya.example/straße",
        "https://例え.example/パス",
        "https://カタカナ・中.example/",
        "https://example.com:8443/a.?b=c.#d.",
        "https://example.com/%E2%80%8B",
        "https://web.archive.org/web/2026/https://example.com/",
        "https://example.com/?to=http://https.example/",
        "https://https.example.com/",
        "https://example.com/a//b:c",
        "https://example.com/@ines",
    ],
)
def test_what_an_address_needs_stays(link: str) -> None:
    assert is_fine(link)


@pytest.mark.parametrize(
    ("link", "right"),
    [
        ("http://https://example.com/", "https://example.com/"),
        ("https://http://example.com/", "http://example.com/"),
        ("https:https://example.com/", "https://example.com/"),
        ("https:/https://example.com/", "https://example.com/"),
        ("HTTP://HTTPS://example.com/", "https://example.com/"),
        ("https://https://https://example.com/", "https://example.com/"),
        ("https://\u200bhttps://example.com/", "https://example.com/"),
        ("HTTPS://Example.com/Page", "https://Example.com/Page"),
        ("hTTp://example.com", "http://example.com"),
        ("https://example.com./page.", "https://example.com/page."),
        ("https://example.com.", "https://example.com"),
        ("https://example.com.:8080/", "https://example.com:8080/"),
        ("https://example.com\u200b.\u200b/page", "https://example.com/page"),
    ],
)
def test_what_browsers_would_mend_is_mended(link: str, right: str) -> None:
    assert links.mended(link) == right
    assert is_fine(right)


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("http:/example.com/", "link_incomplete"),
        ("https:example.com", "link_incomplete"),
        ("http:///example.com/", "link_incomplete"),
        ("htttps://example.com/", "link_incomplete"),
        ("https//example.com/", "link_incomplete"),
        ("http://https//example.com/", "link_twice"),
        ("https://https:/example.com/", "link_twice"),
        ("https://https.:443//example.com/", "link_twice"),
        ("https://www.https://example.com/", "link_twice"),
        ("https://example.comhttps://example.com/page", "link_twice"),
        ("https:\\\\example.com\\page", "link_incomplete"),
        ("https://example.com\\@evil.example/", "link_incomplete"),
        ("https://example.com@evil.example/", "link_credentials"),
        ("https://example.com%2F@evil.example/", "link_credentials"),
        ("https://example.com:443@evil.example/", "link_credentials"),
        ("https://example.com＠evil.example/", "link_incomplete"),
        ("https://ex%61mple.com/", "link_incomplete"),
        ("https://example.com%E2%80%8B/", "link_incomplete"),
        ("https://example.com∕page.evil.example/", "link_incomplete"),
        ("https://example.com⁄page.evil.example/", "link_incomplete"),
        ("https://xn--a/", "link_incomplete"),
        ("https://xn--example-.com/", "link_incomplete"),
        ("https://xn--99999999999.com/", "link_incomplete"),
        ("https://example..com/", "link_incomplete"),
        ("https://example.com../", "link_incomplete"),
        ("https://example.com:0/", "link_incomplete"),
        ("https://example.com:99999/", "link_incomplete"),
        ("https://example.com:8o/", "link_incomplete"),
        ("https://bi\u00adt.ly/x", "link_shortener"),
        ("https://bit\u3002ly/x", "link_shortener"),
        ("https://bit.ly\u200b/x", "link_shortener"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(link: str, code: str) -> None:
    assert problem(link)[0] == code


def test_punycode_of_what_nobody_sees_is_refused() -> None:
    hidden = "exam\u200bplé".encode("punycode").decode()
    assert problem(f"https://xn--{hidden}.com/")[0] == "link_incomplete"


LETTERS = st.sampled_from(
    [*"aB:/?#@.%\\ -", "https://", "é", "م", "\N{ROCKET}", *TAKEN_OUT, *BLANKS, "\u202e", "\ud83d"]
)


@given(st.lists(LETTERS).map("".join))
def test_mended_twice_is_mended_once_and_any_link_gets_an_answer(link: str) -> None:
    once = links.mended(link)
    assert links.mended(once) == once
    found = links.problem(once)
    assert found is None or found[1].endswith(".")
