"""The export holds everything of the workspace, exactly, and nothing of another."""

from __future__ import annotations

import codecs
import csv
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Board, User, Workspace
from pins import export
from pins.models import DailyMetric, Pin, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def pin(workspace: Workspace) -> Pin:
    account = factories.make_account(workspace, username="alderandoat")
    factories.make_board(account, name="Desks")
    found = factories.make_pin(
        workspace,
        account,
        status=Status.PUBLISHED,
        title='=HYPERLINK("x")',
        description="Zwei\nZeilen, “schön” 🌿",
        picture=factories.make_media(workspace),
    )
    for day in (1, 2):
        DailyMetric.objects.create(
            pin=found,
            account=account,
            day=date(2026, 1, day),
            impressions=day * 10,
            pin_clicks=0,
            outbound_clicks=0,
            saves=0,
            final=day == 1,
            read_at=datetime(2026, 1, 3, tzinfo=UTC),
        )
    return found


def archive_of(client: Client) -> zipfile.ZipFile:
    answer: Any = client.get("/pins/export/")
    assert answer.status_code == 200
    assert answer.streaming
    assert "pinsched-alder-oat-" in answer["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.getvalue()))


def as_opened(file: bytes) -> list[dict[str, str]]:
    """As a spreadsheet opens it, which takes a file without the mark for one of its own country's."""
    text = file.decode("utf-8-sig" if file.startswith(codecs.BOM_UTF8) else "cp1252")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_for_spreadsheets_is_shown_as_it_is(pin: Pin, alice: User, client_of: SignIn) -> None:
    """Case 8: garbled words, and of an id of 18 digits the last three lost."""
    Pin.objects.update(
        title="Käse 🍕",
        pinterest_id="813744226420795884",
        published_at=datetime(2026, 1, 2, 3, 4, 5, 600, UTC),
    )
    archive = archive_of(client_of(alice))
    (row,) = as_opened(archive.read("pins.csv"))
    assert (row["title"], row["pinterest_id"]) == ("Käse 🍕", "'813744226420795884")
    assert row["published_at"] == "2026-01-02 03:04:05"
    days = as_opened(archive.read("daily_numbers.csv"))
    assert [(day["day"], day["pinterest_id"], day["impressions"], day["final"]) for day in days] == [
        ("2026-01-01", "'813744226420795884", "10", "true"),
        ("2026-01-02", "'813744226420795884", "20", "false"),
    ]
    (exact,) = json.loads(archive.read("pins.json"))
    assert (exact["title"], exact["pinterest_id"]) == ("Käse 🍕", "813744226420795884")
    assert exact["published_at"] == "2026-01-02T03:04:05.000600+00:00"
    for name in ("boards", "pins", "daily_numbers"):
        assert not archive.read(f"{name}.json").startswith(codecs.BOM_UTF8)


TAKEN = [
    *("=1+1", "+49 30 1234", "-5", "@ines", "\tx", "\r=x", "\n=x", "＝1", "－1"),
    *("813744226420795884", "007", "1/2", "3-4", "12:30", "5%", "1.5", "1,000", "1e5", "€ 5", "(5)", "2026"),
    *("May 2026", "5 May", "1-Jan", "Sept 12", "9:30 PM", "3 pm", "9 a", "TRUE", "false", "#N/A", "#REF!"),
]
LEFT = [
    "Käse 🍕",
    "5 ways",
    "Mayonnaise for 2",
    "Marbles 5",
    "a=b",
    "2 + 2",
    "3 oak desks",
    "5 pmc",
    "#oakdesk",
    "True oak",
    "May",
    "x" * 150,
    "'quoted'",
    "",
]


@pytest.mark.parametrize("title", [*TAKEN, *LEFT])
def test_a_text_stays_a_text_in_a_spreadsheet_and_clean_for_programs(
    pin: Pin, alice: User, client_of: SignIn, title: str
) -> None:
    Pin.objects.update(title=title, description=title, alt_text=title)
    Board.objects.update(name=title)
    archive = archive_of(client_of(alice))
    shown = f"'{title}" if title in TAKEN else title
    (row,), (board,) = as_opened(archive.read("pins.csv")), as_opened(archive.read("boards.csv"))
    assert {row["title"], row["description"], row["alt_text"], row["board_name"], board["name"]} == {shown}
    (exact,) = json.loads(archive.read("pins.json"))
    assert {exact["title"], exact["description"], exact["alt_text"], exact["board_name"]} == {title}


def test_the_page_says_which_file_is_for_whom(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    page = client_of(alice).get("/settings/").text
    assert "The CSV files are for spreadsheets" in page
    assert "the JSON files are for programs" in page


def test_it_holds_the_same_as_csv_and_as_json(pin: Pin, vera: User, client_of: SignIn) -> None:
    archive = archive_of(client_of(vera))
    assert archive.testzip() is None
    names = set(archive.namelist())
    assert names == {"README.txt"} | {
        f"{table}.{kind}" for table in ("boards", "pins", "daily_numbers") for kind in ("csv", "json")
    }
    (written,) = json.loads(archive.read("pins.json"))
    assert written["title"] == '=HYPERLINK("x")'
    assert written["description"] == "Zwei\nZeilen, “schön” 🌿"
    assert written["media"] == ["photo.jpg"]
    assert (written["account"], written["board_name"]) == ("alderandoat", "Desks")
    (row,) = as_opened(archive.read("pins.csv"))
    assert row["title"] == '\'=HYPERLINK("x")', "a spreadsheet would run it"
    assert row["description"] == "Zwei\nZeilen, “schön” 🌿"
    numbers = json.loads(archive.read("daily_numbers.json"))
    assert [(n["day"], n["pin"], n["impressions"], n["final"]) for n in numbers] == [
        ("2026-01-01", pin.pk, 10, True),
        ("2026-01-02", pin.pk, 20, False),
    ]
    assert "pina_" not in str({name: archive.read(name) for name in names})


def test_an_empty_workspace_gives_empty_tables(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    archive = archive_of(client_of(alice))
    assert json.loads(archive.read("pins.json")) == []
    assert archive.read("pins.csv").decode("utf-8-sig").startswith("id,kind,status")


def test_a_stranger_gets_his_own(pin: Pin, charlie: User, client_of: SignIn) -> None:
    answer: Any = client_of(charlie).get("/pins/export/")
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    for name in ("boards", "pins", "daily_numbers"):
        assert json.loads(archive.read(f"{name}.json")) == []
    assert Client().get("/pins/export/").status_code == 302


def test_it_grows_neither_in_memory_nor_in_queries(pin: Pin, workspace: Workspace) -> None:
    def taken() -> tuple[int, int]:
        tracemalloc.start()
        with CaptureQueriesContext(connection) as queries:
            for _ in export.stream(workspace, now=timezone.now()):
                pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak, len(queries)

    account = pin.account
    assert account
    now = timezone.now()
    Pin.objects.bulk_create(Pin(workspace=workspace, title="x" * 150) for _ in range(400))
    small, few = taken()
    DailyMetric.objects.bulk_create(
        DailyMetric(pin_id=pk, account=account, day=date(2025, 1, day), read_at=now)
        for pk in Pin.objects.values_list("pk", flat=True)
        for day in range(1, 29)
    )
    large, many = taken()
    assert many == few
    assert large < small + 4_000_000, "11,000 rows more"
