from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.utils import dateformat

from accounts import zones
from tests.conftest import ROOT
from tests.support.zone_files import zone_folder


def test_every_zone_that_is_offered_exists() -> None:
    assert zones.offered()[0] == "UTC"
    assert "Europe/Lisbon" in zones.offered()
    for name in zones.offered():
        assert zones.known(name) == name
        ZoneInfo(name)


def test_what_depends_on_the_server_is_not_offered() -> None:
    assert not {"localtime", "Factory", "Etc/GMT+5"} & set(zones.offered())


@pytest.mark.parametrize("name", ["", "localtime", "Mars/Olympus", "../../etc/passwd", "europe/lisbon"])
def test_what_is_no_zone_is_taken_for_utc(name: str) -> None:
    assert zones.known(name) == "UTC"


# What a browser may say (Chrome keeps the spellings of its own library), and what the place is called today.
RENAMED = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Asia/Rangoon": "Asia/Yangon",
    "Europe/Kiev": "Europe/Kyiv",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Godthab": "America/Nuuk",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Pacific/Enderbury": "Pacific/Kanton",
    "US/Pacific": "America/Los_Angeles",
    "GB": "Europe/London",
    "Japan": "Asia/Tokyo",
    "Etc/UTC": "UTC",
    "Zulu": "UTC",
    # Led by the data to another country that shares the clock.
    "Africa/Asmera": "Africa/Asmara",
    "America/Coral_Harbour": "America/Atikokan",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}


@pytest.mark.parametrize(("old", "today"), RENAMED.items())
def test_an_old_spelling_is_the_place_as_it_is_called_today(old: str, today: str) -> None:
    assert zones.known(old) == zones.canonical(old) == zones.clock(old).key == today
    assert old not in zones.offered()
    assert today in zones.offered()


@pytest.mark.parametrize("name", ["Europe/Oslo", "Europe/Amsterdam", "Africa/Accra", "Asia/Kuwait", "UTC"])
def test_a_place_that_shares_its_neighbours_clock_keeps_its_name(name: str) -> None:
    """In the data Europe/Oslo is a link to Europe/Berlin, as Asia/Calcutta is one to Asia/Kolkata."""
    assert zones.known(name) == name
    assert name in zones.offered()


def test_a_name_of_today_is_the_last_word_and_has_the_same_clock_now() -> None:
    now = datetime.now(UTC)
    for name in available_timezones() - zones.NO_PLACE:
        today = zones.canonical(name)
        assert zones.canonical(today) == today
        assert ZoneInfo(today).utcoffset(now) == ZoneInfo(name).utcoffset(now), name


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "x" * 5000, "Mars/Olympus", "asia/calcutta", "Asia/Kolkata ", "Asia/Calcutta\0", "\ud800"),
        *("America", "Asia/", "/etc/passwd", "../../etc/passwd", "tzdata.zi", "zone.tab"),
        *("localtime", "Factory"),
    ],
)
def test_whatever_is_stored_has_a_clock(name: str) -> None:
    assert not zones.exists(name)
    assert zones.clock(name).key == "UTC"


def test_a_zone_whose_file_is_none_shows_utc(tmp_path: Path) -> None:
    """A disk that filled up while tzdata was updated leaves files that begin well."""
    folder = zone_folder(tmp_path, {}, version="2099a")
    (folder / "Asia").mkdir()
    (folder / "Asia" / "Tokyo").write_bytes(b"TZif2")
    code = "from accounts import zones; print(zones.exists('Asia/Tokyo'), zones.clock('Asia/Tokyo'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONTZPATH": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "UTC"]


@pytest.mark.parametrize("name", ["Asia/Tokyo", "Pacific/Kiritimati", "America/New_York", "Etc/GMT+12"])
@pytest.mark.parametrize("instant", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_can_be_shown_in_every_zone(name: str, instant: datetime) -> None:
    shown = instant.astimezone(zones.clock(name))
    assert shown.year == instant.year
    assert shown.strftime("%z")
    assert dateformat.format(shown, "l j F Y, H:i")


def test_a_fixed_offset_is_kept_though_it_is_not_offered() -> None:
    assert zones.known("Etc/GMT+5") == "Etc/GMT+5"
