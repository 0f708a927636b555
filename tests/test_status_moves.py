"""A Pin's status moves through `Pin.objects.move` and `move_all` alone: read from the source, not hoped."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.test_architecture import ROOT, SHIPPED, python_files

# Where the one UPDATE stands, and who else has a status: media, keys of repeated requests, HTTP's answers.
HOME: Final = "pins/models/pin.py:move_all"
OTHERS: Final = frozenset({"accounts/models/idempotency.py", "pinsched/patience.py"})
WRITES: Final = frozenset({"update", "aupdate", "update_or_create", "aupdate_or_create", "setattr"})
LISTS: Final = frozenset({"bulk_update", "abulk_update", "bulk_create", "abulk_create", "save", "asave"})
SQL: Final = re.compile(r"\bUPDATE\s+\"?pins_pin\b", re.IGNORECASE)


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _names(value: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value))


def _says_status(part: ast.AST) -> bool:
    """A keyword, a key or a name of a field, in what a write is given."""
    if isinstance(part, ast.keyword):
        return part.arg == "status" and not _names(part.value, "MediaStatus")
    return isinstance(part, ast.Constant) and part.value == "status"


def _writes_status(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(isinstance(one, ast.Attribute) and one.attr == "status" for one in targets)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target, value=ast.expr()):
            return isinstance(target, ast.Attribute) and target.attr == "status"
        case ast.Call() if _name(node) in WRITES | LISTS:
            given: list[ast.AST] = [*node.args, *node.keywords]
            return any(_says_status(part) for one in given for part in ast.walk(one))
        case ast.Dict(keys=keys, values=values):  # changes that a write is given later
            return any(
                key and _says_status(key) and _names(to, "Status")
                for key, to in zip(keys, values, strict=True)
            )
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return any(_says_status(one) and _names(one.value, "Status") for one in keywords)
        case ast.Constant(value=str(words)):
            return bool(SQL.search(words))
    return False


def _writes(source: str, file: str) -> Iterator[str]:
    """`file:function` of each place that writes a status past the table of transitions."""

    def walk(node: ast.AST, place: str) -> Iterator[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{file}:{node.name}"
        if _writes_status(node):
            yield place
        for child in ast.iter_child_nodes(node):
            yield from walk(child, place)

    yield from walk(ast.parse(source), file)


def test_a_status_is_written_in_one_place() -> None:
    files = {str(file.relative_to(ROOT)): file for file in python_files(*SHIPPED)}
    ours = {name for name in files if "/migrations/" not in name and "/simulator/" not in name}
    found = [place for name in sorted(ours - OTHERS) for place in _writes(files[name].read_text(), name)]
    assert found == [HOME]


@pytest.mark.parametrize(
    "line",
    [
        "Pin.objects.filter(pk=1).update(status=Status.FAILED)",
        "rows.update(**{'status': 'failed'})",
        "rows.update(**changes | dict(status=new))",
        "changes = {'status': Status.FAILED}",
        "changes |= dict(status=Status.FAILED)",
        "Pin.objects.update_or_create(pk=1, defaults={'status': new})",
        "pin.status = Status.FAILED",
        "pin.status: str = 'failed'",
        "setattr(pin, 'status', 'failed')",
        "Pin.objects.bulk_update(pins, ['due_at', 'status'])",
        "Pin.objects.bulk_create(pins, update_conflicts=True, update_fields=['status'])",
        "pin.save(update_fields=('status',))",
        "cursor.execute('UPDATE pins_pin SET status = %s', [new])",
    ],
)
def test_a_bypass_would_be_seen(line: str) -> None:
    assert list(_writes(f"def fail() -> None:\n    {line}\n", "pins/x.py")) == ["pins/x.py:fail"]


@pytest.mark.parametrize(
    "line",
    [
        "Pin.objects.filter(status=Status.SCHEDULED).update(due_at=None)",
        "Media.objects.filter(pk=1).update(status=MediaStatus.READY)",
        "Pin.objects.move(1, Status.SCHEDULED, Status.FAILED, due_at=None)",
    ],
)
def test_what_moves_no_status_is_let_be(line: str) -> None:
    assert not list(_writes(f"def fail() -> None:\n    {line}\n", "pins/x.py"))
