"""The demo's pictures: each can be drawn, is a proper picture, and has words that Pinterest would take."""

from __future__ import annotations

import pytest

from pins import imaging
from pins.demo import art
from pins.demo.art.scene import DRAWN
from pins.rules import preflight


@pytest.mark.parametrize("scene", art.SCENES, ids=lambda scene: scene.name)
class TestScene:
    def test_draws_a_picture(self, scene: art.Scene) -> None:
        found = imaging.probe(art.draw(scene.name, width=300, height=450))
        assert (found.content_type, found.width, found.height) == ("image/jpeg", 300, 450)

    def test_has_words_without_a_flaw(self, scene: art.Scene) -> None:
        link = f"https://alderandoat.example/journal/{scene.name}"
        for check in (preflight.check_text, preflight.warnings):
            found = check(
                title=scene.title, description=scene.description, link=link, alt_text=scene.alt_text
            )
            assert found == []


def test_there_are_enough_and_none_is_forgotten() -> None:
    names = [scene.name for scene in art.SCENES]
    assert len(names) >= 24
    assert sorted(names) == sorted(DRAWN)


def test_no_title_is_used_twice() -> None:
    assert len({scene.title for scene in art.SCENES}) == len(art.SCENES)


def test_the_same_seed_draws_the_same_picture() -> None:
    one, same, other = (art.draw("tea_bowls", width=300, height=450, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other
