"""What Pinterest would refuse is named at its field, in a sentence that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pins.rules import preflight
from pins.rules.preflight import MediaStatus, Problem

FINE = {
    "title": "5 ways to style a blue sofa",
    "description": "Two cushions are too few.\nFive are too many.",
    "link": "https://alderandoat.example/journal/blue-sofa?utm_source=pinterest#colour",
    "alt_text": "Blue velvet sofa beside a lamp",
}


@dataclass(frozen=True)
class Place:
    """A board or a section, as far as the checks ask."""

    vanished_at: datetime | None = None


THERE, GONE = Place(), Place(datetime(2026, 3, 1, tzinfo=UTC))


def text(**changed: str) -> list[Problem]:
    return preflight.check_text(**(FINE | changed))


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in problems]


def checked(
    words: dict[str, str],
    *,
    media: list[MediaStatus],
    board: Place | None = THERE,
    section: Place | None = None,
) -> list[Problem]:
    return preflight.check_pin(
        title=words["title"],
        description=words["description"],
        link=words["link"],
        alt_text=words["alt_text"],
        board=board,
        section=section,
        media=media,
    )


def warned(words: dict[str, str], *sizes: tuple[int, int]) -> list[tuple[str, str]]:
    return codes(
        preflight.warnings(
            title=words["title"],
            description=words["description"],
            link=words["link"],
            alt_text=words["alt_text"],
            sizes=sizes,
        )
    )


def pin(
    *, media: list[MediaStatus], board: Place | None = THERE, section: Place | None = None
) -> list[tuple[str, str]]:
    return codes(checked(FINE, media=media, board=board, section=section))


class TestWords:
    def test_fine_words_are_fine(self) -> None:
        assert text() == []

    def test_pinterest_asks_for_no_words_at_all(self) -> None:
        assert preflight.check_text(title="", description="", link="", alt_text="") == []

    @pytest.mark.parametrize(
        ("field", "limit"), [("title", 100), ("description", 800), ("link", 2048), ("alt_text", 500)]
    )
    def test_the_limit_itself_is_allowed_and_one_more_is_not(self, field: str, limit: int) -> None:
        filler = "https://alderandoat.example/" if field == "link" else ""
        assert text(**{field: filler.ljust(limit, "a")}) == []
        assert codes(text(**{field: filler.ljust(limit + 1, "a")})) == [(field, "too_long")]

    def test_says_by_how_much(self) -> None:
        assert text(title="a" * 108)[0].message == "Shorten the title by 8 characters."
        assert text(alt_text="a" * 501)[0].message == "Shorten the alt text by 1 character."

    def test_counts_code_points_as_the_composer_does(self) -> None:
        family = (
            "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"  # one sign, five code points
        )
        assert text(title=family * 20) == []
        assert text(title=family * 21)[0].message == "Shorten the title by 5 characters."

    @pytest.mark.parametrize("field", ["title", "description", "link", "alt_text"])
    @pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
    def test_control_characters_are_refused(self, field: str, char: str) -> None:
        assert codes(text(**{field: FINE[field] + char})) == [(field, "control_character")]

    @pytest.mark.parametrize("field", ["title", "description", "link", "alt_text"])
    def test_half_an_emoji_is_refused(self, field: str) -> None:
        assert codes(text(**{field: FINE[field] + "\ud83d"})) == [(field, "broken_character")]

    @pytest.mark.parametrize("field", ["title", "description", "alt_text"])
    def test_what_turns_letters_around_is_named(self, field: str) -> None:
        (problem,) = text(**{field: "A photo\u202egpj of a sofa"})
        assert (problem.field, problem.code) == (field, "unseen_character")
        assert "has a right-to-left override (U+202E) after “photo”, which turns letters" in problem.message

    def test_what_is_taken_out_does_not_count(self) -> None:
        assert text(title="\u200b".join("a" * 100) + "\u00a0") == []
        assert preflight.as_read({"title": " a\u200bb\u00a0", "link": "http://https://a.example/"}) == {
            "title": "ab",
            "link": "https://a.example/",
        }

    @pytest.mark.parametrize("char", ["\n", "\r\n", "\t"])
    def test_line_breaks_are_for_texts_not_for_titles(self, char: str) -> None:
        assert codes(text(title=f"one{char}two")) == [("title", "line_break")]
        assert text(description=f"one{char}two", alt_text=f"one{char}two") == []

    def test_every_problem_is_told_at_once(self) -> None:
        found = text(title="a" * 101 + "\x00", link="bit.ly/x", alt_text="a" * 501)
        assert codes(found) == [
            ("title", "control_character"),
            ("title", "too_long"),
            ("link", "link_incomplete"),
            ("alt_text", "too_long"),
        ]

    @given(st.text(), st.text(), st.text(), st.text())
    def test_any_text_gets_an_answer(self, title: str, description: str, link: str, alt_text: str) -> None:
        for problem in preflight.check_text(
            title=title, description=description, link=link, alt_text=alt_text
        ):
            assert problem.message.endswith(".")


class TestLink:
    @pytest.mark.parametrize(
        "link",
        [
            "https://alderandoat.example",
            "http://alderandoat.example:8080/a,b;c?d=e&f=%20#g",
            "HTTPS://AlderAndOat.EXAMPLE/Journal",
            "https://xn--mnchen-3ya.example/",
            "https://münchen.example/straße",
            "https://shop_one.alderandoat.example/",
            "https://192.0.2.7/",
            "https://[2001:db8::1]/",
            "https://alderandoat.example/@ines",
            "https://notbit.ly/",
            "https://bit.ly.alderandoat.example/",
            "https://alderandoat.example/?to=https://bit.ly/x",
        ],
    )
    def test_web_addresses_are_fine(self, link: str) -> None:
        assert text(link=link) == []

    @pytest.mark.parametrize(
        "link",
        [
            "alderandoat.example/journal",
            "//alderandoat.example/",
            "www.alderandoat.example",
            "mailto:ines@alderandoat.example",
            "javascript:alert(1)",
            "ftp://alderandoat.example/",
            "file:///etc/passwd",
            "https:",
            "https://",
            "https:///journal",
            "https://:8080/",
            "https://?q=1",
            "https://alderandoat..example/",
            "https://.example/",
            "https://alderandoat.example:eighty/",
            "https://alderandoat.example:70000/",
            "https://[2001:db8::1/",
            "https://alderandoat.example\\@evil.example/",
            "https://alder<b>.example/",
        ],
    )
    def test_anything_else_is_not(self, link: str) -> None:
        assert codes(text(link=link)) == [("link", "link_incomplete")]

    @pytest.mark.parametrize(
        "link",
        ["https://alder oat.example/", "https://alderandoat.example/a b", "https://a.example/\u2003x"],
    )
    def test_blanks_are_refused(self, link: str) -> None:
        assert codes(text(link=link)) == [("link", "link_blank")]

    @pytest.mark.parametrize("char", ["\n", "\r", "\t"])
    def test_line_breaks_in_a_link_are_refused(self, char: str) -> None:
        assert codes(text(link=f"https://alderandoat.example/{char}x")) == [("link", "line_break")]

    @pytest.mark.parametrize("user", ["ines@", "ines:secret@", ":secret@", "@"])
    def test_credentials_are_refused(self, user: str) -> None:
        assert codes(text(link=f"https://{user}alderandoat.example/")) == [("link", "link_credentials")]

    @pytest.mark.parametrize(
        ("link", "name"),
        [
            ("https://bit.ly/3abc", "bit.ly"),
            ("http://www.bit.ly/3abc", "bit.ly"),
            ("https://BIT.LY./3abc", "bit.ly"),
            ("https://ｂｉｔ.ly/3abc", "bit.ly"),
            ("https://𝐁𝐈𝐓.ly/3abc", "bit.ly"),
            ("https://bit.ly:443/3abc", "bit.ly"),
            ("https://alderandoat.s.id/x", "s.id"),
        ],
    )
    def test_shorteners_are_named_however_they_are_written(self, link: str, name: str) -> None:
        (problem,) = text(link=link)
        assert problem.code == "link_shortener"
        assert problem.message == (
            f"Pinterest blocks links shortened by {name} as spam. Use the page's full address."
        )

    @pytest.mark.parametrize(
        "name",
        [
            "bit.ly",
            "tinyurl.com",
            "t.co",
            "goo.gl",
            "ow.ly",
            "is.gd",
            "buff.ly",
            "rebrand.ly",
            "cutt.ly",
            "tiny.cc",
            "lnkd.in",
            "rb.gy",
            "shorturl.at",
            "s.id",
            "bl.ink",
            "soo.gd",
            "adf.ly",
        ],
    )
    def test_the_usual_shorteners_are_known(self, name: str) -> None:
        assert codes(text(link=f"https://{name}/x")) == [("link", "link_shortener")]

    def test_a_link_too_long_may_have_another_problem_too(self) -> None:
        assert codes(text(link="https://bit.ly/".ljust(2049, "a"))) == [
            ("link", "too_long"),
            ("link", "link_shortener"),
        ]


class TestPin:
    def test_a_board_and_a_picture_are_enough(self) -> None:
        assert pin(media=["ready"]) == []
        assert pin(media=["processing"]) == []
        assert pin(media=["ready"] * 5) == []

    def test_words_are_checked_too(self) -> None:
        found = checked(FINE | {"title": "a" * 101}, media=["ready"])
        assert codes(found) == [("title", "too_long")]

    def test_a_board_is_needed(self) -> None:
        assert pin(media=["ready"], board=None) == [("board", "no_board")]

    def test_a_board_gone_from_pinterest_is_refused(self) -> None:
        assert pin(media=["ready"], board=GONE) == [("board", "board_vanished")]

    def test_a_section_gone_from_pinterest_is_refused(self) -> None:
        assert pin(media=["ready"], section=THERE) == []
        assert pin(media=["ready"], section=GONE) == [("section", "section_vanished")]

    def test_a_picture_is_needed(self) -> None:
        assert pin(media=[]) == [("media", "no_media")]

    def test_five_pictures_are_the_most(self) -> None:
        assert pin(media=["ready"] * 6) == [("media", "too_many_media")]
        (problem,) = preflight.check_media(["ready"] * 7)
        assert problem.message == "Remove 2 pictures. A Pin holds up to 5."

    def test_a_picture_that_failed_must_be_replaced(self) -> None:
        assert pin(media=["ready", "failed"]) == [("media", "media_failed")]
        (problem,) = preflight.check_media(["failed"])
        assert problem.message == "Replace 1 picture that could not be prepared."


class TestWarnings:
    def test_a_good_pin_has_none(self) -> None:
        assert warned(FINE, (1000, 1500)) == []

    def test_what_is_missing_is_named(self) -> None:
        found = preflight.warnings(title=" ", description="", link="", alt_text="\n")
        assert [code for _, code in codes(found)] == ["no_title", "no_description", "no_link", "no_alt_text"]

    @pytest.mark.parametrize("size", [(600, 900), (4000, 900), (600, 4000)])
    def test_pictures_large_enough_are_fine(self, size: tuple[int, int]) -> None:
        assert warned(FINE, size) == []

    @pytest.mark.parametrize("size", [(599, 900), (600, 899), (4000, 899), (599, 4000), (200, 300)])
    def test_what_is_small_once_cropped_may_look_soft(self, size: tuple[int, int]) -> None:
        assert warned(FINE, (1000, 1500), size) == [("media", "small_picture")]
