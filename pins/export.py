"""Everything a workspace has, to take along: boards, Pins and daily numbers, each twice.

The CSV is for people: a spreadsheet shows what is in it and changes nothing. The JSON is for programs: exact.

The zip is made while it is sent: neither it nor any table is ever whole in memory.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from accounts.models import Board
from pins.models import DailyMetric, Pin
from pins.rules import metrics

if TYPE_CHECKING:
    from accounts.models import Workspace

Value = str | int | bool | list[str] | date | datetime | None

BATCH: Final = 1000  # rows read from the database, and lines written, at once
BOM: Final = "\ufeff"  # by it a spreadsheet knows that the file is UTF-8
# A spreadsheet takes a cell that begins so for a formula, and would run it; the last four do in Japan.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# And it takes these for a number, a time, a truth or an error: of 18 digits it would forget the last three.
_MONTH: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_CONVERTED: Final = re.compile(
    r"[\d.,:/%'()$€£¥\s-]*\d[\d.,:/%'()$€£¥\s-]*(?:e[+-]?\d+|[ap]m?)?"
    rf"|\d{{1,4}}[\s./-]*(?:{_MONTH})(?:[\s.,/-]*\d{{1,4}})?|(?:{_MONTH})[\s.,/-]*\d{{1,4}}"
    r"|true|false|#(?:n/a|null|ref|name\?|value|div/0|num)!?",
    re.IGNORECASE,
)
_LONGEST_CONVERTED: Final = 40  # characters; no longer text is taken for a number

README: Final = """{name}, taken out of PinSched on {day}.

boards, pins and daily_numbers are here twice:

  .csv   for spreadsheets: open it with Excel, LibreOffice or Google Sheets (UTF-8, separated by commas)
  .json  for programs: the same, exactly as it is stored

Times are UTC. Days are Pinterest's days, which are UTC too. "board" in pins is "id" in boards, "pin" in
daily_numbers is "id" in pins. "final" is false while Pinterest may still change a number. A number that
Pinterest did not say is empty, in the JSON null.

In the CSV files a text that a spreadsheet would take for a formula, a number or a date, Pinterest's long ids
among them, has an apostrophe before it, so that it stays as it is. The JSON has it without.
"""


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]
    rows: Callable[[Workspace], Iterator[tuple[Value, ...]]]


def stream(workspace: Workspace, *, now: datetime) -> Iterator[bytes]:
    """The zip, piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(name=workspace.name, day=f"{now:%d %B %Y}"))
        for table in TABLES:
            for suffix, lines in (("csv", _csv_lines), ("json", _json_lines)):
                with archive.open(f"{table.name}.{suffix}", "w", force_zip64=True) as entry:
                    for text in _gathered(lines(table, workspace)):
                        entry.write(text.encode())
                        yield sink.taken()
    yield sink.taken()


def _boards(workspace: Workspace) -> Iterator[tuple[Value, ...]]:
    found = Board.objects.filter(account__workspace=workspace).select_related("account").order_by("pk")
    for board in found.defer("account__access_token", "account__refresh_token").iterator(BATCH):
        yield (
            board.pk,
            board.account.username,
            board.pinterest_id,
            board.name,
            board.description,
            board.privacy,
            board.pin_count,
            board.vanished_at is None,
        )


def _pins(workspace: Workspace) -> Iterator[tuple[Value, ...]]:
    for pin in Pin.objects.of(workspace).with_parts().order_by("pk").iterator(BATCH):
        yield (
            pin.pk,
            pin.kind,
            pin.status,
            pin.account.username if pin.account else None,
            pin.board_id,
            pin.board.name if pin.board else None,
            pin.section.name if pin.section else None,
            pin.title,
            pin.description,
            pin.link,
            pin.alt_text,
            [link.media.name for link in pin.media_links.all()],
            pin.publish_at,
            pin.published_at,
            pin.pinterest_id,
            pin.reason_message,
            pin.origin,
            pin.parent_pinterest_id,
            pin.is_on_pinterest,
            pin.created_at,
        )


def _numbers(workspace: Workspace) -> Iterator[tuple[Value, ...]]:
    found = DailyMetric.objects.of(workspace).select_related("pin").only(*DAILY, "day", "pin__pinterest_id")
    for row in found.order_by("day", "pk").iterator(BATCH):
        yield (
            row.day,
            row.pin_id,
            row.pin.pinterest_id,
            *(getattr(row, name) for name in DAILY),
        )


DAILY: Final = (*(metric.name for metric in metrics.DAILY), "final")
TABLES: Final = (
    Table(
        "boards",
        ("id", "account", "pinterest_id", "name", "description", "privacy", "pin_count", "on_pinterest"),
        _boards,
    ),
    Table(
        "pins",
        (
            "id",
            "kind",
            "status",
            "account",
            "board",
            "board_name",
            "section_name",
            "title",
            "description",
            "link",
            "alt_text",
            "media",
            "publish_at",
            "published_at",
            "pinterest_id",
            "reason",
            "origin",
            "saved_from",
            "on_pinterest",
            "created_at",
        ),
        _pins,
    ),
    Table("daily_numbers", ("day", "pin", "pinterest_id", *DAILY), _numbers),
)


def _csv_lines(table: Table, workspace: Workspace) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)

    def line(cells: Iterable[object]) -> str:
        out.seek(0)
        out.truncate()
        writer.writerow(cells)
        return out.getvalue()

    yield BOM + line(table.columns)
    for row in table.rows(workspace):
        yield line([_cell(value) for value in row])


def _cell(value: Value) -> object:
    """As a spreadsheet shows it: times as it writes them itself, texts as texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    text = "; ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and _is_converted(text) else text


def _is_converted(text: str) -> bool:
    short = len(text) <= _LONGEST_CONVERTED
    return text.startswith(FORMULA) or (short and _CONVERTED.fullmatch(text) is not None)


def _json_lines(table: Table, workspace: Workspace) -> Iterator[str]:
    before = "[\n"
    for row in table.rows(workspace):
        whole: dict[str, Any] = dict(zip(table.columns, map(_exact, row), strict=True))
        yield before + json.dumps(whole, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _exact(value: Value) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _gathered(lines: Iterator[str]) -> Iterator[str]:
    """Many short lines as fewer long texts."""
    held: list[str] = []
    for text in lines:
        held.append(text)
        if len(held) == BATCH:
            yield "".join(held)
            held.clear()
    yield "".join(held)


class _Sink(io.RawIOBase):
    """Where the zip is written to; what is taken out is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        out = bytes(self._held)
        self._held.clear()
        return out
