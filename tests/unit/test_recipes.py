"""What the recipes of CONTRIBUTING.md say must be touched, held to the tree: a place forgotten fails here."""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Final, get_args

import pytest
import yaml

from accounts import tasks as accounts_tasks
from pins import tasks as pins_tasks
from pins.api.shapes import Shown
from pins.models import TRANSITIONS, Status
from pins.templatetags.ui import LOOKS
from pins.views.queue import TABS
from pinsched.celery import app
from tests.test_architecture import ROOT, python_files

NOT_IN_THE_API: Final = {Status.DELETED}
WITHOUT_A_TAB: Final = {Status.IN_APPROVAL, Status.PUBLISHING, Status.DELETED}

TICKS: Final = app.conf.beat_schedule.values()
# They only hand work out, or are publishing's own ticks: a thread for a moment, and no room.
HAND_OUT: Final = {
    "accounts.sweep_workspaces",
    "accounts.sync_due_boards",
    "pins.dispatch",
    "pins.hand_out_fetches",
    "pins.measure_due",
    "pins.read_due_libraries",
    "pins.sweep",
    "pins.sweep_media",
}


# A Pin status --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", Status)
def test_a_status_has_its_row_in_each_table_of_statuses(status: Status) -> None:
    assert status in TRANSITIONS
    assert status == Status.DRAFT or any(status in following for following in TRANSITIONS.values())
    assert LOOKS[status].label == status.label
    assert (status.value in get_args(Shown)) is (status not in NOT_IN_THE_API)
    assert (status in TABS) is (status not in WITHOUT_A_TAB)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_has_its_colours(look: Any) -> None:
    assert f".{look.css} {{" in (ROOT / "static/src/css/components.css").read_text()


# A periodic task -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tick", TICKS, ids=lambda tick: tick["task"])
def test_a_tick_has_a_task_a_route_a_room_and_a_test(tick: dict[str, Any]) -> None:
    name = tick["task"]
    folder = {"accounts": accounts_tasks, "pins": pins_tasks}[name.partition(".")[0]]
    task = app.tasks[name]
    assert getattr(folder, task.__name__).name == name
    routes = [found["queue"] for rule, found in app.conf.task_routes.items() if fnmatch.fnmatch(name, rule)]
    assert routes[:1] == [tick["options"]["queue"]]
    assert hasattr(task, "room") is (name not in HAND_OUT)
    called = re.compile(rf"\btasks\.{task.__name__}\b")
    assert any(called.search(file.read_text("utf-8")) for file in python_files("tests")), "no test calls it"


# What is run, and where ----------------------------------------------------------------------------------


def test_hooks_run_what_make_check_runs() -> None:
    recipes = re.findall(
        r"^(?:lint|check):[^\n]*\n((?:\t[^\n]*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    asked = [
        line.strip().replace("$(DEV) ", "").replace("$(BIN)", ".venv/bin").split()[:3]
        for recipe in recipes
        for line in recipe.splitlines()
    ]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [
        hook["entry"].removeprefix("env DEBUG=1 BASE_URL=http://localhost:8000 ") for hook in local["hooks"]
    ]
    assert len(asked) > 8
    for words in asked:
        tool = [word for word in words if word not in (".", "templates")]
        assert any(entry.split()[: len(tool)] == tool for entry in hooks), " ".join(words)
    assert {(local["repo"], hook["language"]) for hook in local["hooks"]} == {("local", "system")}


def test_contributing_names_only_what_there_is() -> None:
    words = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:accounts|pins|pinsched|tests|templates|docs|static)/[\w/.]+)`", words))
    named |= set(re.findall(r"\btests/[\w/]+\.py\b", words))
    assert len(named) > 25
    assert not {name for name in named if not (ROOT / name).exists()}
    assert len(re.findall(r"^### Add ", words, re.MULTILINE)) == 5
