"""docs/failures.md against the product: a failure that is new, or worded anew, can't be forgotten there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from accounts import health, skew
from pins.api.shapes import VANISHED
from pins.live import execute
from pins.media import download, preparing
from pins.models import LiveChange, LiveKind, Media, NotificationKind
from pins.publish import dispatch, evidence, once, outcome, publication, reconcile, remedies, restored
from pins.rules import reasons
from tests.conftest import ROOT

PAGE: Final = (ROOT / "docs" / "failures.md").read_text()
# Which argument of a call is the code that a Pin or an account will carry.
CODES: Final = {"Evidence": 0, "NotNow": 0, "Never": 0, "ask": 1, "Problem": 1}
STAGES: Final = ("rules/*", "compose/*", "media/*", "schedule/*", "publish/*", "live/*", "notifications/**/*")
ELSEWHERE: Final = {
    # Said while composing, to whoever does it: no Pin carries them.
    *("past", "too_far", "other_account", "other_section", "other_board", "small_picture", "of_the_saved"),
    # Of attempts: their Pins are published, or say "checking", or go out at once because a person said so.
    *("no_answer", "adopted", "linked", "sent_again", "taken"),
    "confirmed",  # of changes that are done
}
PINTERESTS: Final = {"29", "40", "50", "2031", "3", "refused"}


def written(path: Path) -> Iterator[str]:
    """Codes that a module gives to Pins and accounts."""
    tree = ast.parse(path.read_text())
    named = {name: value for name, value in vars(evidence).items() if isinstance(value, str)} | {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }

    def text(node: ast.expr) -> Iterator[str]:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.Name):
            value = named.get(node.id)
        if isinstance(value, str) and value:
            yield value

    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from _of_call(node, text)
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Attribute(attr="reason_code"), *_])]):
                assert isinstance(node.value, ast.Tuple)
                yield from text(node.value.elts[0])
            case ast.Return(value=ast.Tuple(elts=[code, _])) if path.name == "links.py":
                yield from text(code)
            case ast.ClassDef() if any(_is(base, "AccountUnusable") for base in node.bases):
                calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
                yield from text(next(call.args[0] for call in calls if _is(call.func, "__init__")))


def _of_call(node: ast.Call, text: Callable[[ast.expr], Iterator[str]]) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    place = 1 if name == "of" and _is(getattr(node.func, "value", node), "Evidence") else CODES.get(name)
    if place is not None and len(node.args) > place:
        yield from text(node.args[place])
    for keyword in node.keywords:
        if keyword.arg == "reason_code" or (keyword.arg == "code" and name == "hold"):
            yield from text(keyword.value)


def _is(node: ast.AST, name: str) -> bool:
    return getattr(node, "id", getattr(node, "attr", "")) == name


def in_code() -> set[str]:
    stages = [path for stage in ("*", *STAGES) for path in ROOT.glob(f"pins/{stage}.py")]
    files = [*stages, ROOT / "accounts/health.py", ROOT / "accounts/admin/connections.py"]
    assert len(files) > 25
    found = {code for path in files for code in written(path)}
    under_way = {LiveChange(kind=kind).reason_code for kind in LiveKind}
    of_pictures = {Media.AWAITED, Media.UNFETCHED, Media.UNUSABLE, *preparing.AWAY}
    held = {code for code, _ in remedies.HOLDS.values()} | {why.value for why in health.STOPPED}
    return (found | under_way | held | of_pictures) - ELSEWHERE


def in_page() -> set[str]:
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    return {code for row in rows for code in re.findall(r"`([a-z0-9_]+)`", row[1])}


def test_each_code_that_a_pin_or_an_account_can_carry_has_its_row() -> None:
    assert in_page() - PINTERESTS == in_code()


def test_the_page_says_what_the_product_says() -> None:
    said = [
        *(message for _, message in remedies.HOLDS.values()),
        *reasons._NOT_NOW.values(),
        *reasons._CHANGE_NOT_NOW.values(),
        *(each.message for each in (once.FROZEN, once.ANEW, reconcile.NOT_THERE, reconcile.NOT_THERE_LATE)),
        *(reconcile.UNREADABLE_MESSAGE, reconcile.CLOCKS_APART, skew.DOUBT),
        *(publication.PREPARING, publication.NO_PICTURE, outcome.CHECKING_MESSAGE, reconcile.DOUBT_MESSAGE),
        *(reasons.QUOTA, dispatch.OVERDUE_MESSAGE, dispatch.SPACED_MESSAGE),
        *(execute.BETA, execute.NOT_ON_PINTEREST, execute.CHECKING.message),
        execute.NOTHING_CAME.message,
        restored.CHANGE_RESTORED.message,
        *(
            VANISHED,
            reasons.BOARD_GONE,
            reasons.SOURCE_GONE,
            *health.STOPPED.values(),
            *reconcile.AFTER_A_RESTORE.values(),
            preparing.PREPARED_GONE,
            download.FETCHED_AGAIN,
            *preparing.AWAY.values(),
        ),
    ]
    assert not [words for words in said if words not in PAGE]


def test_each_button_that_the_page_names_is_in_the_product() -> None:
    drawn = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "pins" / "views").glob("*_state.py")]
    source = " ".join(" ".join(path.read_text() for path in drawn).split())
    named = set(re.findall(r"\*\*(.+?)\*\*", PAGE))
    assert {"End the hold", "Reconnect", "Retry now"} <= named
    assert not [
        button for button in named if not re.search(rf"[>}}\"] ?{re.escape(button)}[<{{\"@ ]", source)
    ]


def test_each_kind_of_notification_is_in_the_page() -> None:
    assert not [kind.label for kind in NotificationKind if kind.label not in PAGE]
