from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pins.rules.matching import (
    BEFORE_SENT,
    Absent,
    Doubt,
    Found,
    Likeness,
    Newcomer,
    Picture,
    Sent,
    Wait,
    Words,
    alike,
    compare,
    judge,
)
from tests.support.work import calls

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
VASE = Words("One vase", "On a desk.", "https://www.shop.example/vase/?utm_source=pinterest", "A vase")
RED = Picture("00ff00ff00ff00ff", "#b01020")
BLUE = Picture("00ff00ff00ff00ff", "#1020b0")
STRIPES = Picture("ff00ff00ff00ff00", "#b01020")


def sent(
    number: int, words: Words = VASE, picture: Picture = RED, *, after: float = 0, flying: bool = False
) -> Sent:
    return Sent(number, words, picture, NOON + timedelta(seconds=after), in_flight=flying)


def shown(name: str, words: Words = VASE, *, after: float | None = 0) -> Newcomer:
    return Newcomer(name, words, None if after is None else NOON + timedelta(seconds=after))


def blind(newcomer: Newcomer) -> Picture | None:
    return None


@pytest.mark.parametrize(
    ("theirs", "likeness"),
    [
        (VASE, Likeness.SAME),
        (Words(" One  vase ", "On a\ndesk.", "http://shop.example/vase?utm_source=pinterest"), Likeness.SAME),
        (Words("One vase", "On a desk.", "https://www.shop.example/vase/?utm_source=other"), Likeness.PARTLY),
        (Words("One vase", "On a desk.", "", "A vase"), Likeness.PARTLY),
        (Words("one vase", "", "", ""), Likeness.OTHER),
        (Words(), Likeness.OTHER),
    ],
)
def test_words(theirs: Words, likeness: Likeness) -> None:
    assert compare(VASE, theirs) is likeness


def test_pictures_differ_by_form_or_by_colour() -> None:
    assert alike(RED, Picture("00ff00ff00ff00fe", "#b41424"))
    assert not alike(RED, BLUE)
    assert not alike(RED, STRIPES)
    assert not alike(RED, Picture("", "#b01020"))


def test_a_clock_that_is_three_minutes_ahead_hides_nothing_once_that_is_known() -> None:
    made = shown("a", after=-180)
    assert judge([sent(1)], [made], blind) == {1: Absent()}  # and the Pin would go a second time
    known = replace(sent(1), before=BEFORE_SENT + timedelta(minutes=3))
    assert judge([known], [made], blind) == {1: Found(made)}


def test_found_absent_doubt() -> None:
    other = Words("Another thing")
    partly = Words("One vase", "By hand.")
    verdicts = judge([sent(1)], [shown("a", other), shown("b")], blind)
    assert verdicts == {1: Found(shown("b"))}
    assert judge([sent(1)], [shown("a", other)], blind) == {1: Absent()}
    assert judge([sent(1)], [shown("a", partly)], blind) == {1: Doubt(shown("a", partly))}


def test_what_is_older_than_two_minutes_before_sending_is_not_it() -> None:
    assert judge([sent(1)], [shown("a", after=-121)], blind) == {1: Absent()}
    assert judge([sent(1)], [shown("a", after=-119)], blind) == {1: Found(shown("a", after=-119))}
    assert judge([sent(1)], [shown("a", after=None)], blind) == {1: Found(shown("a", after=None))}


def test_twins_are_interchangeable_and_each_gets_one() -> None:
    twins = [sent(2, after=5), sent(1)]
    assert judge(twins, [shown("a", after=6)], blind) == {1: Found(shown("a", after=6)), 2: Absent()}
    both = judge(twins, [shown("b", after=6), shown("a", after=1)], blind)
    assert both == {1: Found(shown("a", after=1)), 2: Found(shown("b", after=6))}


def test_a_twin_in_flight_is_waited_for() -> None:
    assert judge([sent(1), sent(2, flying=True)], [shown("a")], blind) == {1: Wait(shown("a"))}
    assert judge([sent(1), sent(2, flying=True)], [], blind) == {1: Absent()}


def test_what_belongs_to_one_in_flight_is_no_doubt_for_another() -> None:
    theirs = Words("One vase", "Another text.")
    assert judge([sent(1), sent(2, theirs, flying=True)], [shown("a", theirs)], blind) == {1: Absent()}


