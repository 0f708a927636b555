"""The registry of numbers: whole days, words for people, and that nobody else keeps a list of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pins.rules import metrics
from pins.rules.metrics import ALWAYS, DAILY, LIFETIME, SHOWN, Metric

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = ROOT / "pins" / "rules" / "metrics.py"
# It shares no code with what it tests, and serves numbers that we don't keep.
APART = ROOT / "pinsched" / "simulator"
WORDS = [{getattr(metric, field) for metric in (*DAILY, *LIFETIME)} for field in ("name", "wire", "label")]


def whole(lost: dict[str, int | None] | None = None, *, video: bool = False) -> bool:
    known = {metric.name: 7 if metric.is_of(video=video) else None for metric in DAILY}
    return metrics.is_whole(known | (lost or {}), video=video)


@pytest.mark.parametrize("metric", DAILY, ids=lambda metric: metric.name)
def test_a_day_is_whole_when_all_that_its_pin_has_is_known(metric: Metric) -> None:
    assert whole()
    assert whole(video=True)
    assert whole({metric.name: None}) is (not metric.is_of(video=False))
    assert whole({metric.name: None}, video=True) is (not metric.is_of(video=True))


def test_what_nobody_watched_has_no_average() -> None:
    assert whole({"video_views": 0, "avg_watch_ms": None}, video=True)


def test_each_name_is_one_metrics() -> None:
    for words in WORDS:
        assert len(words) == len((*DAILY, *LIFETIME))
    for metric in DAILY:
        assert not metric.weight or metric.weight in {other.name for other in DAILY}
    assert set(ALWAYS) <= set(SHOWN)


def test_numbers_are_written_for_people() -> None:
    count, average = DAILY[0], DAILY[-1]
    assert [count.written(number) for number in (None, 0, 184079)] == ["–", "0", "184,079"]
    assert [average.written(number) for number in (None, 2507)] == ["–", "2.5 s"]


def words_of(file: Path) -> Iterator[str]:
    """Whatever may name a number: in Python names, attributes and whole texts, elsewhere words."""
    text = file.read_text("utf-8")
    if file.suffix != ".py":
        yield from re.findall(r"\w+", text)
        yield from re.findall(r">\s*([^<>{}]+?)\s*<", text)
        return
    for node in ast.walk(ast.parse(text)):
        found: Any = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
        yield from [found] if isinstance(found, str) else []
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def sources() -> Iterator[Path]:
    for folder, ends in (
        ("accounts", "*.py"),
        ("pins", "*.py"),
        ("pinsched", "*.py"),
        ("templates", "*.html"),
        ("static/src", "*.ts"),
    ):
        for file in sorted((ROOT / folder).rglob(ends)):
            if file != REGISTRY and "migrations" not in file.parts and APART not in file.parents:
                yield file


def test_nobody_else_lists_the_numbers() -> None:
    listed = {
        str(file.relative_to(ROOT)): found
        for file in sources()
        for words in WORDS
        if len(found := words & set(words_of(file))) > 1
    }
    assert len(list(sources())) > 200
    assert not listed, "read pins/rules/metrics.py instead: a new number is one entry there"
