"""Looking into a picture costs next to nothing, whatever it is made of: the number of calls is bounded, and
grows no faster than the file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pins import imaging
from tests.support import hostile_corpus as hostile
from tests.support.work import calls

MOST = 200_000  # calls; a PNG of as many chunks as are allowed needs the most


@pytest.mark.parametrize("name", [*hostile.HOSTILE, *hostile.DEFUSED])
def test_looking_at_it_is_little_work(name: str) -> None:
    data = hostile.DEFUSED[name]() if name in hostile.DEFUSED else hostile.HOSTILE[name][0]()
    assert calls(lambda: imaging.probe(data)) < MOST


@pytest.mark.parametrize("build", [hostile.ends, hostile.many_exifs])
def test_markers_are_counted_by_the_piece_not_one_by_one(build: Callable[[int], bytes]) -> None:
    small, large = build(1), build(8)
    few, many = calls(lambda: imaging.probe(small)), calls(lambda: imaging.probe(large))
    assert many < 9 * few
    assert many < 20_000
