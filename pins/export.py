"""Everything a workspace has, to take along: boards, Pins and daily numbers, each as CSV and as JSON.

The zip is made while it is sent: neither it nor any table is ever whole in memory.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from accounts.models import Board
from pins.models import DailyMetric, Pin

if TYPE_CHECKING:
    from accounts.models import Workspace

Value = str | int | bool | list[str] | None

BATCH: Final = 1000  # rows read from the database, and lines written, at once
# A spreadsheet takes a cell that begins so for a formula, and would run it.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

README: Final = """{name}, taken out of PinSched on {day}.

boards, pins and daily_numbers hold the same as CSV (UTF-8, for spreadsheets) and as JSON.
Times are UTC. Days are Pinterest's days, which are UTC too. "board" in pins is "id" in boards, "pin" in
daily_numbers is "id" in pins. "final" is false while Pinterest may still change a number.
In the CSV files a text that begins like a formula has an apostrophe before it; the JSON has it as it is.
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
            _instant(pin.publish_at),
            _instant(pin.published_at),
            pin.pinterest_id,
            pin.reason_message,
            pin.origin,
            pin.parent_pinterest_id,
            pin.is_on_pinterest,
            _instant(pin.created_at),
        )


def _numbers(workspace: Workspace) -> Iterator[tuple[Value, ...]]:
    found = DailyMetric.objects.of(workspace).select_related("pin").only(*DAILY, "day", "pin__pinterest_id")
    for row in found.order_by("day", "pk").iterator(BATCH):
        yield (
            row.day.isoformat(),
            row.pin_id,
            row.pin.pinterest_id,
            *(getattr(row, name) for name in DAILY),
        )


DAILY: Final = (
    "impressions",
    "pin_clicks",
    "outbound_clicks",
    "saves",
    "video_views",
    "avg_watch_ms",
    "final",
)
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

    yield line(table.columns)
    for row in table.rows(workspace):
        yield line([_cell(value) for value in row])


def _cell(value: Value) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "; ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text


def _json_lines(table: Table, workspace: Workspace) -> Iterator[str]:
    before = "[\n"
    for row in table.rows(workspace):
        whole: dict[str, Any] = dict(zip(table.columns, row, strict=True))
        yield before + json.dumps(whole, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


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