def test_the_same_words_are_told_apart_by_the_picture() -> None:
    pair = [sent(1, picture=RED), sent(2, picture=BLUE)]
    assert judge(pair, [shown("a")], lambda _: BLUE) == {1: Absent(), 2: Found(shown("a"))}
    assert judge(pair, [shown("a")], lambda _: STRIPES) == {1: Doubt(shown("a")), 2: Doubt(shown("a"))}


def test_pictures_that_can_not_be_seen() -> None:
    pair = [sent(1, picture=RED), sent(2, picture=BLUE)]
    assert judge(pair, [shown("a")], blind) == {1: Wait(shown("a")), 2: Wait(shown("a"))}
    all_made = judge(pair, [shown("a"), shown("b", after=1)], blind)
    assert all_made == {1: Found(shown("a")), 2: Found(shown("b", after=1))}
    assert judge(pair, [], blind) == {1: Absent(), 2: Absent()}


def test_without_words_only_the_picture_tells() -> None:
    silent = Words()
    assert judge([sent(1, silent)], [shown("a", silent)], lambda _: RED) == {1: Found(shown("a", silent))}
    assert judge([sent(1, silent)], [shown("a", silent)], lambda _: BLUE) == {1: Doubt(shown("a", silent))}
    unknown = sent(1, silent, Picture("", ""))
    assert judge([unknown], [shown("a", silent)], lambda _: BLUE) == {1: Doubt(shown("a", silent))}
    assert judge([sent(1, silent)], [shown("a", silent)], blind) == {1: Wait(shown("a", silent))}


# Saves ------------------------------------------------------------------------------------------------------


def saved(number: int, parent: str = "77", words: Words = VASE, *, after: float = 0) -> Sent:
    return Sent(number, words, Picture("", ""), NOON + timedelta(seconds=after), parent=parent)


def copy(name: str, parent: str = "77", words: Words = VASE, *, after: float = 0) -> Newcomer:
    return Newcomer(name, words, NOON + timedelta(seconds=after), parent=parent)


def test_a_save_is_known_by_its_parent_whatever_it_says() -> None:
    other = Words("Renamed since")
    assert judge([saved(1)], [copy("a", words=other)], blind) == {1: Found(copy("a", words=other))}
    assert judge([saved(1, words=Words())], [copy("a")], blind) == {1: Found(copy("a"))}
    twins = judge([saved(2, after=3), saved(1)], [copy("a")], blind)
    assert twins == {1: Found(copy("a")), 2: Absent()}


def test_a_save_and_a_pin_of_the_same_words_are_two_things() -> None:
    both = judge([sent(1), saved(2)], [copy("a"), shown("b")], blind)
    assert both == {1: Found(shown("b")), 2: Found(copy("a"))}
    assert judge([sent(1)], [copy("a")], blind) == {1: Doubt(copy("a"))}
    assert judge([saved(2)], [shown("b")], blind) == {2: Doubt(shown("b"))}


def test_a_save_whose_parent_is_called_otherwise_is_a_doubt() -> None:
    """Pinterest may name the first Pin of a row of saves, or the last."""
    first = copy("a", parent="11")
    assert judge([saved(1)], [first], blind) == {1: Doubt(first)}
    assert judge([saved(1, words=Words())], [first], blind) == {1: Doubt(first)}
    renamed = copy("b", parent="11", words=Words("Something else"))
    assert judge([saved(1)], [renamed], blind) == {1: Doubt(renamed)}
    other = shown("c", Words("Something else"))
    assert judge([saved(1)], [other], blind) == {1: Absent()}
    assert judge([saved(1, words=Words())], [other], blind) == {1: Doubt(other)}


def test_of_two_with_one_parent_the_second_may_be_a_save_of_the_first() -> None:
    chain = [saved(1, parent="77"), saved(2, parent="11")]
    both = [copy("a", parent="11"), copy("b", parent="11", after=1)]
    assert judge(chain, both, blind) == {1: Doubt(both[1]), 2: Found(both[0])}


def test_a_whole_queue_is_not_held_against_each_newcomer() -> None:
    """After a restore 50,000 Pins may be looked for at once."""

    def work(number: int, of: str) -> int:
        words = [
            Words(f"Vase {n}", "On a desk.", f"https://shop.example/{n}", "A vase") for n in range(number)
        ]
        pins = [sent(n, words[n]) for n in range(number)]
        there = [shown(str(n), replace(words[n])) for n in range(0, number, 4)]
        return calls(lambda: judge(pins, there, blind), of=of)

    for of in ("compare", "normalize"):
        assert 0 < work(400, of) <= 4 * work(100, of)
